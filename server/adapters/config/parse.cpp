#include "adapters/config/error.hpp"
#include "adapters/config/node.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

namespace ioc::config {

node const* node::find(std::string const& key) const {
  auto const it = std::find_if(entries.begin(), entries.end(), [&](entry const& e) { return e.key == key; });
  return it == entries.end() ? nullptr : &it->value;
}

char const* node::kind_name() const {
  switch (kind) {
    case kind_type::null: return "nothing";
    case kind_type::scalar: return "a single value";
    case kind_type::list: return "a list";
    case kind_type::map: break;
  }
  return "a map";
}

namespace {
constexpr std::size_t max_bytes = 4u << 20;
constexpr std::size_t max_depth = 32;

// yaml-cpp's events, not its nodes: events carry the line of every key and show a key that stands twice.
class tree_builder : public YAML::EventHandler {
 public:
  tree_builder(std::string const& name, node& root) : name_(name), root_(root) {}

  void OnDocumentStart(YAML::Mark const&) override {}
  void OnDocumentEnd() override {}
  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    place(mark, node{node::kind_type::null, line_of(mark), false, {}, {}, {}});
  }
  void OnAlias(YAML::Mark const& mark, YAML::anchor_t) override { refuse(mark, "an alias (*name) is not used here", "write the value out"); }
  void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor, std::string const& value) override {
    refuse_anchor(mark, anchor);
    if (tag != "?" && tag != "!" && !tag.empty()) refuse(mark, "a tag (" + tag + ") is not used here", "write the plain value");
    bool const quoted = tag == "!";
    if (expects_key()) {
      auto& top = *open_.back().n;
      for (auto const& e : top.entries)
        if (e.key == value)
          throw config_error(fault{name_, line_of(mark), value, "the key stands twice in one map (first in line " + std::to_string(e.line) + ")",
              "remove one of the two"});
      top.entries.push_back({value, line_of(mark), {}});
      open_.back().key_given = true;
      return;
    }
    bool const null = !quoted && (value == "~" || value == "null" || value.empty());
    place(mark, node{null ? node::kind_type::null : node::kind_type::scalar, line_of(mark), quoted, null ? std::string{} : value, {}, {}});
  }
  void OnSequenceStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    start(mark, anchor, node::kind_type::list);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override { start(mark, anchor, node::kind_type::map); }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct level {
    node* n;
    bool key_given = false;
  };

  static int line_of(YAML::Mark const& m) { return m.line + 1; }
  [[noreturn]] void refuse(YAML::Mark const& m, std::string what, std::string cure) const {
    throw config_error(fault{name_, line_of(m), {}, std::move(what), std::move(cure)});
  }
  void refuse_anchor(YAML::Mark const& m, YAML::anchor_t a) const {
    if (a != YAML::NullAnchor) refuse(m, "an anchor (&name) is not used here", "write the value out");
  }
  bool expects_key() const { return !open_.empty() && open_.back().n->is_map() && !open_.back().key_given; }

  // Pointers into the tree stay valid: only the last child of each open level grows.
  node* place(YAML::Mark const& mark, node n) {
    if (open_.empty()) {
      root_ = std::move(n);
      return &root_;
    }
    auto& top = open_.back();
    if (top.n->is_list()) return &top.n->items.emplace_back(std::move(n));
    if (!top.key_given) refuse(mark, "a key must be a single word", "write `key: value`");
    top.key_given = false;
    auto& slot = top.n->entries.back().value;
    slot = std::move(n);
    return &slot;
  }
  void start(YAML::Mark const& mark, YAML::anchor_t anchor, node::kind_type kind) {
    refuse_anchor(mark, anchor);
    if (open_.size() >= max_depth) refuse(mark, "nested more than 32 levels deep", "flatten it");
    open_.push_back({place(mark, node{kind, line_of(mark), false, {}, {}, {}})});
  }

  std::string const& name_;
  node& root_;
  std::vector<level> open_;
};
}  // namespace

node parse_text(std::string const& text, std::string const& name) {
  node root;
  tree_builder builder(name, root);
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(builder)) throw config_error(fault{name, 0, {}, "the file is empty", "see proto/schemas for what belongs into it"});
    node second;
    tree_builder rest(name, second);
    if (parser.HandleNextDocument(rest))
      throw config_error(fault{name, second.line, {}, "a second document begins here", "remove the `---` line or use a file of its own"});
  } catch (YAML::Exception const& e) {
    throw config_error(fault{name, e.mark.line + 1, {}, "this is not YAML: " + e.msg, "look at the indentation, quotes and brackets of this line and the one before"});
  }
  return root;
}

node parse_file(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw config_error(fault{path, 0, {}, std::string("cannot be read: ") + std::strerror(errno), "check the path and the permissions"});
  std::string text(max_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) throw config_error(fault{path, 0, {}, "cannot be read to its end", "is it a directory?"});
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > max_bytes) throw config_error(fault{path, 0, {}, "is larger than 4 MiB", "split it"});
  return parse_text(text, path);
}

}  // namespace ioc::config
