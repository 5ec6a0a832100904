#pragma once
#include "core/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::postgres {

// Texts on their way into PostgreSQL, which refuses NUL, broken UTF-8 and, in jsonb, \u0000 and lone surrogates. One such
// byte from one device must not stop the writer, so each is replaced by U+FFFD. Pure functions.
std::string clean_text(std::string_view text);
std::string clean_json(std::string_view json);

std::string hex(std::string_view bytes);
std::string from_hex(std::string_view digits);  // lower case, as hex() and PostgreSQL write it
std::string timestamp(core::time_point t);  // "2027-07-24 16:50:00.123456+00"; beyond the years 1-9999 the nearest of these

// Builds PostgreSQL's text form of an array: {"a",NULL,"b \" c"}.
class array_text {
 public:
  void add(std::string_view element);  // taken as it is: clean it first
  void add_null();
  void add_or_null(std::string_view element) { element.empty() ? add_null() : add(element); }
  std::string take();

 private:
  std::string text_ = "{";
};

std::string array_of(std::vector<std::string> const& elements);

}  // namespace ioc::postgres
