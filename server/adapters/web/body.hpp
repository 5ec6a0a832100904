#pragma once
#include <boost/json/object.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::web {

// A checked JSON body. Every wrong thing throws the problem 400 that names the field. Fields outside `known` are refused:
// a misspelt "drill" must not start a real siren. Strings hold no NUL, which PostgreSQL cannot store.
class body {
 public:
  // An empty text counts as {}.
  body(std::string_view text, std::initializer_list<std::string_view> known);

  std::string text(std::string_view field, std::size_t most = 2000) const;  // must be there and not empty
  std::optional<std::string> optional_text(std::string_view field, std::size_t most = 2000) const;
  std::optional<bool> optional_flag(std::string_view field) const;
  std::vector<std::string> texts(std::string_view field, std::size_t most) const;  // 1 … most strings
  void need_object_if_there(std::string_view field) const;
  void need_whole_if_there(std::string_view field) const;

 private:
  boost::json::object fields_;
};

}  // namespace ioc::web
