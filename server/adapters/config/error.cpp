#include "adapters/config/error.hpp"

#include <algorithm>

namespace ioc::config {

std::string fault::text() const {
  std::string s = file;
  if (line > 0) s += ":" + std::to_string(line);
  s += ": ";
  if (!key.empty()) s += key + ": ";
  s += what;
  if (!cure.empty()) s += "; " + cure;
  return s;
}

namespace {
std::string joined(std::vector<fault> const& faults) {
  std::string s;
  for (auto const& f : faults) {
    if (!s.empty()) s += '\n';
    s += f.text();
  }
  return s;
}

// Edits between two words: insert, delete, replace, or swap two neighbours ("valeu").
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}
}  // namespace

config_error::config_error(std::vector<fault> faults) : std::runtime_error(joined(faults)), faults_(std::move(faults)) {}

void fault_list::add(fault f) {
  faults_.push_back(std::move(f));
  if (faults_.size() >= limit) throw config_error(faults_);
}

void fault_list::throw_if_any() const {
  if (!faults_.empty()) throw config_error(faults_);
}

std::string nearest(std::string_view word, std::vector<std::string> const& known) {
  if (word.empty() || word.size() > 200) return {};
  std::size_t best = std::max<std::size_t>(2, word.size() / 3) + 1;
  std::string found;
  for (auto const& k : known) {
    auto const n = edits(word, k);
    if (n < best && n < k.size()) {
      best = n;
      found = k;
    }
  }
  return found;
}

std::string suggest(std::string_view word, std::vector<std::string> const& known, std::string_view what_they_are) {
  if (auto const near = nearest(word, known); !near.empty()) return "did you mean \"" + near + "\"?";
  if (known.empty()) return "there are no " + std::string(what_they_are) + " here";
  std::string s = std::string(what_they_are) + " are ";
  constexpr std::size_t shown = 15;
  for (std::size_t i = 0; i < std::min(known.size(), shown); ++i) s += (i ? ", " : "") + known[i];
  if (known.size() > shown) s += " and " + std::to_string(known.size() - shown) + " more";
  return s;
}

}  // namespace ioc::config
