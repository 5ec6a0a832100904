#include "adapters/web/calls.hpp"

#include "core/ids.hpp"
#include "core/value.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

namespace ioc::web {

namespace {
constexpr std::size_t most_points = 50'000;

problem too_many_points() {
  return {422, "too_many_points", "Khoảng thời gian có quá nhiều số liệu: hãy rút ngắn hoặc tăng bước thời gian (step)",
          "more than 50000 points: shorten from … to, or give a larger 'step' (seconds), or 'points'; text/csv has no limit", {}, {}};
}

std::string number(std::optional<double> v) { return v ? core::to_json(core::value{*v}) : "null"; }

// A spreadsheet runs a cell that begins like a formula; device text is not ours to trust.
std::string cell(core::value const& v) {
  if (std::holds_alternative<std::monostate>(v)) return "";
  auto const* s = std::get_if<std::string>(&v);
  if (!s) return core::to_json(v);
  std::string out = "\"";
  if (!s->empty() && std::string_view("=+-@\t\r").find(s->front()) != std::string_view::npos) out += '\'';
  for (char const ch : *s) {
    if (ch == '"') out += '"';
    out += ch;
  }
  return out + "\"";
}

std::string csv_head(bool rolled) { return rolled ? "time,min,avg,max,count,unit\r\n" : "time,value,quality,unit\r\n"; }

std::string csv(readings_answer const& a) {
  std::string out;
  auto const uom = cell(core::value{a.unit_of_measure});
  auto const plain = [](std::optional<double> v) { return v ? core::to_json(core::value{*v}) : std::string{}; };
  for (auto const& p : a.points) out += core::to_iso(p.t) + "," + cell(p.v) + "," + std::string(core::to_text(p.q)) + "," + uom + "\r\n";
  for (auto const& b : a.buckets)
    out += core::to_iso(b.t) + "," + plain(b.min) + "," + plain(b.avg) + "," + plain(b.max) + "," + std::to_string(b.count) + "," + uom + "\r\n";
  return out;
}

// Any range as CSV, page by page: each page is one question to the database when the client has read the one before, so neither
// memory nor a connection to the database is held by a slow reader. What arrives meanwhile behind the last page is in the answer.
class csv_pages {
 public:
  csv_pages(backend& rest, readings_query q) : rest_(rest), q_(std::move(q)), end_(q_.to) { q_.limit = points_at_once; }

  std::string next() {
    while (q_.from < end_) {
      if (q_.step) {
        // Pages end where steps end (they begin at multiples of the step since 1970).
        auto const after = q_.from.time_since_epoch() / *q_.step * *q_.step + *q_.step * steps_at_once;
        q_.to = std::min(end_, core::time_point{after});
      }
      auto a = rest_.readings(q_);
      if (q_.step) {
        q_.from = q_.to;
      } else if (a.points.size() > points_at_once) {
        a.points.resize(points_at_once);
        q_.from = a.points.back().t + core::duration{1};
      } else {
        q_.from = end_;
      }
      if (auto text = csv(a); !text.empty()) return text;
    }
    return {};
  }

 private:
  static constexpr std::size_t points_at_once = 10'000;
  static constexpr std::int64_t steps_at_once = 10'000;
  backend& rest_;
  readings_query q_;
  core::time_point const end_;
};

std::string json(readings_answer const& a) {
  std::string out = R"({"unit_of_measure":)" + core::json_quote(a.unit_of_measure) + R"(,"step":)";
  out += a.step ? std::to_string(std::chrono::duration_cast<std::chrono::seconds>(*a.step).count()) : "null";
  out += R"(,"points":[)";
  bool first = true;
  auto const comma = [&] {
    if (!first) out += ',';
    first = false;
  };
  for (auto const& p : a.points) {
    comma();
    out += "[" + std::to_string(core::to_ms(p.t)) + "," + core::to_json(p.v);
    if (p.q != core::quality::good) out += ",\"" + std::string(core::to_text(p.q)) + "\"";
    out += "]";
  }
  for (auto const& b : a.buckets) {
    comma();
    out += "[" + std::to_string(core::to_ms(b.t)) + "," + number(b.min) + "," + number(b.avg) + "," + number(b.max) + "," + std::to_string(b.count) + "]";
  }
  return out + "]}";
}

// A whole number between the two, or nothing where the argument is absent; throws 400 that names it.
std::optional<std::int64_t> whole_argument(request const& r, std::string const& name, std::int64_t least, std::int64_t most, std::string const& what) {
  auto const text = r.argument(name);
  if (text.empty()) return std::nullopt;
  std::int64_t n = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n < least || n > most)
    throw bad_request("argument '" + name + "' must be " + what + ", " + std::to_string(least) + " to " + std::to_string(most));
  return n;
}

bool wants_csv(request const& r) { return r.header("accept").find("text/csv") != std::string_view::npos; }
}  // namespace

response readings(context& c, call const& k) {
  only_arguments(k.r, {"unit", "device", "metric", "from", "to", "step", "points", "as_of"});
  readings_query q;
  q.unit = k.r.argument("unit");
  q.device = k.r.argument("device");
  q.metric = k.r.argument("metric");
  if (q.unit.empty()) throw bad_request("argument 'unit' is missing");
  if (q.device.empty()) throw bad_request("argument 'device' is missing");
  if (q.metric.empty()) throw bad_request("argument 'metric' is missing");
  if (!k.units.contains(q.unit) || !c.live.find(channel::devices, q.unit + "/" + q.device)) throw not_found();
  q.to = time_argument(k.r, "to").value_or(c.now());
  q.from = time_argument(k.r, "from").value_or(q.to - std::chrono::hours{1});
  if (q.from >= q.to) throw bad_request("argument 'from' must be before 'to'");
  q.as_of = time_argument(k.r, "as_of");
  q.limit = most_points;
  constexpr std::int64_t year = 366 * 86400;
  if (auto const seconds = whole_argument(k.r, "step", 1, year, "whole seconds")) q.step = std::chrono::seconds{*seconds};
  if (auto const n = whole_argument(k.r, "points", 2, static_cast<std::int64_t>(most_points), "a number of points")) q.points = static_cast<std::size_t>(*n);
  if (q.step && q.points) throw bad_request("give 'step' or 'points', not both");
  bool const as_csv = wants_csv(k.r);
  if (q.step && !as_csv && (q.to - q.from) / *q.step > static_cast<std::int64_t>(most_points)) throw too_many_points();
  response out;
  out.headers.emplace_back("Vary", "Accept");
  if (as_csv) {
    if (q.points) throw bad_request("'points' is for JSON: a CSV has them all, or one line a 'step'");
    out.type = "text/csv; charset=utf-8";
    out.headers.emplace_back("Content-Disposition", "attachment; filename=\"readings.csv\"");
    auto const pages = std::make_shared<csv_pages>(c.rest, q);
    out.body = csv_head(q.step.has_value()) + pages->next();  // what is wrong with the question is said before the first byte
    out.more = [pages] { return pages->next(); };
    return out;
  }
  auto const found = c.rest.readings(q);
  if (found.points.size() > most_points || found.buckets.size() > most_points + 1) throw too_many_points();
  out.body = json(found);
  return out;
}

response advice(context& c, call const& k) {
  unit_of(c, k, channel::alerts, object_kind::alert, k.ids.at(0));
  auto card = c.rest.advice(k.ids[0], k.who.role, as_list(k.units));
  if (!card) throw not_found();
  response out;
  out.body = std::move(*card);
  return out;
}

response rules(context& c, call const& k) {
  only_arguments(k.r, {"unit"});
  std::string unit(k.r.argument("unit"));
  if (unit.empty()) unit = k.who.unit;
  if (!k.units.contains(unit)) throw not_found();
  response out;
  out.body = c.rest.rules_json(unit);
  return out;
}

response rejected(context& c, call const& k) {
  only_arguments(k.r, {"unit", "limit", "cursor"});
  auto const seen = wanted_units(c, k);
  auto wanted = std::optional{as_list(seen)};
  // What came under no unit, or under one that nobody has, is nobody's but the admin's of all units there are.
  auto const nodes = c.tree.tree();
  if (k.who.role == "admin" && !nodes.empty() && std::all_of(nodes.begin(), nodes.end(), [&](auto const& n) { return seen.contains(n.code); })) wanted.reset();
  auto const limit = limit_argument(k.r);
  response out;
  try {
    auto const page = c.rest.rejected(wanted, limit, std::string(k.r.argument("cursor")));
    std::vector<std::string> items;
    for (auto const& o : page.items) items.push_back(o.json);
    out.body = list_json(items, page.next);
  } catch (std::invalid_argument const&) {
    throw bad_request("argument 'cursor' is not one that this list gave");
  }
  return out;
}

response ledger(context& c, call const&) {
  response out;
  out.body = c.rest.ledger_json();
  return out;
}

response geo(context& c, call const& k) {
  auto const& unit = k.ids.at(0);
  if (!k.units.contains(unit)) throw not_found();
  auto out = c.maps.get({unit + ".geojson"}, k.r, "private, max-age=3600");
  return out;
}

}  // namespace ioc::web
