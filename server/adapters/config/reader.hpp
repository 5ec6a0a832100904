#pragma once
#include "adapters/config/error.hpp"
#include "adapters/config/node.hpp"
#include "core/severity.hpp"
#include "core/time.hpp"
#include "core/value.hpp"

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace ioc::config {

// Where faults go while one file is read.
struct file_context {
  std::string file;
  fault_list& faults;
  void fail(int line, std::string key, std::string what, std::string cure) const {
    faults.add({file, line, std::move(key), std::move(what), std::move(cure)});
  }
};

// Reads one map strictly: each key asked for is a known one, and finish() refuses all others with the nearest known name. A fault
// goes to the list and the call answers a neutral value, so reading goes on and finds the next fault. Lives for one map only.
class map_reader {
 public:
  map_reader(node const& n, std::string path, file_context const& c);

  bool usable() const { return usable_; }
  int line() const { return node_.line; }
  std::string const& path() const { return path_; }
  file_context const& context() const { return context_; }
  int line_of(std::string const& key) const;  // of its value, or of the map
  std::string place(std::string const& key) const { return path_.empty() ? key : path_ + "." + key; }
  void fail(std::string const& key, std::string what, std::string cure) const;

  bool has(std::string const& key);  // present and not null
  std::string text(std::string const& key);
  std::optional<std::string> text_opt(std::string const& key);
  std::optional<std::string> text_or_null(std::string const& key);  // the key must stand there
  std::string code(std::string const& key);                         // digits in quotes: leading zeros count
  double number(std::string const& key, double min = -std::numeric_limits<double>::infinity());
  std::optional<double> number_opt(std::string const& key, double min = -std::numeric_limits<double>::infinity());
  int integer(std::string const& key, int min, int max = std::numeric_limits<int>::max());
  std::optional<int> integer_opt(std::string const& key, int min, int max = std::numeric_limits<int>::max());
  bool flag(std::string const& key, bool absent);
  core::duration seconds(std::string const& key, bool positive = false);
  std::optional<core::duration> seconds_opt(std::string const& key, bool positive = false);
  std::optional<core::duration> seconds_or_null(std::string const& key);
  std::vector<std::string> texts(std::string const& key);
  std::vector<std::string> texts_opt(std::string const& key);
  core::comparison op(std::string const& key);
  core::severity severity(std::string const& key);
  std::string choice(std::string const& key, std::vector<std::string> const& allowed);
  core::arguments arguments_opt(std::string const& key);
  core::localized localized_opt(std::string const& key);  // {vi, en}

  node const* child(std::string const& key);      // must be there
  node const* child_opt(std::string const& key);  // nothing when absent or null
  // Every item of a list, with its path `key[2]`.
  void each(std::string const& key, bool required, std::function<void(node const&, std::string const&)> const& f);
  void for_people(std::initializer_list<char const*> keys);  // known, any value, not kept
  void finish();

 private:
  node const* scalar(std::string const& key, bool required, char const* wanted);
  std::optional<double> to_number(node const& n, std::string const& key, double min) const;

  node const& node_;
  std::string path_;
  file_context const& context_;
  bool usable_ = true;
  std::vector<std::string> asked_;
  std::vector<std::string> missing_;  // reported by finish()
};

// Decimal grammar only: no hex, no "inf", no trailing letters.
std::optional<double> decimal(std::string_view text);
core::value value_of(node const& scalar);

}  // namespace ioc::config
