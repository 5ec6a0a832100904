#pragma once
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::config {

// One thing that is wrong in one file. `line` counts from 1, 0 = the file as a whole. `key` is the path of the place inside the
// file ("rules[2].clear.op"); `cure` says what to write instead.
struct fault {
  std::string file;
  int line = 0;
  std::string key;
  std::string what;
  std::string cure;
  std::string text() const;  // FILE:LINE: key: what; cure
};

// A configuration that must not be used. what() holds one line for each fault, at most 20. Thrown while loading only, caught in
// main (exit 2), in a reload (the running configuration stays) and in iocctl.
class config_error : public std::runtime_error {
 public:
  explicit config_error(std::vector<fault> faults);
  explicit config_error(fault f) : config_error(std::vector<fault>{std::move(f)}) {}
  std::vector<fault> const& faults() const { return faults_; }
  std::string const& file() const { return faults_.front().file; }
  int line() const { return faults_.front().line; }
  std::string const& key() const { return faults_.front().key; }
  std::string const& cure() const { return faults_.front().cure; }

 private:
  std::vector<fault> faults_;
};

// Collects the faults of one load, so that a person mends twenty things at once and not one after the other. Owned by the load
// function; not shared between threads.
class fault_list {
 public:
  static constexpr std::size_t limit = 20;
  void add(fault f);  // throws config_error when the list is full
  bool empty() const { return faults_.empty(); }
  void throw_if_any() const;

 private:
  std::vector<fault> faults_;
};

// The name of `known` that is the fewest edits away from `word` (at most a third of its letters, at least 2); empty if none is near.
std::string nearest(std::string_view word, std::vector<std::string> const& known);

// `did you mean "x"?`, or the list of what is known, shortened.
std::string suggest(std::string_view word, std::vector<std::string> const& known, std::string_view what_they_are);

}  // namespace ioc::config
