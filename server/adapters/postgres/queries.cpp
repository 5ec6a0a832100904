#include "adapters/postgres/queries.hpp"

#include "adapters/postgres/connections.hpp"
#include "adapters/postgres/sql.hpp"
#include "adapters/postgres/text.hpp"
#include "core/ids.hpp"

#include <charconv>
#include <cmath>
#include <stdexcept>

namespace ioc::postgres {

namespace {

constexpr auto read = pool::kind::read;

std::string_view view(pqxx::field const& f) { return {f.c_str(), f.size()}; }

template <class T>
T number(pqxx::field const& f) {
  T v{};
  std::from_chars(f.c_str(), f.c_str() + f.size(), v);
  return v;
}

std::optional<std::string> when(std::optional<core::time_point> t) { return t ? std::optional(timestamp(*t)) : std::nullopt; }
std::optional<std::string> cleaned(std::optional<std::string> const& s) { return s ? std::optional(clean_text(*s)) : std::nullopt; }
std::optional<std::string> list(std::optional<std::vector<std::string>> const& l) { return l ? std::optional(array_of(*l)) : std::nullopt; }

// Where a page ended: "<microseconds>.<uuid>", shown as hex so that nobody builds on it.
struct place {
  std::optional<std::string> at, id;
};
place place_from(std::optional<std::string> const& cursor) {
  if (!cursor) return {};
  bool const is_hex = cursor->size() % 2 == 0 && cursor->find_first_not_of("0123456789abcdef") == std::string::npos;
  std::string const text = is_hex ? from_hex(*cursor) : "";
  auto const dot = text.find('.');
  std::int64_t us = 0;
  if (dot != std::string::npos) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + dot, us);
    if (error == std::errc{} && end == text.data() + dot && core::uuid::parse(text.substr(dot + 1)) && std::abs(us) < 200'000'000'000'000'000)
      return {timestamp(core::from_us(us)), text.substr(dot + 1)};
  }
  throw std::invalid_argument("the cursor is not one that this server gave out");
}

}  // namespace

object_page queries::objects(std::string const& kind, object_filter const& f, std::size_t limit, std::optional<std::string> const& cursor) const {
  auto const after = place_from(cursor);
  // No such object can exist, and PostgreSQL would refuse the text as a UUID.
  if (f.alert && !core::uuid::parse(*f.alert)) return {};
  return pool_->run(read, [&](pqxx::nontransaction& t) {
    auto const units = list(f.units), state = cleaned(f.state), rule = cleaned(f.rule), device = cleaned(f.device), from = when(f.from), to = when(f.to);
    auto const open = f.open ? std::optional<std::string>(*f.open ? "t" : "f") : std::nullopt;
    auto const severity = f.severity ? std::optional(std::to_string(*f.severity)) : std::nullopt;
    // One more than asked for tells whether there is a next page.
    auto const rows = t.exec_params(sql::objects, kind, or_null(units), or_null(open), or_null(state), or_null(severity), or_null(rule), or_null(device),
                                    or_null(f.alert), or_null(from), or_null(to), or_null(after.at), or_null(after.id), std::to_string(limit + 1));
    object_page page;
    for (auto const& row : rows) {
      if (page.docs.size() == limit) {
        auto const last = rows[static_cast<pqxx::result::size_type>(limit) - 1];
        page.next = hex(text_of(last[1]) + "." + text_of(last[2]));
        break;
      }
      page.docs.push_back(text_of(row[0]));
    }
    return page;
  });
}

std::optional<std::string> queries::object(std::string const& kind, std::string const& id) const {
  if (!core::uuid::parse(id)) return std::nullopt;
  return pool_->run(read, [&](pqxx::nontransaction& t) {
    auto const rows = t.exec_params(sql::object, kind, id);
    return rows.empty() ? std::optional<std::string>() : std::optional(text_of(rows[0][0]));
  });
}

std::vector<stored_log> queries::change_log(std::string const& kind, std::string const& id) const {
  if (!core::uuid::parse(id)) return {};
  return pool_->run(read, [&](pqxx::nontransaction& t) {
    std::vector<stored_log> out;
    for (auto const& row : t.exec_params(sql::change_log, kind, id))
      out.push_back({number<std::uint32_t>(row[0]), core::from_us(number<std::int64_t>(row[1])), text_of(row[2]), text_of(row[3]), text_of(row[4])});
    return out;
  });
}

rejected_page queries::rejected(std::optional<std::vector<std::string>> const& units, std::size_t limit, std::optional<std::string> const& cursor) const {
  if (cursor && (cursor->empty() || cursor->size() > 18 || cursor->find_first_not_of("0123456789") != std::string::npos))
    throw std::invalid_argument("the cursor is not one that this server gave out");
  return pool_->run(read, [&](pqxx::nontransaction& t) {
    auto const among = list(units);
    auto const rows = t.exec_params(sql::rejected, or_null(cursor), or_null(among), std::to_string(limit + 1));
    rejected_page page;
    for (auto const& row : rows) {
      if (page.items.size() == limit) {
        page.next = std::to_string(page.items.back().id);
        break;
      }
      page.items.push_back({number<std::int64_t>(row[0]), number<std::int64_t>(row[1]), number<int>(row[2]), core::from_us(number<std::int64_t>(row[3])), text_of(row[4]),
                            from_hex(view(row[5]).substr(2)), number<std::int64_t>(row[6]), text_of(row[7]), text_of(row[8]), text_of(row[9])});
    }
    return page;
  });
}

std::vector<stored_object> queries::open_objects() const {
  return pool_->run(read, [&](pqxx::nontransaction& t) {
    std::vector<stored_object> out;
    for (auto const& row : t.exec_params(sql::open_objects)) out.push_back({text_of(row[0]), text_of(row[1]), number<std::uint32_t>(row[2]), text_of(row[3])});
    return out;
  });
}

std::vector<stored_device> queries::live_devices() const {
  return pool_->run(read, [&](pqxx::nontransaction& t) {
    std::vector<stored_device> out;
    for (auto const& row : t.exec_params(sql::live_devices)) out.push_back({text_of(row[0]), text_of(row[1]), text_of(row[2])});
    return out;
  });
}

bool queries::ready() const {
  try {
    return pool_->run(read, [](pqxx::nontransaction& t) { return !t.exec("select 1").empty(); });
  } catch (std::exception const&) {
    return false;
  }
}

}  // namespace ioc::postgres
