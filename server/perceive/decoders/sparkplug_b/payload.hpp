#pragma once
#include "core/time.hpp"
#include "core/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::perceive::sparkplug {

// Sparkplug's datatypes by their numbers. 22 to 34 are arrays of 1 to 13, without String's kin: see payload.cpp.
enum class datatype : std::uint32_t {
  unknown = 0, int8 = 1, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, boolean, string, date_time, text, uuid,
  data_set, bytes, file, template_, property_set, property_set_list, int8_array, int16_array, int32_array, int64_array, uint8_array,
  uint16_array, uint32_array, uint64_array, float_array, double_array, boolean_array, string_array, date_time_array
};

// One metric as it came; the views live as long as the payload's bytes. `number` holds what int_value, long_value, boolean_value and (as
// bits) float_value and double_value carried; `bytes` the rest.
struct metric {
  enum class field : std::uint8_t { none, int_, long_, float_, double_, boolean, string, bytes, data_set, template_, extension };
  std::optional<std::string_view> name;
  std::optional<std::uint64_t> alias;
  std::optional<std::uint64_t> timestamp;  // ms
  std::optional<std::uint32_t> type;
  bool historical = false;
  bool null = false;
  std::optional<std::int64_t> quality;  // the property Quality
  std::string_view unit;                // the engineering unit among the properties, as written
  field value = field::none;
  std::uint64_t number = 0;
  std::string_view bytes;
};

struct payload {
  std::optional<std::uint64_t> timestamp;  // ms
  std::optional<std::uint64_t> seq;
  std::vector<metric> metrics;
};

inline constexpr std::size_t max_metrics = 10'000;   // a message
inline constexpr std::size_t max_template_depth = 8;
inline constexpr std::size_t max_array = 64;  // elements that become readings of their own

// Returns why the bytes are no payload; empty when they are.
std::string read_payload(std::string_view bytes, payload& out);

// What a metric says. Neither value nor `why`: there is nothing to keep, `ignored` tells what it was. An array gives several values.
struct typed_value {
  std::vector<core::value> values;
  bool array = false;
  std::string why;             // refused
  char const* ignored = nullptr;
};

// By the declared datatype; without one, by what the field shows beyond doubt.
typed_value value_of(metric const& m, std::optional<std::uint32_t> declared);

// The NCMD by which a host asks an edge node to publish all its births again. It carries no seq.
std::string rebirth_request(core::time_point at);

}  // namespace ioc::perceive::sparkplug
