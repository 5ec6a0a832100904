#pragma once
#include "core/time.hpp"
#include "core/value.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ioc::perceive {

// One row of config/metrics.yaml: a quantity, the one unit (UCUM code; "" = boolean or text) in which the server keeps it,
// short names that mean the same (`channel_aliases`: v_a → L1 under voltage = voltage/L1), and what is physically possible.
// A number outside [low, high] is kept with quality bad. `max_rate`: units per second that physics allows between two values;
// `flatline`: a live sensor of this quantity moves within that time. Both only where physics says so.
struct metric_info {
  std::string name;
  std::string unit;
  std::vector<std::string> aliases;
  std::map<std::string, std::string> channel_aliases;
  std::optional<double> low, high;
  core::localized label;
  std::optional<double> max_rate;          // units a second; a faster change between two readings is suspect
  std::optional<core::duration> flatline;  // a live sensor of this kind always moves: unchanged for so long is suspect
};

// All metrics by name and alias. Built once from the configuration, then read only; any thread may read.
class metric_table {
 public:
  metric_table() = default;
  // Throws std::invalid_argument, one plain sentence, when a name or alias is empty or stands twice.
  explicit metric_table(std::vector<metric_info> rows);

  // "level" → "water_level", "temp/inside" → "temperature/inside", "v_a" → "voltage/L1"; an unknown name stays as it is.
  std::string canonical(std::string_view metric) const;

  // The row of a canonical "metric" or "metric/channel"; null for a metric that the table does not know.
  metric_info const* find(std::string_view metric) const;

  std::vector<metric_info> const& rows() const { return rows_; }

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  template <class V>
  using by_text = std::unordered_map<std::string, V, text_hash, std::equal_to<>>;

  std::vector<metric_info> rows_;
  by_text<std::size_t> by_name_;
  by_text<std::string> by_alias_;
};

// "voltage/L1" → {"voltage", "L1"}; without a channel the second is empty.
std::pair<std::string_view, std::string_view> split_channel(std::string_view metric);

}  // namespace ioc::perceive
