#include "app/ctl/api_client.hpp"

#include "adapters/web/password.hpp"
#include "core/value.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/json/parse.hpp>

#include <chrono>
#include <stdexcept>

namespace ioc::ctl {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

core::time_point now() { return std::chrono::floor<core::duration>(std::chrono::system_clock::now()); }

postgres::options options_of(config::server_settings const& s) {
  postgres::options o;
  o.url = s.postgres.url;
  o.password_file = s.postgres.password_file;
  o.migrations_dir = s.migrations_dir;
  return o;
}

std::string chosen(postgres::accounts const& accounts, std::string const& as) {
  std::vector<std::string> admins;
  for (auto const& u : accounts.list_users(std::nullopt))
    if (u.role == "admin" && !u.disabled) admins.push_back(u.name);
  if (!as.empty()) {
    for (auto const& a : admins)
      if (a == as) return a;
    throw std::runtime_error("there is no administrator \"" + as + "\" who may log in");
  }
  if (admins.size() == 1) return admins.front();
  if (admins.empty()) throw std::runtime_error("there is no administrator yet: iocctl user add --role admin …");
  throw std::runtime_error("there are several administrators: say in whose name with --as USER");
}

// One request over an open stream.
template <class S>
api_client::answer talk(S& stream, http::request<http::string_body> const& request) {
  http::write(stream, request);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(std::uint64_t{256} << 20);
  http::read(stream, buffer, parser);
  return {static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
}

}  // namespace

api_client::api_client(config::server_settings const& settings, std::string const& as)
    : settings_(settings), accounts_(postgres::open_pool(options_of(settings), 1)) {
  auto const user = chosen(accounts_, as);
  token_ = web::new_token();
  accounts_.save_session({web::token_hash(token_), user, "token", now(), now() + std::chrono::minutes{10}, now()});
}

api_client::~api_client() {
  try {
    accounts_.delete_session(web::token_hash(token_));
  } catch (std::exception const&) {
    // It ends by itself in ten minutes.
  }
}

api_client::answer api_client::send(std::string const& method, std::string const& target, std::string const& body, std::string const& type) {
  auto const& h = settings_.http;
  if (h.port == 0) throw std::runtime_error("http.port is 0: iocd has taken a port that only its log tells");
  auto const host = h.address == "0.0.0.0" || h.address == "::" ? std::string("127.0.0.1") : h.address;
  http::request<http::string_body> request(http::string_to_verb(method), target, 11);
  request.set(http::field::host, host + ":" + std::to_string(h.port));
  request.set(http::field::authorization, "Bearer " + token_);
  if (!body.empty()) request.set(http::field::content_type, type);
  request.body() = body;
  request.prepare_payload();
  try {
    asio::io_context io;
    asio::ip::tcp::resolver resolver(io);
    auto const places = resolver.resolve(host, std::to_string(h.port));
    if (h.certificate.empty()) {
      boost::beast::tcp_stream stream(io);
      stream.connect(places);
      return talk(stream, request);
    }
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.load_verify_file(h.certificate);  // this very server's, whatever name it carries
    tls.set_verify_mode(asio::ssl::verify_peer);
    ::X509_VERIFY_PARAM_set_flags(::SSL_CTX_get0_param(tls.native_handle()), X509_V_FLAG_PARTIAL_CHAIN);
    boost::beast::ssl_stream<boost::beast::tcp_stream> stream(io, tls);
    boost::beast::get_lowest_layer(stream).connect(places);
    stream.handshake(asio::ssl::stream_base::client);
    return talk(stream, request);
  } catch (boost::system::system_error const& e) {
    throw std::runtime_error("iocd does not answer at " + host + ":" + std::to_string(h.port) + ": " + e.code().message());
  }
}

std::string api_client::need(std::string const& method, std::string const& target, std::string const& body, std::string const& type) {
  auto a = send(method, target, body, type);
  if (a.status < 400) return std::move(a.body);
  boost::system::error_code ec;
  auto const v = boost::json::parse(a.body, ec);
  std::string why = "status " + std::to_string(a.status);
  if (!ec && v.is_object())
    for (char const* key : {"detail", "title"})
      if (auto const* s = v.get_object().if_contains(key); s && s->is_string() && !s->get_string().empty()) {
        why = std::string(s->get_string());
        break;
      }
  throw std::runtime_error("iocd refuses it: " + why);
}

std::string escaped(std::string const& text) {
  std::string out;
  for (char const c : text) {
    bool const plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (plain) {
      out += c;
      continue;
    }
    auto const b = static_cast<unsigned char>(c);
    out += '%';
    out += "0123456789ABCDEF"[b >> 4];
    out += "0123456789ABCDEF"[b & 15];
  }
  return out;
}

}  // namespace ioc::ctl
