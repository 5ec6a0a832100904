#include "adapters/web/commands.hpp"

#include "core/value.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace ioc::web {

namespace {
constexpr std::size_t most_subscriptions = 64;

// A text or a list of texts; nothing when it is something else.
std::optional<std::set<std::string>> words(boost::json::value const& v) {
  std::set<std::string> out;
  if (auto const* s = v.if_string()) {
    out.insert(s->c_str());
    return out;
  }
  auto const* a = v.if_array();
  if (!a) return std::nullopt;
  for (auto const& x : *a) {
    auto const* s = x.if_string();
    if (!s) return std::nullopt;
    out.insert(s->c_str());
  }
  return out;
}

// Fills `f` and `unit`; answers the name of the key that is unknown or of the wrong type, or nothing.
std::optional<std::string> read_filter(boost::json::object const& from, item_filter& f, std::string& unit) {
  for (auto const& pair : from) {
    std::string const name(pair.key());
    if (name == "state" || name == "severity") {
      auto w = words(pair.value());
      if (!w) return name;
      (name == "state" ? f.states : f.severities) = std::move(*w);
      continue;
    }
    std::string* const at = name == "unit" ? &unit : name == "rule" ? &f.rule : name == "alert" ? &f.alert : name == "device" ? &f.device
                            : name == "metric" ? &f.metric : name == "type" ? &f.type : nullptr;
    auto const* s = pair.value().if_string();
    if (!at || !s) return name;
    *at = s->c_str();
  }
  return std::nullopt;
}
}  // namespace

stream_commands::~stream_commands() {
  for (auto const& s : out_.all()) watch(s.where, s.filter, -1);
}

void stream_commands::watch(channel where, item_filter const& f, int by) {
  if (where == channel::devices) live_.follow(where, f.units, by);
  if (where == channel::readings) live_.watch(*f.units.begin(), f.device, by);
}

void stream_commands::refuse(std::string_view code, std::string_view message, std::optional<std::int64_t> id) {
  std::string text = R"({"type":"error",)";
  if (id) text += R"("id":)" + std::to_string(*id) + ",";
  out_.say(text + R"("code":)" + core::json_quote(code) + R"(,"message":)" + core::json_quote(message) + "}");
}

void stream_commands::take(std::string_view text) {
  boost::system::error_code ec;
  auto const parsed = boost::json::parse(text, ec);
  if (ec || !parsed.is_object()) return refuse("bad_message", "Tin nhắn không phải là một đối tượng JSON");
  auto const& o = parsed.get_object();
  auto const* type = o.if_contains("type");
  auto const* id = o.if_contains("id");
  if (!type || !type->is_string() || (type->get_string() != "subscribe" && type->get_string() != "unsubscribe"))
    return refuse("bad_message", "'type' phải là subscribe hoặc unsubscribe");
  if (!id || !id->is_int64() || id->get_int64() < 0) return refuse("bad_message", "'id' phải là số nguyên không âm");
  auto const number = id->get_int64();

  if (type->get_string() == "unsubscribe") {
    if (auto const ended = out_.unsubscribe(number)) return watch(ended->where, ended->filter, -1);
    return refuse("unknown_id", "Không có đăng ký nào mang id này", number);
  }
  auto const* name = o.if_contains("channel");
  auto const where = name && name->is_string() ? channel_from(std::string_view(name->get_string().data(), name->get_string().size())) : std::nullopt;
  if (!where) return refuse("unknown_channel", "'channel' không có", number);
  item_filter f;
  std::string unit;
  if (auto const* given = o.if_contains("filter"); given && !given->is_null()) {
    if (!given->is_object()) return refuse("bad_filter", "'filter' phải là một đối tượng", number);
    if (auto const wrong = read_filter(given->get_object(), f, unit)) return refuse("bad_filter", "Bộ lọc không nhận '" + *wrong + "'", number);
  }
  auto const seen = calls_.narrowed(who_, unit);
  if (!seen || seen->empty()) return refuse("not_found", "Không tìm thấy đơn vị này", number);
  f.units = *seen;
  if (*where == channel::readings) {
    if (f.device.empty()) return refuse("bad_filter", "Kênh readings cần 'device' trong bộ lọc", number);
    f.units.clear();
    f.units.insert(unit.empty() ? who_.who.unit : unit);
  }
  if (out_.subscriptions() >= most_subscriptions) return refuse("too_many", "Quá nhiều đăng ký trên một kết nối", number);
  if (!out_.subscribe(number, *where, f)) return refuse("id_in_use", "id này đang được dùng", number);
  watch(*where, f, +1);
}

}  // namespace ioc::web
