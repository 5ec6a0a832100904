#include "adapters/web/calls.hpp"

#include "core/ids.hpp"
#include "core/value.hpp"

#include <charconv>

namespace ioc::web {

namespace {
constexpr std::size_t most_points = 50'000;

problem too_many_points() {
  return {422, "too_many_points", "Khoảng thời gian có quá nhiều số liệu: hãy rút ngắn hoặc tăng bước thời gian (step)",
          "more than 50000 points: shorten from … to, or give a larger 'step' (seconds)", {}, {}};
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

std::string csv(readings_answer const& a, bool rolled) {
  std::string out = rolled ? "time,min,avg,max,count,unit\r\n" : "time,value,quality,unit\r\n";
  auto const uom = cell(core::value{a.unit_of_measure});
  auto const plain = [](std::optional<double> v) { return v ? core::to_json(core::value{*v}) : std::string{}; };
  for (auto const& p : a.points) out += core::to_iso(p.t) + "," + cell(p.v) + "," + std::string(core::to_text(p.q)) + "," + uom + "\r\n";
  for (auto const& b : a.buckets)
    out += core::to_iso(b.t) + "," + plain(b.min) + "," + plain(b.avg) + "," + plain(b.max) + "," + std::to_string(b.count) + "," + uom + "\r\n";
  return out;
}

std::string json(readings_answer const& a) {
  std::string out = R"({"unit_of_measure":)" + core::json_quote(a.unit_of_measure) + R"(,"points":[)";
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

bool wants_csv(request const& r) { return r.header("accept").find("text/csv") != std::string_view::npos; }
}  // namespace

response readings(context& c, call const& k) {
  only_arguments(k.r, {"unit", "device", "metric", "from", "to", "step", "as_of"});
  readings_query q;
  q.unit = k.r.argument("unit");
  if (q.unit.empty()) q.unit = k.who.unit;
  q.device = k.r.argument("device");
  q.metric = k.r.argument("metric");
  if (q.device.empty()) throw bad_request("argument 'device' is missing");
  if (q.metric.empty()) throw bad_request("argument 'metric' is missing");
  if (!k.units.contains(q.unit) || !c.live.find(channel::devices, q.unit + "/" + q.device)) throw not_found();
  q.to = time_argument(k.r, "to").value_or(c.now());
  q.from = time_argument(k.r, "from").value_or(q.to - std::chrono::hours{1});
  if (q.from >= q.to) throw bad_request("argument 'from' must be before 'to'");
  q.as_of = time_argument(k.r, "as_of");
  q.limit = most_points;
  if (auto const text = k.r.argument("step"); !text.empty()) {
    std::int64_t seconds = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    constexpr std::int64_t year = 366 * 86400;
    if (error != std::errc{} || end != text.data() + text.size() || seconds < 1 || seconds > year)
      throw bad_request("argument 'step' must be whole seconds, 1 or more");
    q.step = std::chrono::seconds{seconds};
    if ((q.to - q.from) / *q.step > static_cast<std::int64_t>(most_points)) throw too_many_points();
  }
  auto const found = c.rest.readings(q);
  if (found.points.size() > most_points || found.buckets.size() > most_points + 1) throw too_many_points();
  response out;
  if (wants_csv(k.r)) {
    out.type = "text/csv; charset=utf-8";
    out.headers.emplace_back("Content-Disposition", "attachment; filename=\"readings.csv\"");
    out.body = csv(found, q.step.has_value());
  } else {
    out.body = json(found);
  }
  out.headers.emplace_back("Vary", "Accept");
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
  auto const wanted = as_list(wanted_units(c, k));
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
