#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace ioc::config {

// A YAML file as a plain tree that remembers lines. `quoted` keeps "03478" a text where 03478 is a number. Anchors, aliases, tags
// and a second document are refused: a rule that is written once stands at one place. Immutable after parse.
struct node {
  enum class kind_type { null, scalar, list, map };
  struct entry;

  kind_type kind = kind_type::null;
  int line = 0;  // from 1
  bool quoted = false;
  std::string scalar;
  std::vector<node> items;
  std::vector<entry> entries;  // in file order

  node const* find(std::string const& key) const;
  bool is_null() const { return kind == kind_type::null; }
  bool is_scalar() const { return kind == kind_type::scalar; }
  bool is_list() const { return kind == kind_type::list; }
  bool is_map() const { return kind == kind_type::map; }
  char const* kind_name() const;  // for messages: "a list"
};

struct node::entry {
  std::string key;
  int line = 0;
  node value;
};

// Throws config_error: unreadable file, broken YAML, a key that stands twice in one map, more than 4 MiB.
node parse_file(std::string const& path);
node parse_text(std::string const& text, std::string const& name);

}  // namespace ioc::config
