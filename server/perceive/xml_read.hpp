#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ioc::perceive {

// One element of an XML text. Names are local (a namespace prefix is dropped); `text` is all character data directly in it, with the
// five entities and character references replaced, outer white space cut off.
struct xml_node {
  std::string name;
  std::string text;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<xml_node> children;

  // The first child of that name; null when there is none.
  xml_node const* child(std::string_view wanted) const;
  // Its text, empty when there is no such child.
  std::string_view child_text(std::string_view wanted) const;
  // The first element of that name below this one, at any depth; null when there is none.
  xml_node const* find(std::string_view wanted) const;
};

// A whole XML text of the outside world, read within bounds: 1 MiB, 32 levels, 20,000 elements and attributes. Ours, because all that is wanted is what
// must not be there: a DTD or any entity but the five is refused (`hostile`), so nothing can expand or be fetched.
// UTF-8, or Latin-1 where the declaration says so. Not well formed: `problem` says what and at which byte.
class xml_text {
 public:
  explicit xml_text(std::string_view bytes);
  bool ok() const { return problem.empty(); }

  xml_node root;
  std::string problem;
  bool hostile = false;

  static constexpr std::size_t max_bytes = 1u << 20;
  static constexpr std::size_t max_depth = 32;
  static constexpr std::size_t max_nodes = 20'000;
};

}  // namespace ioc::perceive
