#include "app/receipts.hpp"

#include "core/archive.hpp"

#include <algorithm>

namespace ioc::app {

namespace {
constexpr std::string_view mark = "RECEIPT1";
}

void receipts::memory::rise(std::uint64_t seq, journal::position at) {
  upto = seq;
  if (!waiting.empty()) at = std::max(at, waiting.back().second);
  if (!waiting.empty() && waiting.back().second == at) waiting.back().first = seq;
  else waiting.emplace_back(seq, at);
}

void receipts::memory::close_up() {
  while (!ahead.empty() && ahead.begin()->first <= *upto + 1) {
    auto const [seq, at] = *ahead.begin();
    ahead.erase(ahead.begin());
    if (seq == *upto + 1) rise(seq, at);
  }
}

void receipts::heard(core::device_ref const& d, std::uint64_t seq, core::time_point t, journal::position at, steady now) {
  auto& m = devices_[{d.unit, d.device}];
  bool const newer = t > m.newest;
  m.newest = std::max(m.newest, t);
  if (m.upto && seq <= *m.upto) {
    if (!newer) return;  // late, from a hole that was given up
    m = memory{};
    m.newest = t;
  }
  if (!m.upto) {  // what came before the first that we hear was before us
    m.rise(seq, at);
    return;
  }
  auto const before = *m.upto;
  if (seq == before + 1) {
    m.rise(seq, at);
  } else {
    if (m.ahead.empty()) m.hole_since = now;
    m.ahead.emplace(seq, at);
    if (now - m.hole_since >= hole_patience || m.ahead.size() > most_ahead) m.upto = m.ahead.begin()->first - 1;
  }
  m.close_up();
  if (*m.upto != before) m.hole_since = now;
}

void receipts::repeated(core::device_ref const& d) {
  if (auto const i = devices_.find({d.unit, d.device}); i != devices_.end()) i->second.said.reset();
}

std::vector<receipts::due> receipts::take(journal::position committed, steady now) {
  std::vector<due> out;
  for (auto& [name, m] : devices_) {
    while (!m.waiting.empty() && m.waiting.front().second <= committed) {
      m.stored = m.waiting.front().first;
      m.waiting.pop_front();
    }
    if (m.stored && m.stored != m.said && now - m.said_at >= pace) out.push_back({{name.first, name.second}, *m.stored});
  }
  return out;
}

void receipts::sent(due const& d, steady now) {
  auto& m = devices_[{d.device.unit, d.device.device}];
  m.said = d.seq;
  m.said_at = now;
}

std::string receipts::saved() const {
  core::archive_writer w;
  std::vector<std::pair<std::pair<std::string, std::string>, std::pair<std::uint64_t, std::pair<journal::position, std::map<std::uint64_t, journal::position>>>>> all;
  for (auto const& [name, m] : devices_)
    if (m.upto) all.push_back({name, {*m.upto, {m.waiting.empty() ? 0 : m.waiting.back().second, m.ahead}}});
  w(all);
  auto block = w.take();
  auto size = static_cast<std::uint64_t>(block.size());
  core::archive_writer tail;
  tail(size);
  return block + tail.take() + std::string{mark};
}

std::string_view receipts::restore(std::string_view state) {
  devices_.clear();
  if (!state.ends_with(mark) || state.size() < mark.size() + 8) return state;
  auto rest = state.substr(0, state.size() - mark.size());
  std::uint64_t size = 0;
  core::archive_reader{rest.substr(rest.size() - 8)}(size);
  rest.remove_suffix(8);
  if (size > rest.size()) throw core::archive_error("the saved receipts are cut off");
  std::vector<std::pair<std::pair<std::string, std::string>, std::pair<std::uint64_t, std::pair<journal::position, std::map<std::uint64_t, journal::position>>>>> all;
  core::archive_reader{rest.substr(rest.size() - size)}(all);
  for (auto& [name, what] : all) {
    auto& m = devices_[name];
    m.rise(what.first, what.second.first);
    m.ahead = std::move(what.second.second);
  }
  return rest.substr(0, rest.size() - size);
}

}  // namespace ioc::app
