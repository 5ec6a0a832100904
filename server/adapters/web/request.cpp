#include "adapters/web/request.hpp"

#include "adapters/web/problem.hpp"

#include <algorithm>
#include <charconv>

namespace ioc::web {

namespace {
int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      int const high = digit(text[i + 1]), low = digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  if (out.find('\0') != std::string::npos || !valid_utf8(out)) return std::nullopt;
  return out;
}
}  // namespace

bool valid_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    auto const c = static_cast<unsigned char>(s[i]);
    std::size_t const n = c < 0x80 ? 1 : (c >> 5) == 6 ? 2 : (c >> 4) == 14 ? 3 : (c >> 3) == 30 ? 4 : 0;
    if (n == 0 || i + n > s.size()) return false;
    std::uint32_t point = n == 1 ? c : c & (0xffu >> (n + 1));
    for (std::size_t k = 1; k < n; ++k) {
      auto const next = static_cast<unsigned char>(s[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3f);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < least[n] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
    i += n;
  }
  return true;
}

std::string_view request::header(std::string const& name) const {
  auto const at = headers.find(name);
  return at == headers.end() ? std::string_view{} : at->second;
}

std::string_view request::argument(std::string const& name) const {
  auto const at = query.find(name);
  return at == query.end() ? std::string_view{} : at->second;
}

std::string_view request::cookie(std::string_view name) const {
  auto rest = header("cookie");
  while (!rest.empty()) {
    auto const end = std::min(rest.find(';'), rest.size());
    auto part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=') return part.substr(name.size() + 1);
  }
  return {};
}

bool parse_target(std::string_view target, request& r) {
  if (target.empty() || target.front() != '/') return false;
  auto const mark = target.find('?');
  r.path = target.substr(0, mark);
  std::string_view rest = std::string_view(r.path).substr(1);
  while (true) {
    auto const end = rest.find('/');
    auto part = decoded(rest.substr(0, end), false);
    if (!part || *part == "." || *part == ".." || part->find_first_of("/\\") != std::string::npos) return false;
    r.segments.push_back(std::move(*part));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (mark == std::string_view::npos) return true;
  rest = target.substr(mark + 1);
  while (!rest.empty()) {
    auto const end = std::min(rest.find('&'), rest.size());
    auto const pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;
    auto const equals = std::min(pair.find('='), pair.size());
    auto name = decoded(pair.substr(0, equals), true);
    auto value = decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return false;
    r.query.insert_or_assign(std::move(*name), std::move(*value));
  }
  return true;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto const end = std::min(text.find(','), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void only_arguments(request const& r, std::initializer_list<std::string_view> known) {
  for (auto const& [name, value] : r.query)
    if (std::find(known.begin(), known.end(), name) == known.end()) throw bad_request("unknown argument '" + name + "'");
}

std::size_t limit_argument(request const& r, std::size_t usual, std::size_t most) {
  auto const text = r.argument("limit");
  if (text.empty()) return usual;
  std::size_t n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n < 1 || n > most)
    throw bad_request("argument 'limit' must be a whole number from 1 to " + std::to_string(most));
  return n;
}

}  // namespace ioc::web
