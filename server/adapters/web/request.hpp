#pragma once
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::web {

// One HTTP request without its socket. Header names are lower case; path segments and query values are percent-decoded.
struct request {
  std::string id;
  std::string method;
  std::string path;  // as sent, without the query
  std::vector<std::string> segments;
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;
  std::string body;
  bool tls = false;
  bool loopback = false;  // the peer is this machine and no proxy stands between

  std::string_view header(std::string const& name) const;
  std::string_view argument(std::string const& name) const;
  // Values of a cookie; empty = not there.
  std::string_view cookie(std::string_view name) const;
};

// Takes "/a/b%20c?x=1" apart into `r`. False when it is no absolute path, an escape is broken, or a decoded part is
// "." or "..", or holds NUL, '/', '\' or bytes that are no UTF-8.
bool parse_target(std::string_view target, request& r);

std::vector<std::string> split_list(std::string_view comma_separated);
bool valid_utf8(std::string_view text);

// Throws the problem 400 that names an argument outside `known`: a misspelt filter must not show everything.
void only_arguments(request const& r, std::initializer_list<std::string_view> known);
// 1 … most; throws 400.
std::size_t limit_argument(request const& r, std::size_t usual = 100, std::size_t most = 1000);

}  // namespace ioc::web
