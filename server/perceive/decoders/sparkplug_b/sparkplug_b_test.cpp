#include "perceive/decoders/sparkplug_b/sparkplug_b.hpp"

#include "core/archive.hpp"
#include "perceive/decoders/sparkplug_b/names.hpp"
#include "perceive/decoders/sparkplug_b/payload.hpp"
#include "perceive/decoders/sparkplug_b/test_messages.hpp"
#include "perceive/tests/fixture.hpp"
#include "perceive/tests/vectors_support.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ioc::perceive {
namespace {
using namespace test;
using namespace sparkplug;

constexpr std::uint64_t t0 = 1'800'000'000'000;  // fixture's at(0), ms

// One host session: what is fed to it is remembered, as in the hearer.
struct host {
  dialect_memory memory;
  decoder_settings settings;
  double now = 0;

  decoded feed(std::string const& topic, std::string const& payload, bool retain = false) {
    return decode_sparkplug_b({topic, payload, at(now), retain, &settings, &memory, {}});
  }
  decoded nbirth(std::uint64_t seq = 0, std::uint64_t bd = 0) {
    return feed("spBv1.0/G/NBIRTH/N", message(t0, seq, {bd_seq(bd), born("Node Control/Rebirth", 11).num(14, 0), born("Supply Voltage", 9, 1).flt(12, 12.1f)}));
  }
  decoded dbirth(std::uint64_t seq = 1) {
    return feed("spBv1.0/G/DBIRTH/N/D", message(t0, seq, {born("Meter/Active Power kW", 10, 10).dbl(13, 1.5), born("Meter/Breaker Closed", 11, 11).num(14, 1),
                                                         born("Meter/Offset", 2, 12).num(10, 65531)}));
  }
  decoded ddata(std::uint64_t seq, std::vector<spb> const& metrics, std::uint64_t ms = t0 + 1000) { return feed("spBv1.0/G/DDATA/N/D", message(ms, seq, metrics)); }
  decoded ndata(std::uint64_t seq, std::vector<spb> const& metrics, std::uint64_t ms = t0 + 1000) { return feed("spBv1.0/G/NDATA/N", message(ms, seq, metrics)); }
};

decoded_reading const* find(decoded const& d, std::string const& name, std::size_t element = 0) {
  if (element >= d.elements.size()) return nullptr;
  for (auto const& r : d.elements[element].readings)
    if (r.full_name() == name) return &r;
  return nullptr;
}
double number_in(decoded const& d, std::string const& name) {
  auto const* r = find(d, name);
  auto const* n = r ? std::get_if<double>(&r->v) : nullptr;
  return n ? *n : std::nan("");
}

TEST(sparkplug_b, real_messages) { expect_vectors("sparkplug-b", 8); }

TEST(sparkplug_b, an_alias_carries_name_type_and_unit_of_its_birth) {
  host h;
  h.nbirth();
  auto const b = h.dbirth();
  ASSERT_EQ(b.outcome, decode_outcome::accept) << b.reason;
  EXPECT_EQ(b.elements.front().native, "G/N/D");
  EXPECT_EQ(b.elements.front().online, true);
  EXPECT_DOUBLE_EQ(number_in(b, "active_power/Meter/Active Power kW"), 1500);
  EXPECT_EQ(number_in(b, "raw_value/Meter/Offset"), -5);
  auto const d = h.ddata(2, {by_alias(10).dbl(13, 1.61125), by_alias(11).num(14, 0), by_alias(12).num(10, 4294967290)});
  ASSERT_EQ(d.outcome, decode_outcome::accept) << d.reason;
  EXPECT_DOUBLE_EQ(number_in(d, "active_power/Meter/Active Power kW"), 1611.25);
  EXPECT_EQ(find(d, "active_power/Meter/Active Power kW")->unit, "W");
  EXPECT_EQ(find(d, "switch_state/Meter/Breaker Closed")->v, core::value(false));
  EXPECT_EQ(number_in(d, "raw_value/Meter/Offset"), -6);
  EXPECT_EQ(d.elements.front().t, at(1));
  EXPECT_TRUE(d.requests.empty());
}

TEST(sparkplug_b, births_tell_what_a_device_is) {
  host h;
  h.nbirth();
  auto const d = h.feed("spBv1.0/G/DBIRTH/N/D", message(t0, 1, {born("Properties/Hardware Make", 12).str(15, "Acme"), born("Properties/Hardware Model", 12).str(15, "EM-4"),
                                                                born("Meter/L1 Voltage", 9, 3).flt(12, 230.5f), born("Device Control/Reboot", 11).num(14, 0)}));
  ASSERT_EQ(d.discovered.size(), 1u);
  EXPECT_EQ(d.discovered[0].native, "G/N/D");
  EXPECT_EQ(d.discovered[0].vendor, "Acme");
  EXPECT_EQ(d.discovered[0].model, "EM-4");
  auto const& m = d.discovered[0].metrics;
  EXPECT_NE(std::find(m.begin(), m.end(), "voltage/Meter/L1 Voltage"), m.end());
  EXPECT_TRUE(std::none_of(m.begin(), m.end(), [](auto const& n) { return n.find("Control") != std::string::npos; }));
}

struct typed {
  char const* name;
  int type;
  spb value;  // only its value field
  core::value want;  // monostate: refused
};
void PrintTo(typed const& t, std::ostream* out) { *out << t.name; }
class sparkplug_types : public ::testing::TestWithParam<typed> {};

TEST_P(sparkplug_types, come_out_by_their_declared_datatype) {
  auto const& p = GetParam();
  payload read;
  spb m = born("x", p.type);
  auto const bytes = spb().str(2, m.text() + p.value.text()).text();
  ASSERT_EQ(read_payload(bytes, read), "");
  auto const v = value_of(read.metrics.at(0), read.metrics.at(0).type);
  if (std::holds_alternative<std::monostate>(p.want)) {
    EXPECT_FALSE(v.why.empty());
    EXPECT_TRUE(v.values.empty());
  } else {
    ASSERT_EQ(v.values.size(), 1u) << v.why << (v.ignored ? v.ignored : "");
    EXPECT_EQ(v.values[0], p.want) << core::to_json(v.values[0]);
  }
}

core::value const refused_value = std::monostate{};
INSTANTIATE_TEST_SUITE_P(table, sparkplug_types, ::testing::Values(
    typed{"int8_width", 1, spb().num(10, 251), -5.0}, typed{"int8_extended", 1, spb().num(10, 4294967291), -5.0}, typed{"int8_127", 1, spb().num(10, 127), 127.0},
    typed{"int8_too_large", 1, spb().num(10, 300), refused_value}, typed{"int16_width", 2, spb().num(10, 65531), -5.0},
    typed{"int16_extended", 2, spb().num(10, 4294967291), -5.0}, typed{"int16_lowest", 2, spb().num(10, 32768), -32768.0},
    typed{"int16_too_large", 2, spb().num(10, 70000), refused_value}, typed{"int32", 3, spb().num(10, 4294967291), -5.0},
    typed{"int32_as_64_bits", 3, spb().num(10, ~std::uint64_t{4}), -5.0},  // a varint of ten bytes, cut to the field's 32
    typed{"int32_in_long", 3, spb().num(11, ~std::uint64_t{4}), -5.0}, typed{"int64", 4, spb().num(11, ~std::uint64_t{4}), -5.0},
    typed{"uint8", 5, spb().num(10, 251), 251.0}, typed{"uint8_too_large", 5, spb().num(10, 256), refused_value}, typed{"uint16", 6, spb().num(10, 65531), 65531.0},
    typed{"uint32", 7, spb().num(10, 4294967291), 4294967291.0}, typed{"uint32_in_long", 7, spb().num(11, 4294967291), 4294967291.0},
    typed{"uint32_too_large", 7, spb().num(11, 1ull << 32), refused_value}, typed{"uint64", 8, spb().num(11, 1ull << 40), 1099511627776.0},
    typed{"float", 9, spb().flt(12, 12.1f), 12.1}, typed{"float_nan", 9, spb().flt(12, std::numeric_limits<float>::quiet_NaN()), refused_value},
    typed{"double", 10, spb().dbl(13, 15694.05), 15694.05}, typed{"double_infinite", 10, spb().dbl(13, HUGE_VAL), refused_value},
    typed{"double_as_integer", 10, spb().num(11, 7), refused_value}, typed{"boolean", 11, spb().num(14, 1), true}, typed{"boolean_as_int", 11, spb().num(10, 0), false},
    typed{"boolean_as_text", 11, spb().str(15, "true"), refused_value}, typed{"string", 12, spb().str(15, "EM"), std::string("EM")},
    typed{"string_of_257", 12, spb().str(15, std::string(257, 'a')), refused_value}, typed{"string_not_utf8", 12, spb().str(15, "\xff\xfe"), refused_value},
    typed{"date_time", 13, spb().num(11, 1486144502122), std::string("2017-02-03T17:55:02.122Z")}, typed{"text", 14, spb().str(15, "a"), std::string("a")},
    typed{"uuid", 15, spb().str(15, "0f"), std::string("0f")}, typed{"last_of_a_oneof_counts", 10, spb().dbl(13, 1).dbl(13, 2), 2.0},
    typed{"integer_without_type", 0, spb().num(10, 5), refused_value}, typed{"double_without_type", 0, spb().dbl(13, 5), 5.0},
    typed{"datatype_99", 99, spb().num(10, 5), refused_value}, typed{"int16_array_of_one", 23, spb().str(16, std::string("\xfb\xff", 2)), -5.0},
    typed{"int32_array_cut", 24, spb().str(16, "abc"), refused_value}, typed{"boolean_array", 32, spb().str(16, std::string("\x01\x00\x00\x00\x80", 5)), true},
    typed{"boolean_array_wrong_count", 32, spb().str(16, std::string("\xff\xff\xff\xff\x80", 5)), refused_value},
    typed{"string_array", 33, spb().str(16, std::string("ABC\0", 4)), std::string("ABC")}, typed{"string_array_unended", 33, spb().str(16, "ABC"), refused_value}),
  [](auto const& i) { return i.param.name; });

struct named_row {
  char const* name;
  char const* unit;  // property; "" = none
  int type;
  char const* metric;
  char const* ucum;
};
void PrintTo(named_row const& r, std::ostream* out) { *out << r.name; }
class sparkplug_names : public ::testing::TestWithParam<named_row> {};

TEST_P(sparkplug_names, find_their_quantity_and_unit) {
  auto const& p = GetParam();
  metric m;
  m.name = p.name;
  m.unit = p.unit;
  auto const d = name_metric(m, static_cast<std::uint32_t>(p.type), nullptr);
  EXPECT_EQ(d.metric, p.metric);
  EXPECT_EQ(d.unit, p.ucum);
}

INSTANTIATE_TEST_SUITE_P(table, sparkplug_names, ::testing::Values(
    named_row{"Meter/Total Active Power", "", 10, "active_power", "W"}, named_row{"Meter/Total Active Power kW", "", 10, "active_power", "kW"},
    named_row{"Meter/Total Active Power", "kW", 10, "active_power", "kW"}, named_row{"totalActivePower_kW", "", 10, "active_power", "kW"},
    named_row{"Meter/Power (kW)", "W", 10, "active_power", "W"}, named_row{"Meter/Export Power", "", 10, "active_power_export", "W"},
    named_row{"Meter/Reactive Power [kvar]", "", 10, "reactive_power", "kvar"}, named_row{"Meter/Apparent Power", "kVA", 10, "apparent_power", "kV.A"},
    named_row{"Meter/Energy Import kWh", "", 10, "energy_import", "kW.h"}, named_row{"Meter/Exported Energy", "Wh", 8, "energy_export", "W.h"},
    named_row{"Meter/L1 Voltage", "", 9, "voltage", "V"}, named_row{"Meter/Voltage A", "", 9, "voltage", "V"}, named_row{"Voltage L1", "kV", 9, "voltage", "kV"},
    named_row{"Meter/Current L2", "mA", 9, "current", "mA"}, named_row{"Current Temperature", "", 9, "temperature", "Cel"},
    named_row{"Cabinet Temperature F", "", 9, "temperature", "[degF]"}, named_row{"Temperature", "°F", 9, "temperature", "[degF]"},
    named_row{"Temperature Setpoint", "°C", 9, "raw_value", "1"}, named_row{"Voltage THD", "%", 9, "raw_value", "1"}, named_row{"PF", "", 9, "power_factor", "1"},
    named_row{"Power Factor", "%", 9, "power_factor", "%"}, named_row{"Pump Power", "bar", 9, "raw_value", "1"}, named_row{"PT-101", "kW", 9, "active_power", "kW"},
    named_row{"PT-101", "bar", 9, "raw_value", "1"}, named_row{"River Level", "mm", 9, "water_level", "mm"}, named_row{"Tank Level", "%", 9, "raw_value", "1"},
    named_row{"Rainfall", "mm", 9, "raw_value", "1"}, named_row{"Rainfall Total", "", 9, "rainfall_total", "mm"}, named_row{"Air/PM2.5", "", 9, "pm2_5", "ug/m3"},
    named_row{"Battery Voltage", "mV", 9, "battery_voltage", "mV"}, named_row{"Breaker Open", "", 11, "switch_state", ""}, named_row{"Cabinet Door Open", "", 11, "door_open", ""},
    named_row{"Trip", "", 11, "device_fault", ""}, named_row{"Spare 3", "", 11, "digital_input", ""}, named_row{"Spare 3", "", 3, "raw_value", "1"},
    named_row{"Properties/Serial", "", 12, "label", ""}, named_row{"Firmware Version", "", 12, "firmware_version", ""}, named_row{"bdSeq", "", 4, "", ""},
    named_row{"Node Control/Reboot", "", 11, "", ""}));

TEST(sparkplug_b, settings_name_what_words_cannot) {
  metric m;
  m.name = "PT-101";
  decoder_settings s;
  s.words["name:PT-101"] = "water_level/intake cm";
  auto const d = name_metric(m, 9u, &s);
  EXPECT_EQ(d.metric, "water_level/intake");
  EXPECT_EQ(d.unit, "cm");
}

TEST(sparkplug_b, quality_history_and_null) {
  host h;
  h.nbirth();
  h.dbirth();
  auto const quality = [](std::uint64_t q) { return spb().str(1, "Quality").sub(2, spb().num(1, 3).num(3, q)); };
  auto const d = h.ddata(2, {by_alias(10).dbl(13, 2).sub(9, quality(0)), by_alias(11).num(7, 1), by_alias(12).num(10, 7).num(5, 1).num(3, t0 - 60'000)});
  ASSERT_EQ(d.outcome, decode_outcome::accept) << d.reason;
  EXPECT_EQ(find(d, "active_power/Meter/Active Power kW")->q, core::quality::bad);
  EXPECT_EQ(find(d, "switch_state/Meter/Breaker Closed"), nullptr);
  auto const* old = find(d, "raw_value/Meter/Offset");
  ASSERT_TRUE(old);
  EXPECT_TRUE(old->historical);
  EXPECT_EQ(old->t, at(-60));
  EXPECT_EQ(find(h.ddata(3, {by_alias(10).dbl(13, 2).sub(9, quality(500))}), "active_power/Meter/Active Power kW")->q, core::quality::suspect);
  EXPECT_EQ(find(h.ddata(4, {by_alias(10).dbl(13, 2).sub(9, quality(192))}), "active_power/Meter/Active Power kW")->q, core::quality::good);
  EXPECT_EQ(h.ddata(5, {by_alias(10).num(7, 1)}).outcome, decode_outcome::ignore);
}

TEST(sparkplug_b, data_sets_and_templates_are_ignored_with_a_reason) {
  host h;
  h.nbirth();
  h.feed("spBv1.0/G/DBIRTH/N/D", message(t0, 1, {born("Table", 16, 21).sub(17, spb().num(1, 0)), born("Shape", 19, 22).sub(18, spb().str(4, "T"))}));
  auto const set = h.ddata(2, {by_alias(21).sub(17, spb().num(1, 0))});
  EXPECT_EQ(set.outcome, decode_outcome::ignore);
  EXPECT_NE(set.reason.find("DataSet"), std::string::npos);
  auto const shape = h.ddata(3, {by_alias(22).sub(18, spb().str(4, "T"))});
  EXPECT_EQ(shape.outcome, decode_outcome::ignore);
  EXPECT_NE(shape.reason.find("template"), std::string::npos);
}

TEST(sparkplug_b, seq_wraps_and_a_gap_that_closes_asks_for_nothing) {
  host h;
  h.nbirth(254);
  h.dbirth(255);
  EXPECT_TRUE(h.ndata(0, {by_alias(1).flt(12, 1)}).requests.empty());
  EXPECT_TRUE(h.ndata(2, {by_alias(1).flt(12, 2)}).requests.empty());  // 1 is missing
  h.now = 3;
  auto const late = h.ndata(1, {by_alias(1).flt(12, 3)});
  EXPECT_EQ(late.outcome, decode_outcome::accept) << late.reason;
  h.now = 100;
  EXPECT_TRUE(h.ndata(3, {by_alias(1).flt(12, 4)}).requests.empty());
}

TEST(sparkplug_b, a_gap_asks_for_a_rebirth_after_the_reorder_time_and_seldom) {
  host h;
  h.settings.words = {{"reorder_s", "5"}, {"rebirth_every_s", "60"}};
  h.nbirth();
  auto const d = h.ndata(3, {by_alias(1).flt(12, 2)});
  EXPECT_EQ(d.outcome, decode_outcome::accept);
  EXPECT_TRUE(d.requests.empty());
  EXPECT_TRUE(sparkplug_due(h.memory, h.settings, at(4.9)).empty());
  auto const asked = sparkplug_due(h.memory, h.settings, at(5));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].topic, "spBv1.0/G/NCMD/N");
  EXPECT_NE(asked[0].why.find("seq 3"), std::string::npos);
  payload p;
  ASSERT_EQ(read_payload(asked[0].payload, p), "");
  ASSERT_EQ(p.metrics.size(), 1u);
  EXPECT_EQ(p.metrics[0].name, "Node Control/Rebirth");
  EXPECT_EQ(p.metrics[0].type, 11u);
  EXPECT_EQ(p.metrics[0].number, 1u);
  EXPECT_EQ(p.timestamp, t0 + 5000);
  EXPECT_FALSE(p.seq);
  // More gaps within the limit ask nothing; unanswered, it asks at 65, 185, 425 s, so with growing intervals, then stops.
  for (std::uint64_t seq : {10u, 20u, 30u}) EXPECT_TRUE(h.ndata(seq, {by_alias(1).flt(12, 2)}).requests.empty());
  std::vector<int> times;
  for (int t = 6; t < 5000; ++t)
    if (!sparkplug_due(h.memory, h.settings, at(t)).empty()) times.push_back(t);
  EXPECT_EQ(times, (std::vector<int>{65, 185, 425, 905}));
}

TEST(sparkplug_b, a_birth_ends_the_asking) {
  host h;
  h.nbirth();
  EXPECT_EQ(h.ndata(1, {by_alias(99).flt(12, 2)}).requests.size(), 1u);
  h.nbirth();
  EXPECT_TRUE(sparkplug_due(h.memory, h.settings, at(4000)).empty());
  // Asked again right after the birth: not before the limit is over.
  h.now = 10;
  EXPECT_TRUE(h.ndata(1, {by_alias(99).flt(12, 3)}).requests.empty());
  EXPECT_EQ(sparkplug_due(h.memory, h.settings, at(61)).size(), 1u);
}

TEST(sparkplug_b, what_stands_in_no_birth_is_refused_alone) {
  host h;
  h.nbirth();
  h.dbirth();
  auto const d = h.ddata(2, {by_alias(10).dbl(13, 2), by_alias(77).dbl(13, 3), by_alias(1).flt(12, 3)});
  ASSERT_EQ(d.elements.size(), 3u);
  EXPECT_TRUE(find(d, "active_power/Meter/Active Power kW"));
  EXPECT_NE(d.elements[1].refused.find("alias 77"), std::string::npos);
  EXPECT_NE(d.elements[2].refused.find("another device"), std::string::npos);
  EXPECT_EQ(d.requests.size(), 1u);
  EXPECT_EQ(h.feed("spBv1.0/G/DDATA/N/E", message(t0, 3, {by_alias(10).dbl(13, 2)})).outcome, decode_outcome::reject);
}

TEST(sparkplug_b, data_before_a_birth_is_refused_and_asks) {
  host h;
  auto const d = h.ddata(7, {by_alias(10).dbl(13, 2)});
  EXPECT_EQ(d.outcome, decode_outcome::reject);
  EXPECT_NE(d.reason.find("before a birth"), std::string::npos);
  ASSERT_EQ(d.requests.size(), 1u);
  EXPECT_EQ(d.requests[0].topic, "spBv1.0/G/NCMD/N");
  EXPECT_TRUE(h.ddata(8, {by_alias(10).dbl(13, 2)}).requests.empty());
}

TEST(sparkplug_b, an_alias_that_is_born_twice_stands_for_nothing) {
  host h;
  h.feed("spBv1.0/G/NBIRTH/N", message(t0, 0, {bd_seq(0), born("L1 Voltage", 9, 5).flt(12, 230), born("L1 Current", 9, 5).flt(12, 3)}));
  auto const d = h.ndata(1, {by_alias(5).flt(12, 231)});
  EXPECT_EQ(d.outcome, decode_outcome::reject);
  EXPECT_NE(d.reason.find("twice"), std::string::npos) << d.reason;
}

TEST(sparkplug_b, a_nodes_death_takes_its_devices_along_at_once) {
  host h;
  h.nbirth(0, 3);
  h.dbirth();
  auto const stale = h.feed("spBv1.0/G/NDEATH/N", spb().sub(2, bd_seq(2)).text());
  EXPECT_EQ(stale.outcome, decode_outcome::ignore);
  EXPECT_NE(stale.reason.find("bdSeq 2"), std::string::npos);
  EXPECT_EQ(h.ddata(2, {by_alias(10).dbl(13, 2)}).outcome, decode_outcome::accept);
  auto const d = h.feed("spBv1.0/G/NDEATH/N", spb().sub(2, born("bdSeq", 8).num(11, 3)).text());  // UInt64, as in the specification's example
  ASSERT_EQ(d.elements.size(), 2u);
  EXPECT_EQ(d.elements[0].native, "G/N");
  EXPECT_EQ(d.elements[1].native, "G/N/D");
  for (auto const& e : d.elements) {
    EXPECT_EQ(e.online, false);
    EXPECT_FALSE(e.t);
  }
  EXPECT_EQ(h.ddata(3, {by_alias(10).dbl(13, 2)}).outcome, decode_outcome::reject);
}

TEST(sparkplug_b, a_devices_death_has_the_payloads_time) {
  host h;
  h.nbirth();
  h.dbirth();
  auto const d = h.feed("spBv1.0/G/DDEATH/N/D", message(t0 + 7000, 2, {}));
  EXPECT_EQ(d.elements.at(0).t, at(7));
  EXPECT_EQ(d.elements.at(0).online, false);
  EXPECT_EQ(h.ddata(3, {by_alias(10).dbl(13, 2)}).outcome, decode_outcome::reject);
  EXPECT_EQ(h.ndata(4, {by_alias(1).flt(12, 2)}).outcome, decode_outcome::accept);
}

TEST(sparkplug_b, a_new_connection_asks_all_nodes_and_trusts_only_an_unbroken_seq) {
  host h;
  h.nbirth(0, 1);
  h.feed("spBv1.0/G/NBIRTH/M", message(t0, 0, {bd_seq(0), born("Supply Voltage", 9, 1).flt(12, 12)}));
  sparkplug_connected(h.memory, h.settings, at(10));
  auto const asked = sparkplug_due(h.memory, h.settings, at(11));
  ASSERT_EQ(asked.size(), 2u);
  h.now = 12;
  EXPECT_EQ(h.ndata(1, {by_alias(1).flt(12, 2)}).outcome, decode_outcome::accept);
  auto const other = h.feed("spBv1.0/G/NDATA/M", message(t0, 9, {by_alias(1).flt(12, 2)}));
  EXPECT_EQ(other.outcome, decode_outcome::reject);
  EXPECT_NE(other.reason.find("missed"), std::string::npos);
  // Its birth may have been missed, too: a death of a session that the host never saw is believed.
  EXPECT_EQ(h.feed("spBv1.0/G/NDEATH/M", spb().sub(2, bd_seq(5)).text()).outcome, decode_outcome::accept);
}

TEST(sparkplug_b, commands_and_states_are_only_described) {
  host h;
  auto const c = h.feed("spBv1.0/G/DCMD/N/D", message(t0, 0, {born("Outputs/Siren", 11).num(14, 1)}));
  ASSERT_TRUE(c.command);
  EXPECT_EQ(c.kind, message_kind::command);
  EXPECT_EQ(c.command->ack_topic, "spBv1.0/G/DDATA/N/D");
  EXPECT_EQ(h.feed("spBv1.0/G/NCMD/N", message(t0, 0, {born("Node Control/Next Server", 11).num(14, 1)})).command->action, "next_server");
  EXPECT_EQ(h.feed("spBv1.0/STATE/scada", R"({"online":false,"timestamp":1800000000000})").elements.at(0).online, false);
  EXPECT_EQ(h.feed("spBv1.0/STATE/scada", "OFFLINE").outcome, decode_outcome::reject);
  h.settings.words["host_id"] = "ioc";
  EXPECT_EQ(h.feed("spBv1.0/STATE/scada", R"({"online":false,"timestamp":1800000000000})").outcome, decode_outcome::ignore);
}

struct broken {
  char const* name;
  std::string topic;
  std::string payload;
  char const* why;
};
void PrintTo(broken const& b, std::ostream* out) { *out << b.name; }
class sparkplug_broken : public ::testing::TestWithParam<broken> {};

TEST_P(sparkplug_broken, is_refused_with_a_reason) {
  host h;
  auto const d = h.feed(GetParam().topic, GetParam().payload);
  EXPECT_EQ(d.outcome, decode_outcome::reject);
  EXPECT_NE(d.reason.find(GetParam().why), std::string::npos) << d.reason;
  EXPECT_EQ(h.memory.sparkplug.metrics, 0u);
}

std::string nested_template(int depth) {
  spb t = spb().str(4, "T");
  for (int i = 0; i < depth; ++i) t = spb().sub(2, spb().str(1, "m").sub(18, t));
  return message(t0, 0, {born("T", 19).sub(18, t)});
}
std::string const nbirth_topic = "spBv1.0/G/NBIRTH/N";

INSTANTIATE_TEST_SUITE_P(table, sparkplug_broken, ::testing::Values(
    broken{"cut", nbirth_topic, message(t0, 0, {bd_seq(0)}).substr(0, 15), "more bytes than there are"},
    broken{"huge_length", nbirth_topic, std::string("\x12\xff\xff\xff\xff\x0f", 6), "more bytes than there are"},
    broken{"length_of_64_bits", nbirth_topic, std::string("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11), "more bytes than there are"},
    broken{"endless_number", nbirth_topic, std::string("\x08") + std::string(11, '\xff'), "longer than 64 bits"},
    broken{"field_zero", nbirth_topic, std::string("\x00\x01", 2), "impossible number"}, broken{"group", nbirth_topic, "\x0b", "does not use"},
    broken{"json", nbirth_topic, R"({"timestamp":1})", "protobuf"}, broken{"seq_256", nbirth_topic, message(t0, 256, {bd_seq(0)}), "255"},
    broken{"deep_template", nbirth_topic, nested_template(50), "nested deeper"}, broken{"no_name", nbirth_topic, message(t0, 0, {by_alias(4).flt(12, 1)}), "no name"},
    broken{"no_datatype", nbirth_topic, message(t0, 0, {spb().str(1, "x").flt(12, 1)}), "no datatype"},
    broken{"unknown_type", "spBv1.0/G/XDATA/N", message(t0, 0, {}), "no message type"}, broken{"no_node", "spBv1.0/G/NDATA", message(t0, 0, {}), "names a node"},
    broken{"device_missing", "spBv1.0/G/DDATA/N", message(t0, 0, {}), "names a node and a device"},
    broken{"device_too_much", "spBv1.0/G/NDATA/N/D", message(t0, 0, {}), "no device"}, broken{"empty_level", "spBv1.0//NDATA/N", message(t0, 0, {}), "empty"},
    broken{"too_deep", "spBv1.0/G/DDATA/N/D/E", message(t0, 0, {}), "five levels"},
    broken{"keys_and_values", nbirth_topic, message(t0, 0, {born("x", 9).flt(12, 1).sub(9, spb().str(1, "Quality"))}), "1 keys and 0 values"}),
  [](auto const& i) { return i.param.name; });

TEST(sparkplug_b, no_prefix_and_no_flipped_byte_of_a_message_breaks_it) {
  std::vector<std::string> samples{nested_template(3), message(t0, 0, {bd_seq(1), born("Meter/L1 Voltage kV", 9, 3).flt(12, 1).sub(9, spb().str(1, "Quality").sub(2, spb().num(1, 3).num(3, 500))),
                                                                       born("a", 32, 4).str(16, std::string("\x03\x00\x00\x00\xff", 5)), born("s", 33, 5).str(16, std::string("x\0y\0", 4))})};
  std::size_t tried = 0, taken = 0;
  for (auto const& whole : samples)
    for (std::size_t i = 0; i < whole.size(); ++i) {
      for (int bit = -1; bit < 8; ++bit) {
        auto bytes = bit < 0 ? whole.substr(0, i) : whole;
        if (bit >= 0) bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
        host h;
        for (auto const* topic : {"spBv1.0/G/NBIRTH/N", "spBv1.0/G/DBIRTH/N/D", "spBv1.0/G/NDATA/N", "spBv1.0/G/NDEATH/N", "spBv1.0/G/NCMD/N"}) {
          auto const d = h.feed(topic, bytes);
          ++tried;
          taken += d.outcome == decode_outcome::accept;
          if (d.outcome != decode_outcome::accept) { EXPECT_FALSE(d.reason.empty()); }
          for (auto const& e : d.elements)
            for (auto const& r : e.readings)
              if (auto const* n = std::get_if<double>(&r.v)) { EXPECT_TRUE(std::isfinite(*n)); }
        }
      }
    }
  EXPECT_GT(tried, 5000u);
  EXPECT_GT(taken, 100u);
}

// The state is a function of messages and times: saved and read back half-way it goes on as if nothing had been.
TEST(sparkplug_b, saved_and_read_back_it_goes_on_as_before) {
  host a;
  a.nbirth(5, 2);
  a.dbirth(6);
  a.ndata(9, {by_alias(1).flt(12, 2)});
  core::archive_writer w;
  w(a.memory);
  auto const bytes = w.take();
  host b;
  core::archive_reader r(bytes);
  r(b.memory);
  EXPECT_TRUE(r.done());
  for (auto* h : {&a, &b}) {
    h->now = 20;
    auto const d = h->ddata(10, {by_alias(10).dbl(13, 2)});
    EXPECT_EQ(d.outcome, decode_outcome::accept);
    EXPECT_EQ(d.requests.size(), 1u);
  }
  core::archive_writer wa, wb;
  wa(a.memory);
  wb(b.memory);
  EXPECT_EQ(wa.take(), wb.take());
}

// Whether a tick or the next message fires a request, the state is the same afterwards.
TEST(sparkplug_b, ticks_change_nothing_that_a_replay_would_miss) {
  host a, b;
  for (auto* h : {&a, &b}) {
    h->nbirth();
    h->ndata(4, {by_alias(1).flt(12, 2)});
  }
  for (int t = 1; t < 100; ++t) sparkplug_due(a.memory, a.settings, at(t * 0.7));
  for (auto* h : {&a, &b}) {
    h->now = 90;
    h->ndata(5, {by_alias(1).flt(12, 3)});
  }
  core::archive_writer wa, wb;
  wa(a.memory);
  wb(b.memory);
  EXPECT_EQ(wa.take(), wb.take());
}

}  // namespace
}  // namespace ioc::perceive
