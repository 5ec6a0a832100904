#include "perceive/decoders/sparkplug_b/payload.hpp"

#include "perceive/decoders/sparkplug_b/wire.hpp"
#include "perceive/json_read.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

namespace ioc::perceive::sparkplug {
namespace {
using type = wire_field::type;

std::uint32_t low32(std::uint64_t n) { return static_cast<std::uint32_t>(n & 0xffff'ffffu); }

// PropertyValue: only Quality and the engineering unit are looked at. Nested sets are stepped over by their length.
std::string read_property(std::string_view key, std::string_view bytes, metric& m) {
  bool const quality = equal_fold(key, "Quality");
  bool const unit = equal_fold(key, "engUnit") || equal_fold(key, "engUnits") || equal_fold(key, "engineeringUnit") || equal_fold(key, "engineeringUnits") ||
                    equal_fold(key, "Engineering Units") || equal_fold(key, "Engineering Unit") || equal_fold(key, "unit") || equal_fold(key, "units");
  wire_reader r(bytes);
  wire_field f;
  bool null = false;
  std::optional<std::int64_t> number;
  std::string_view text;
  while (r.next(f)) {
    if (f.is(2, type::varint)) null = f.n != 0;
    if (f.is(3, type::varint)) number = static_cast<std::int32_t>(low32(f.n));
    if (f.is(4, type::varint)) number = static_cast<std::int64_t>(f.n);
    if (f.is(8, type::bytes)) text = f.bytes;
  }
  if (!r.ok()) return r.problem();
  if (!null && quality && number) m.quality = number;
  if (!null && unit && text.size() <= 32 && valid_utf8(text)) m.unit = text;
  return {};
}

std::string read_properties(std::string_view bytes, metric& m) {
  // Keys and values are two lists of equal length; which comes first is left open.
  std::vector<std::string_view> keys, values;
  wire_reader r(bytes);
  wire_field f;
  while (r.next(f)) {
    if (f.is(1, type::bytes)) keys.push_back(f.bytes);
    if (f.is(2, type::bytes)) values.push_back(f.bytes);
  }
  if (!r.ok()) return r.problem();
  if (keys.size() != values.size()) return "a property set has " + std::to_string(keys.size()) + " keys and " + std::to_string(values.size()) + " values";
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (auto why = read_property(keys[i], values[i], m); !why.empty()) return why;
  return {};
}

// A template is not kept, but a broken one, or one nested without end, marks its sender. Depth is bounded, so is this recursion.
std::string check_template(std::string_view bytes, std::size_t depth) {
  if (depth > max_template_depth) return "templates are nested deeper than " + std::to_string(max_template_depth);
  wire_reader r(bytes);
  wire_field f, inner;
  while (r.next(f)) {
    if (!f.is(2, type::bytes)) continue;
    wire_reader member(f.bytes);
    while (member.next(inner))
      if (inner.is(18, type::bytes))
        if (auto why = check_template(inner.bytes, depth + 1); !why.empty()) return why;
    if (!member.ok()) return member.problem();
  }
  return r.problem();
}

std::string read_metric(std::string_view bytes, metric& m) {
  using field = metric::field;
  wire_reader r(bytes);
  wire_field f;
  auto const take = [&](field kind) {  // of a oneof the last one counts
    m.value = kind;
    m.number = f.n;
    m.bytes = f.bytes;
  };
  while (r.next(f)) {
    if (f.is(1, type::bytes)) m.name = f.bytes;
    else if (f.is(2, type::varint)) m.alias = f.n;
    else if (f.is(3, type::varint)) m.timestamp = f.n;
    else if (f.is(4, type::varint)) m.type = low32(f.n);
    else if (f.is(5, type::varint)) m.historical = f.n != 0;
    else if (f.is(7, type::varint)) m.null = f.n != 0;
    else if (f.is(9, type::bytes)) {
      if (auto why = read_properties(f.bytes, m); !why.empty()) return why;
    } else if (f.is(10, type::varint)) {
      f.n = low32(f.n);
      take(field::int_);
    } else if (f.is(11, type::varint)) take(field::long_);
    else if (f.is(12, type::fixed32)) take(field::float_);
    else if (f.is(13, type::fixed64)) take(field::double_);
    else if (f.is(14, type::varint)) take(field::boolean);
    else if (f.is(15, type::bytes)) take(field::string);
    else if (f.is(16, type::bytes)) take(field::bytes);
    else if (f.is(17, type::bytes)) take(field::data_set);
    else if (f.is(18, type::bytes)) {
      take(field::template_);
      if (auto why = check_template(f.bytes, 1); !why.empty()) return why;
    } else if (f.is(19, type::bytes)) take(field::extension);
  }
  if (!r.ok()) return r.problem();
  if (m.name && (m.name->size() > 512 || !valid_utf8(*m.name))) return "a metric's name is longer than 512 bytes or no UTF-8";
  return {};
}

core::value real(double v) { return core::value(v); }

// The shortest decimal that is the same float: 12.1, not 12.100000381469727.
std::optional<double> shortest(float v) {
  if (!std::isfinite(v)) return std::nullopt;
  std::array<char, 32> text;
  auto const end = std::to_chars(text.data(), text.data() + text.size(), v).ptr;
  double out = 0;
  std::from_chars(text.data(), end, out);
  return out;
}

std::optional<core::value> text_value(std::string_view s) {
  if (s.size() > max_text || !valid_utf8(s) || s.find('\0') != std::string_view::npos) return std::nullopt;
  return core::value(std::string(s));
}

std::optional<core::value> moment(std::uint64_t ms) {
  if (ms > 253'402'300'799'999) return std::nullopt;  // the year 9999
  return core::value(core::to_iso(core::from_ms(static_cast<std::int64_t>(ms))));
}

// `bits` of two's complement in `n`, of which `carried` bits came. Tahu for Python fills the type's own width, Tahu for Java extends the
// sign to 32 bits; anything else above the width is no such number.
std::optional<std::int64_t> narrowed(std::uint64_t n, unsigned bits, unsigned carried) {
  if (bits >= 64) return static_cast<std::int64_t>(n);
  auto const mask = (std::uint64_t{1} << bits) - 1;
  auto const above = n & ~mask;
  auto const ones = (carried >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << carried) - 1) & ~mask;
  bool const negative = (n >> (bits - 1)) & 1;
  if (above != 0 && !(negative && (above == ones || above == (0xffff'ffffu & ~mask)))) return std::nullopt;
  auto const shift = 64 - bits;
  return static_cast<std::int64_t>((n & mask) << shift) >> shift;
}

typed_value one(core::value v) {
  typed_value t;
  t.values.push_back(std::move(v));
  return t;
}
typed_value refused(std::string why) {
  typed_value t;
  t.why = std::move(why);
  return t;
}
typed_value left_out(char const* what) {
  typed_value t;
  t.ignored = what;
  return t;
}

typed_value integer(metric const& m, unsigned bits, bool is_signed) {
  bool const wide = m.value == metric::field::long_;
  if (!wide && m.value != metric::field::int_) return refused("an integer is declared and something else came");
  if (is_signed) {
    // Int64 in int_value: a positive number, as 32 bits say nothing of a 64-bit sign.
    if (bits == 64 && !wide) return one(real(static_cast<double>(m.number)));
    auto const v = narrowed(m.number, bits, wide ? 64 : 32);
    if (!v) return refused("the number does not fit its datatype Int" + std::to_string(bits));
    return one(real(static_cast<double>(*v)));
  }
  if (bits < 64 && m.number >> bits != 0) return refused("the number does not fit its datatype UInt" + std::to_string(bits));
  return one(real(static_cast<double>(m.number)));
}

// Numbers of `size` bytes, little endian, packed in bytes_value.
typed_value array(metric const& m, std::size_t size, std::optional<core::value> (*element)(std::uint64_t)) {
  typed_value t;
  t.array = true;
  if (m.value != metric::field::bytes) return refused("an array is declared and no bytes came");
  if (m.bytes.size() % size != 0) return refused("an array's bytes are no whole number of elements");
  if (m.bytes.size() / size > max_array) return left_out("an array of more than 64 elements");
  for (std::size_t at = 0; at < m.bytes.size(); at += size) {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < size; ++i) n |= static_cast<std::uint64_t>(static_cast<unsigned char>(m.bytes[at + i])) << (8 * i);
    auto v = element(n);
    if (!v) return refused("an array holds an element that is no finite value");
    t.values.push_back(std::move(*v));
  }
  return t;
}

typed_value booleans(metric const& m) {
  typed_value t;
  t.array = true;
  if (m.value != metric::field::bytes || m.bytes.size() < 4) return refused("a BooleanArray has no count");
  std::size_t count = 0;
  for (std::size_t i = 0; i < 4; ++i) count |= static_cast<std::size_t>(static_cast<unsigned char>(m.bytes[i])) << (8 * i);
  if ((count + 7) / 8 != m.bytes.size() - 4) return refused("a BooleanArray has another length than its count");
  if (count > max_array) return left_out("an array of more than 64 elements");
  for (std::size_t i = 0; i < count; ++i) t.values.emplace_back(((static_cast<unsigned char>(m.bytes[4 + i / 8]) >> (7 - i % 8)) & 1) != 0);
  return t;
}

typed_value strings(metric const& m) {
  typed_value t;
  t.array = true;
  if (m.value != metric::field::bytes) return refused("an array is declared and no bytes came");
  auto rest = m.bytes;
  while (!rest.empty()) {
    auto const end = rest.find('\0');
    if (end == std::string_view::npos) return refused("a StringArray's last text does not end");
    if (t.values.size() == max_array) return left_out("an array of more than 64 elements");
    auto v = text_value(rest.substr(0, end));
    if (!v) return refused("a text is longer than 256 bytes or no UTF-8");
    t.values.push_back(std::move(*v));
    rest.remove_prefix(end + 1);
  }
  return t;
}

template <class T>
std::optional<core::value> of_bits(std::uint64_t n) {
  return real(static_cast<double>(static_cast<T>(n)));
}
std::optional<core::value> of_float(std::uint64_t n) {
  auto const v = shortest(std::bit_cast<float>(low32(n)));
  return v ? std::optional(real(*v)) : std::nullopt;
}
std::optional<core::value> of_double(std::uint64_t n) {
  auto const v = std::bit_cast<double>(n);
  return std::isfinite(v) ? std::optional(real(v)) : std::nullopt;
}

typed_value floating(metric const& m) {
  if (m.value == metric::field::int_ || m.value == metric::field::long_) return refused("a floating number is declared and an integer came");
  if (m.value != metric::field::float_ && m.value != metric::field::double_) return refused("a number is declared and something else came");
  auto v = m.value == metric::field::float_ ? of_float(m.number) : of_double(m.number);
  return v ? one(std::move(*v)) : refused("the number is not finite");
}

typed_value words(metric const& m) {
  if (m.value != metric::field::string) return refused("a text is declared and something else came");
  auto v = text_value(m.bytes);
  return v ? one(std::move(*v)) : refused("a text is longer than 256 bytes or no UTF-8");
}

// What a field tells without a declared datatype. An integer's sign cannot be known.
datatype evident(metric const& m) {
  switch (m.value) {
    case metric::field::float_: return datatype::float32;
    case metric::field::double_: return datatype::float64;
    case metric::field::boolean: return datatype::boolean;
    case metric::field::string: return datatype::string;
    case metric::field::data_set: return datatype::data_set;
    case metric::field::template_: return datatype::template_;
    default: return datatype::unknown;
  }
}

}  // namespace

std::string read_payload(std::string_view bytes, payload& out) {
  wire_reader r(bytes);
  wire_field f;
  while (r.next(f)) {
    if (f.is(1, type::varint)) out.timestamp = f.n;
    else if (f.is(3, type::varint)) out.seq = f.n;
    else if (f.is(2, type::bytes)) {
      if (out.metrics.size() >= max_metrics) return "more than 10,000 metrics in one message";
      if (auto why = read_metric(f.bytes, out.metrics.emplace_back()); !why.empty()) return why;
    }
  }
  if (!r.ok()) return r.problem();
  if (out.seq && *out.seq > 255) return "seq " + std::to_string(*out.seq) + " lies beyond 255";
  return {};
}

typed_value value_of(metric const& m, std::optional<std::uint32_t> declared) {
  if (m.null || m.value == metric::field::none) return left_out("no value");
  auto type = declared && *declared != 0 ? static_cast<datatype>(*declared) : evident(m);
  switch (type) {
    case datatype::int8: return integer(m, 8, true);
    case datatype::int16: return integer(m, 16, true);
    case datatype::int32: return integer(m, 32, true);
    case datatype::int64: return integer(m, 64, true);
    case datatype::uint8: return integer(m, 8, false);
    case datatype::uint16: return integer(m, 16, false);
    case datatype::uint32: return integer(m, 32, false);
    case datatype::uint64: return integer(m, 64, false);
    case datatype::float32:
    case datatype::float64: return floating(m);
    case datatype::boolean:
      if (m.value != metric::field::boolean && !(m.value == metric::field::int_ && m.number <= 1)) return refused("a boolean is declared and something else came");
      return one(core::value(m.number != 0));
    case datatype::string:
    case datatype::text:
    case datatype::uuid: return words(m);
    case datatype::date_time: {
      if (m.value != metric::field::long_) return refused("a DateTime is declared and something else came");
      auto v = moment(m.number);
      return v ? one(std::move(*v)) : refused("a DateTime lies beyond the year 9999");
    }
    case datatype::data_set: return left_out("a DataSet");
    case datatype::bytes: return left_out("raw bytes");
    case datatype::file: return left_out("a file");
    case datatype::template_: return left_out("a template");
    case datatype::property_set:
    case datatype::property_set_list: return left_out("a property set");
    case datatype::int8_array: return array(m, 1, of_bits<std::int8_t>);
    case datatype::int16_array: return array(m, 2, of_bits<std::int16_t>);
    case datatype::int32_array: return array(m, 4, of_bits<std::int32_t>);
    case datatype::int64_array: return array(m, 8, of_bits<std::int64_t>);
    case datatype::uint8_array: return array(m, 1, of_bits<std::uint8_t>);
    case datatype::uint16_array: return array(m, 2, of_bits<std::uint16_t>);
    case datatype::uint32_array: return array(m, 4, of_bits<std::uint32_t>);
    case datatype::uint64_array: return array(m, 8, of_bits<std::uint64_t>);
    case datatype::float_array: return array(m, 4, of_float);
    case datatype::double_array: return array(m, 8, of_double);
    case datatype::boolean_array: return booleans(m);
    case datatype::string_array: return strings(m);
    case datatype::date_time_array: return array(m, 8, moment);
    case datatype::unknown: break;
    default: return refused("datatype " + std::to_string(*declared) + " does not exist");
  }
  if (m.value == metric::field::bytes || m.value == metric::field::extension) return left_out("bytes of no datatype");
  return refused("an integer without a datatype: its sign cannot be known");
}

std::string rebirth_request(core::time_point at) {
  auto const ms = static_cast<std::uint64_t>(core::to_ms(at));
  wire_writer m;
  m.bytes(1, "Node Control/Rebirth");
  m.varint(3, ms);
  m.varint(4, static_cast<std::uint64_t>(datatype::boolean));
  m.varint(14, 1);
  wire_writer p;
  p.varint(1, ms);
  p.bytes(2, m.text());
  return p.text();
}

}  // namespace ioc::perceive::sparkplug
