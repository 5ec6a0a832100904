#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ioc::perceive {

// Where a message, or one record of it, ended. Exactly one of these; there is no fifth.
enum class outcome : std::uint8_t { stored, duplicate, ignored, rejected };
std::string_view to_text(outcome o);

// Counts that balance by construction: add() is the only way in, received = the sum of the rest.
struct tally {
  std::uint64_t stored = 0, duplicate = 0, ignored = 0, rejected = 0;

  std::uint64_t received() const { return stored + duplicate + ignored + rejected; }
  void add(outcome o, std::uint64_t n = 1);
  tally& operator+=(tally const& other);
  bool operator==(tally const&) const = default;

  template <class A>
  void io(A& a) {
    a(stored, duplicate, ignored, rejected);
  }
};

struct source_tally {
  tally messages;
  tally records;

  template <class A>
  void io(A& a) {
    a(messages, records);
  }
};

// Everything that was ever heard, by source. Part of the hearer's state, so it goes back with it on a replay.
class ledger {
 public:
  // The place of a source; stays where it is until the ledger is read from an archive.
  source_tally& of(std::string const& source) { return sources_[source]; }
  std::map<std::string, source_tally> const& sources() const { return sources_; }
  source_tally total() const;

  template <class A>
  void io(A& a) {
    a(sources_);
  }

 private:
  std::map<std::string, source_tally> sources_;
};

}  // namespace ioc::perceive
