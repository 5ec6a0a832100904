#include "perceive/ledger.hpp"

namespace ioc::perceive {

std::string_view to_text(outcome o) {
  switch (o) {
    case outcome::stored: return "stored";
    case outcome::duplicate: return "duplicate";
    case outcome::ignored: return "ignored";
    case outcome::rejected: return "rejected";
  }
  return "?";
}

void tally::add(outcome o, std::uint64_t n) {
  switch (o) {
    case outcome::stored: stored += n; return;
    case outcome::duplicate: duplicate += n; return;
    case outcome::ignored: ignored += n; return;
    case outcome::rejected: rejected += n; return;
  }
}

tally& tally::operator+=(tally const& o) {
  stored += o.stored;
  duplicate += o.duplicate;
  ignored += o.ignored;
  rejected += o.rejected;
  return *this;
}

source_tally ledger::total() const {
  source_tally all;
  for (auto const& [name, s] : sources_) {
    all.messages += s.messages;
    all.records += s.records;
  }
  return all;
}

}  // namespace ioc::perceive
