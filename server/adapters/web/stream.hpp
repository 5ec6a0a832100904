#pragma once
// Private to this folder: includes Asio or Beast.
#include "adapters/web/engine.hpp"

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

// Only for the .cpp files of this folder that speak Beast.
namespace ioc::web {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using plain_stream = beast::tcp_stream;
using tls_stream = beast::ssl_stream<beast::tcp_stream>;

// One /api/v1/stream connection from its upgrade to its end. Owned by the connection that it took over, on the I/O thread.
class stream_session : public open_stream {
 public:
  virtual asio::awaitable<void> run(http::request<http::string_body> upgrade) = 0;
  virtual void abort() = 0;
};

std::unique_ptr<stream_session> make_stream(engine& e, plain_stream s, api::viewer v);
std::unique_ptr<stream_session> make_stream(engine& e, tls_stream s, api::viewer v);

}  // namespace ioc::web
