#include "adapters/mqtt/endpoint.hpp"

#include <unistd.h>

#include <stdexcept>

namespace ioc::mqtt {
namespace {

void must_be_readable(std::filesystem::path const& p, char const* what) {
  if (!p.empty() && ::access(p.c_str(), R_OK) != 0) throw std::runtime_error(std::string("broker: ") + what + " " + p.string() + " cannot be read");
}

// The next level of a topic; `rest` moves behind it, `more` says whether one follows.
std::string_view level(std::string_view& rest, bool& more) {
  auto const slash = rest.find('/');
  auto const head = rest.substr(0, slash);
  more = slash != std::string_view::npos;
  rest = more ? rest.substr(slash + 1) : std::string_view{};
  return head;
}

}  // namespace

bool is_loopback(std::string_view host) { return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127."); }

std::string endpoint_uri(options const& o) {
  if (o.host.empty() || o.port == 0) throw std::runtime_error("broker: host and port are missing");
  if (o.filters.empty()) throw std::runtime_error("broker: no topic filter to subscribe to");
  for (auto const& f : o.filters)
    if (!valid_filter(f)) throw std::runtime_error("broker: \"" + f + "\" is no valid topic filter");
  if (!o.clean && o.session_expiry.count() <= 0) throw std::runtime_error("broker: the session expiry must be more than 0 s, or messages are lost at every break");
  bool const tls = !o.ca_file.empty();
  if (!tls && (!o.certificate_file.empty() || !o.key_file.empty())) throw std::runtime_error("broker: a certificate or key needs the CA file that signs the broker's");
  if (o.certificate_file.empty() != o.key_file.empty()) throw std::runtime_error("broker: certificate and key go together");
  if (!tls && !is_loopback(o.host) && !o.allow_plain_outside)
    throw std::runtime_error("broker: " + o.host + " is another machine and no CA file is given: passwords would go in plain text. Give it, or allow_plain_outside");
  must_be_readable(o.ca_file, "the CA file");
  must_be_readable(o.certificate_file, "the certificate");
  must_be_readable(o.key_file, "the key");
  auto const host = o.host.find(':') != std::string::npos && o.host.front() != '[' ? "[" + o.host + "]" : o.host;
  return (tls ? "ssl://" : "tcp://") + host + ":" + std::to_string(o.port);
}

bool valid_filter(std::string_view filter) {
  if (filter.empty() || filter.size() > 65535 || filter.find('\0') != std::string_view::npos) return false;
  for (bool more = true; more;) {
    auto const part = level(filter, more);
    if (part.find_first_of("+#") != std::string_view::npos && part.size() != 1) return false;
    if (part == "#" && more) return false;
  }
  return true;
}

bool covers(std::string_view outer, std::string_view inner) {
  // A wildcard in the first level does not match $SYS and its like.
  if (!outer.empty() && !inner.empty() && inner.front() == '$' && outer.front() != '$') return false;
  bool outer_more = true, inner_more = true;
  for (;;) {
    auto const a = level(outer, outer_more);
    if (a == "#") return true;
    auto const b = level(inner, inner_more);
    if (b == "#" || (a != "+" && a != b)) return false;
    if (!inner_more) return !outer_more || outer == "#";  // "a/#" matches "a" too
    if (!outer_more) return false;
  }
}

std::vector<std::string> without_covered(std::vector<std::string> filters) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < filters.size(); ++i) {
    bool needed = true;
    for (std::size_t k = 0; k < filters.size() && needed; ++k)
      if (k != i && covers(filters[k], filters[i])) needed = filters[k] == filters[i] && i < k;  // of equal ones the first
    if (needed) kept.push_back(filters[i]);
  }
  return kept;
}

}  // namespace ioc::mqtt
