#include "perceive/decoders/native/native_quick.hpp"

#include "perceive/json_read.hpp"

#include <simdjson.h>

#include <cmath>

namespace ioc::perceive {
namespace dom = simdjson::dom;
namespace {

constexpr std::size_t most_records = 10'000;
constexpr std::size_t most_values = 64;  // more are compared for repeated names the careful way
constexpr std::size_t depth = 32;

bool plain_name(std::string_view s) {
  if (s.empty() || s.size() > 128 || s.front() == '/' || s.back() == '/') return false;
  for (char c : s)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

bool read_values(dom::object const& values, decoded_element& e) {
  e.readings.reserve(values.size());
  for (auto const field : values) {
    if (!plain_name(field.key) || e.readings.size() >= most_values) return false;
    for (auto const& before : e.readings)
      if (before.metric == field.key) return false;
    auto& r = e.readings.emplace_back();
    r.metric = field.key;
    switch (field.value.type()) {
      case dom::element_type::INT64: r.v = static_cast<double>(std::int64_t(field.value)); break;
      case dom::element_type::UINT64: r.v = static_cast<double>(std::uint64_t(field.value)); break;
      case dom::element_type::DOUBLE: r.v = double(field.value); break;
      case dom::element_type::BOOL: r.v = bool(field.value); break;
      case dom::element_type::STRING: {
        std::string_view const text = field.value;
        if (text.size() > max_text) return false;
        r.v = std::string(text);
        break;
      }
      default: return false;
    }
  }
  return true;
}

bool read_record(dom::object const& o, std::string const& device, decoded_element& e) {
  e.native = device;
  bool has_values = false;
  for (auto const field : o) {
    if (field.key == "ts") {
      double ts = 0;
      if (e.t || field.value.get(ts)) return false;
      e.t = epoch(ts);
      if (!e.t) return false;
    } else if (field.key == "seq") {
      std::uint64_t seq = 0;
      if (e.seq || field.value.get(seq)) return false;
      e.seq = seq;
    } else if (field.key == "values") {
      dom::object values;
      if (has_values || field.value.get(values) || !read_values(values, e)) return false;
      has_values = true;
    }
  }
  return has_values;
}

}  // namespace

std::optional<decoded> read_telemetry_quickly(std::string_view payload, std::string const& device) {
  // Its memory is kept: one parser a thread, at most as large as the largest message.
  thread_local dom::parser parser;
  if (parser.max_depth() != depth && parser.allocate(4096, depth)) return std::nullopt;
  dom::element root;
  if (parser.parse(payload.data(), payload.size(), true).get(root)) return std::nullopt;
  decoded d;
  d.kind = message_kind::telemetry;
  if (dom::object o; !root.get(o)) {
    auto& e = d.elements.emplace_back();
    if (!read_record(o, device, e)) return std::nullopt;
    if (!e.seq || !e.t) e.content = hash_of(payload);
    return d;
  }
  dom::array batch;
  if (root.get(batch) || batch.size() == 0 || batch.size() > most_records) return std::nullopt;
  d.elements.reserve(batch.size());
  for (auto const one : batch) {
    dom::object o;
    if (one.get(o)) return std::nullopt;
    auto& e = d.elements.emplace_back();
    if (!read_record(o, device, e) || !e.seq || !e.t) return std::nullopt;  // its own text is needed to tell repeats
  }
  return d;
}

}  // namespace ioc::perceive
