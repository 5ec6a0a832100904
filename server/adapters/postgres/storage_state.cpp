// The saved state in parts: each is a short transaction of its own, so that rows get their turn between them.
#include "adapters/postgres/sql.hpp"
#include "adapters/postgres/storage.hpp"
#include "adapters/postgres/text.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

namespace ioc::postgres {

namespace {

constexpr std::size_t part_bytes = std::size_t{1} << 20;
constexpr std::size_t parts_at_once = 4;

template <class T>
T number(std::string_view text) {
  T v{};
  std::from_chars(text.data(), text.data() + text.size(), v);
  return v;
}

void put_number(std::string& to, std::uint32_t v) {
  v = __builtin_bswap32(v);
  to.append(reinterpret_cast<char const*>(&v), sizeof v);
}

}  // namespace

std::optional<engine_snapshot> storage::read_state() {
  auto const shard = std::to_string(options_.shard);
  auto const engine = link_->run(sql::read_engine, {shard});
  if (engine.size() == 0) return std::nullopt;
  engine_snapshot s{number<std::uint64_t>(engine.text(0, 0)), number<int>(engine.text(0, 1)), from_hex(engine.text(0, 2).substr(2))};
  auto const parts = number<int>(engine.text(0, 4));
  s.bytes.reserve(s.bytes.size() + static_cast<std::size_t>(parts) * part_bytes);
  for (int n = 0; n < parts; ++n) {
    link_->limit(options_.call_limit);
    auto const part = link_->run(sql::read_engine_part, {shard, std::string(engine.text(0, 3)), std::to_string(n)});
    if (part.size() != 1) throw std::runtime_error("the saved state in the database " + place_of(options_) + " lacks part " + std::to_string(n) + " of " + std::to_string(parts) + ": restore a backup");
    s.bytes += from_hex(part.text(0, 0).substr(2));
  }
  return s;
}

// One step; true = the whole state is stored. `next` is 0 for the first.
bool storage::store_state(engine_snapshot const& s, std::size_t& next) {
  link_->limit(options_.call_limit);
  auto const shard = std::to_string(options_.shard);
  auto const parts = s.bytes.size() / part_bytes + 1;
  link_->run("begin");
  fence(0, nullptr);
  if (next == 0) {
    state_turn_ = number<int>(link_->run(sql::next_turn, {shard}).text(0, 0));
    link_->run(sql::drop_unfinished, {shard});
  }
  auto const end = std::min(next + parts_at_once, parts);
  link_->copy_begin(sql::copy_state);
  std::string head("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
  for (; next < end; ++next) {
    auto const part = std::string_view(s.bytes).substr(next * part_bytes, part_bytes);
    head.append("\0\4", 2);  // four columns, each after its length
    for (auto const v : {static_cast<std::uint32_t>(options_.shard), static_cast<std::uint32_t>(state_turn_), static_cast<std::uint32_t>(next)}) {
      put_number(head, 4);
      put_number(head, v);
    }
    put_number(head, static_cast<std::uint32_t>(part.size()));
    link_->copy_piece(head);
    link_->copy_piece(part);
    head.clear();
  }
  link_->copy_piece("\377\377");
  link_->copy_end();
  bool const whole = next == parts;
  if (whole) {
    link_->run(sql::put_engine, {shard, std::to_string(s.position), std::to_string(s.format), std::to_string(state_turn_), std::to_string(parts)});
    link_->run(sql::drop_old_parts, {shard});
  }
  link_->run("commit");
  return whole;
}

}  // namespace ioc::postgres
