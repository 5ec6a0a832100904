#include "perceive/batch_text.hpp"
#include "perceive/tests/fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <random>

namespace ioc::perceive {
namespace {
using namespace test;

// State out and in again, as after a restart.
void restart(hearer& h) {
  core::archive_writer out;
  h.io(out);
  auto const bytes = out.take();
  h = hearer(small_catalogue());
  core::archive_reader in(bytes);
  h.io(in);
  EXPECT_TRUE(in.done());
}

TEST(duplicates, are_those_of_the_contract) {
  struct row {
    char const* name;
    std::string first, second;
    bool dup;
    outcome want;
  };
  std::string const x = R"({"level":1})", y = R"({"level":2})";
  for (row const& r : {
           row{"same seq, same ts", record(1, 5, x), record(1, 5, y), false, outcome::duplicate},
           row{"same seq, newer ts", record(1, 5, x), record(2, 5, x), false, outcome::stored},
           row{"same seq, older ts", record(2, 5, x), record(1, 5, x), false, outcome::stored},
           row{"lower seq, newer ts: restarted", record(1, 5, x), record(2, 1, x), false, outcome::stored},
           row{"other seq, same ts", record(1, 5, x), record(1, 6, x), false, outcome::stored},
           row{"same seq without ts, same payload", R"({"seq":5,"values":{"level":1}})", R"({"seq":5,"values":{"level":1}})", false, outcome::duplicate},
           row{"same seq without ts, other payload", R"({"seq":5,"values":{"level":1}})", R"({"seq":5,"values":{"level":2}})", false, outcome::stored},
           row{"same ts without seq, same payload", R"({"ts":1800000001,"values":{"level":1}})", R"({"ts":1800000001,"values":{"level":1}})", false, outcome::duplicate},
           row{"same ts without seq, other payload", R"({"ts":1800000001,"values":{"level":1}})", R"({"ts":1800000001,"values":{"level":2}})", false, outcome::stored},
           row{"neither, no DUP", R"({"values":{"level":1}})", R"({"values":{"level":1}})", false, outcome::stored},
           row{"neither, DUP", R"({"values":{"level":1}})", R"({"values":{"level":1}})", true, outcome::duplicate},
           row{"neither, DUP, other payload", R"({"values":{"level":1}})", R"({"values":{"level":2}})", true, outcome::stored},
           row{"DUP does not make a repeat of what is new", record(1, 5, x), record(2, 6, x), true, outcome::stored},
       })
    for (bool const across_restart : {false, true}) {
      hearer h(small_catalogue());
      ASSERT_EQ(h.hear(telemetry(r.first, 10)).what, outcome::stored) << r.name;
      if (across_restart) restart(h);
      auto again = telemetry(r.second, 11);
      again.dup = r.dup;
      EXPECT_EQ(to_text(h.hear(again).what), to_text(r.want)) << r.name << (across_restart ? ", after a restart" : "");
    }
}

TEST(duplicates, are_kept_apart_by_device_and_kind) {
  hearer h(small_catalogue());
  EXPECT_EQ(h.hear(telemetry(record(1, 5, R"({"level":1})"), 2)).what, outcome::stored);
  EXPECT_EQ(h.hear(telemetry(record(1, 5, R"({"level":1})"), 2, "OTHER")).what, outcome::stored);
  EXPECT_EQ(h.hear(raw("ioc/v1/03478/WL-09/event", R"({"ts":)" + ms(1) + R"(,"seq":5,"type":"x"})", 2)).what, outcome::stored);
}

TEST(duplicates, of_a_device_that_counts_are_known_for_seven_days) {
  hearer h(small_catalogue());
  constexpr std::uint64_t week = 6 * 24 * 360;  // one in 10 s
  auto const said = [&](std::uint64_t i, double arrival) { return h.hear(telemetry(record(static_cast<double>(i) * 10, i, R"({"level":1})"), arrival)).what; };
  for (std::uint64_t i = 0; i < week; ++i)
    if (i % 1000 != 500) { ASSERT_EQ(said(i, static_cast<double>(i) * 10), outcome::stored) << i; }
  double const now = week * 10;
  for (std::uint64_t i = 0; i < week; i += 7) { ASSERT_EQ(said(i, now), i % 1000 == 500 ? outcome::stored : outcome::duplicate) << i; }
  for (std::uint64_t i = 500; i < week; i += 1000) { ASSERT_EQ(said(i, now), i % 7 == 0 ? outcome::duplicate : outcome::stored) << "a hole that is filled late, " << i; }
  for (std::uint64_t i = 0; i < week; i += 11) { ASSERT_EQ(said(i, now), outcome::duplicate) << i; }
  EXPECT_EQ(h.hear(telemetry(record(week * 10 + 10, 5, R"({"level":1})"), now + 10)).what, outcome::stored) << "it restarted: a lower seq with a newer ts";
  EXPECT_EQ(h.hear(telemetry(record(week * 10 + 10, 5, R"({"level":1})"), now + 11)).what, outcome::duplicate);
  EXPECT_EQ(h.hear(raw("ioc/v1/03478/WL-09/event", R"({"ts":)" + ms(1000) + R"(,"seq":100,"type":"motion"})", now + 12)).what, outcome::stored) << "events count for themselves";

  // Saved in the middle, it knows the same.
  core::archive_writer w;
  w(h);
  auto const bytes = w.take();
  EXPECT_LT(bytes.size(), 24'000u) << "a week is a few runs";
  hearer again(small_catalogue());
  core::archive_reader r{bytes};
  r(again);
  EXPECT_EQ(again.hear(telemetry(record(70, 7, R"({"level":1})"), now + 13)).what, outcome::duplicate);

  hearer g(small_catalogue());
  g.hear(telemetry(record(0, 1, R"({"level":1})"), 0));
  EXPECT_EQ(g.hear(telemetry(record(0, 1, R"({"level":1})"), 7 * 86400 - 60)).what, outcome::duplicate);
  EXPECT_EQ(g.hear(telemetry(record(0, 1, R"({"level":1})"), 7 * 86400 + 180)).what, outcome::stored);
}

TEST(duplicates, the_same_seq_with_another_ts_is_none) {
  hearer h(small_catalogue());
  for (std::uint64_t i = 0; i < 200; ++i) h.hear(telemetry(record(static_cast<double>(i) * 10, i, R"({"level":1})"), static_cast<double>(i) * 10));
  EXPECT_EQ(h.hear(telemetry(record(1905, 190, R"({"level":1})"), 2000)).what, outcome::stored);
  EXPECT_EQ(h.hear(telemetry(record(1900, 190, R"({"level":1})"), 2000)).what, outcome::duplicate);
}

// A device that restarts counts anew; where its clock was set back, too, what it says lies among what it has said.
TEST(duplicates, a_device_that_counts_anew_with_its_clock_set_back_is_heard) {
  hearer h(small_catalogue());
  auto const n = 5'000u;
  for (std::uint64_t i = 0; i < n; ++i) h.hear(telemetry(record(static_cast<double>(i), i, R"({"level":1})"), static_cast<double>(i)));
  for (std::uint64_t i = 0; i < 40; ++i) {
    auto const t = 3'000.5 + static_cast<double>(i);
    EXPECT_EQ(h.hear(telemetry(record(t, i, R"({"level":2})"), n + static_cast<double>(i))).what, outcome::stored) << i;
    EXPECT_EQ(h.hear(telemetry(record(t, i, R"({"level":2})"), n + static_cast<double>(i))).what, outcome::duplicate) << i;
  }
  // Among the last, to the record.
  EXPECT_EQ(h.hear(telemetry(record(4'500.5, 4'500, R"({"level":2})"), n + 50)).what, outcome::stored);
  for (std::uint64_t i = 0; i < n; i += 7) ASSERT_EQ(h.hear(telemetry(record(static_cast<double>(i), i, R"({"level":1})"), n + 60)).what, outcome::duplicate) << i;
}

TEST(duplicates, a_device_that_skips_numbers_evenly_is_known_for_a_week) {
  hearer h(small_catalogue());
  for (std::uint64_t i = 0; i < 9'000; ++i) h.hear(telemetry(record(static_cast<double>(i) * 60, i * 2 + 7, R"({"level":1})"), static_cast<double>(i) * 60));
  for (std::uint64_t i = 0; i < 9'000; i += 11)
    ASSERT_EQ(h.hear(telemetry(record(static_cast<double>(i) * 60, i * 2 + 7, R"({"level":1})"), 9'000 * 60)).what, outcome::duplicate) << i;
  EXPECT_EQ(h.hear(telemetry(record(60 * 60, 60 * 2 + 8, R"({"level":1})"), 9'000 * 60)).what, outcome::stored) << "a number in between";
}

TEST(duplicates, few_devices_are_remembered_longer_than_many) {
  EXPECT_EQ(dedup_memory::exact_for(0), 1'024u);
  EXPECT_EQ(dedup_memory::exact_for(3'000), 1'024u);
  EXPECT_EQ(dedup_memory::exact_for(10'000), 314u);
  EXPECT_EQ(dedup_memory::exact_for(100'000), 32u);
}

TEST(duplicates, without_seq_the_last_8192_are_known) {
  hearer h(small_catalogue());
  auto const said = [&](std::size_t i, double arrival) {
    return h.hear(telemetry(R"({"ts":)" + ms(static_cast<double>(i)) + R"(,"values":{"level":1}})", arrival)).what;
  };
  for (std::size_t i = 0; i < dedup_memory::capacity; ++i) ASSERT_EQ(said(i, static_cast<double>(i)), outcome::stored);
  EXPECT_EQ(said(0, 9000), outcome::duplicate) << "the oldest of them";
  said(dedup_memory::capacity, 9000);
  EXPECT_EQ(said(0, 9000), outcome::stored) << "one more came: beyond the limit";
}

TEST(gaps, in_seq_are_counted_until_they_are_filled) {
  hearer h(small_catalogue());
  auto const missed = [&](double t, std::uint64_t seq) {
    h.hear(telemetry(record(t, seq, R"({"level":1})"), 1000));
    return h.view({"03478", "WL-09"})->missed;
  };
  EXPECT_EQ(missed(400, 10), 0u);
  EXPECT_EQ(missed(401, 11), 0u);
  EXPECT_EQ(missed(404, 14), 2u) << "12 and 13 are missing";
  EXPECT_EQ(missed(404, 14), 2u) << "a repeat changes nothing";
  EXPECT_EQ(missed(402, 12), 1u) << "12 came late";
  EXPECT_EQ(missed(500, 1), 1u) << "the device restarted";
  EXPECT_EQ(missed(501, 2), 1u);
}

TEST(gaps, of_all_devices_are_summed_and_a_counter_set_anew_is_none) {
  hearer h(small_catalogue());
  auto const said = [&](char const* device, double t, std::uint64_t seq) { h.hear(telemetry(record(t, seq, R"({"level":1})"), 1000, device)); };
  said("WL-09", 400, 10);
  said("WL-09", 401, 20);
  said("OTHER", 400, 1);
  said("OTHER", 401, 2);
  said("THIRD", 400, 1);
  said("THIRD", 401, 4);
  EXPECT_EQ(h.gaps().records, 11u);
  EXPECT_EQ(h.gaps().devices, 2u);
  said("OTHER", 402, ~std::uint64_t{0});
  EXPECT_EQ(h.gaps().records, 11u) << "no device sends that many";
}

TEST(a_batch, tells_of_each_refused_element_with_its_place_and_reason) {
  hearer h(small_catalogue());
  auto const v = h.hear(telemetry("[" + record(1, 1, R"({"level":1})") + "," + record(2, 2, R"({"level":{"v":1,"u":"kg"}})") + ",5," + record(3, 3, R"({"level":[1]})") + "]", 10));
  EXPECT_EQ(v.what, outcome::stored);
  EXPECT_EQ(v.records.rejected, 3u);
  EXPECT_EQ(v.unit, "03478");
  ASSERT_EQ(v.refused.size(), 3u);
  EXPECT_EQ(v.refused[0].place, 1u);
  EXPECT_NE(v.refused[0].reason.find("kg"), std::string::npos);
  EXPECT_EQ(v.refused[1].place, 2u);
  EXPECT_EQ(v.refused[1].reason, "a record is an object");
  EXPECT_EQ(v.refused[2].place, 3u);
  EXPECT_NE(v.refused[2].reason.find("neither number"), std::string::npos);

  std::string many = "[5";
  for (int i = 1; i < 150; ++i) many += ",5";
  auto const all = h.hear(telemetry(many + "]", 11));
  EXPECT_EQ(all.records.rejected, 150u);
  EXPECT_EQ(all.refused.size(), max_refused);
  EXPECT_TRUE(h.hear(telemetry(record(4, 4, R"({"level":1})"), 12)).refused.empty());
}

TEST(a_batch, is_cut_into_its_elements) {
  using texts = std::vector<std::string_view>;
  EXPECT_EQ(batch_elements(R"( [ {"a":[1,2],"b":"x],\"y"} , 5,[],"]" ] )"), (texts{R"({"a":[1,2],"b":"x],\"y"})", "5", "[]", R"("]")"}));
  EXPECT_EQ(batch_elements("[]"), texts{});
  EXPECT_EQ(batch_elements("[5]"), texts{"5"});
  EXPECT_EQ(batch_elements(R"({"a":[1,2]})"), texts{});
  EXPECT_EQ(batch_elements("["), texts{});
}

TEST(late, is_older_than_the_newest_or_than_ten_minutes) {
  hearer h(small_catalogue());
  auto const heard = [&](double t, double arrival, double level) {
    auto const v = h.hear(telemetry(R"({"ts":)" + ms(t) + R"(,"values":{"level":)" + std::to_string(level) + "}}", arrival));
    EXPECT_EQ(v.what, outcome::stored);
    return v.observations.at(0).readings.at(0).late;
  };
  EXPECT_FALSE(heard(100, 101, 1));
  EXPECT_FALSE(heard(200, 201, 2));
  EXPECT_TRUE(heard(150, 202, 3)) << "older than the newest";
  EXPECT_EQ(std::get<double>(h.view({"03478", "WL-09"})->latest.at("water_level").v), 2) << "and does not overwrite it";
  EXPECT_FALSE(heard(300, 899, 4));
  EXPECT_TRUE(heard(301, 902, 5)) << "601 s old on arrival";
  EXPECT_EQ(std::get<double>(h.view({"03478", "WL-09"})->latest.at("water_level").v), 5) << "late, and still the newest that is known";
}

TEST(life, is_proven_by_what_a_device_says_itself) {
  core::device_ref const wl{"03478", "WL-09"};
  hearer h(small_catalogue());
  auto v = h.hear(raw("ioc/v1/03478/WL-09/status", "online", 0, false, true));
  EXPECT_FALSE(v.observations.at(0).alive) << "a retained copy";
  EXPECT_FALSE(h.view(wl)->last_seen);
  v = h.hear(telemetry(record(1, 1, R"({"level":1})"), 1));
  EXPECT_TRUE(v.observations.at(0).alive);
  EXPECT_EQ(h.view(wl)->online, true);
  v = h.hear(raw("ioc/v1/03478/WL-09/status", "offline", 2));
  EXPECT_FALSE(v.observations.at(0).alive) << "a will";
  EXPECT_EQ(v.observations.at(0).online, false);
  EXPECT_EQ(h.view(wl)->online, false);
  EXPECT_EQ(h.view(wl)->last_seen, at(1));
  v = h.hear(telemetry(R"({"ts":)" + ms(3) + R"(,"values":{"level":null}})", 3));
  EXPECT_EQ(v.what, outcome::ignored);
  EXPECT_TRUE(v.observations.at(0).alive) << "no value, but it speaks";
  EXPECT_EQ(h.view(wl)->online, true);
  restart(h);
  EXPECT_EQ(h.view(wl)->last_seen, at(3));
}

TEST(life, a_status_counts_in_event_time) {
  core::device_ref const wl{"03478", "WL-09"};
  hearer h(small_catalogue());
  auto const status = [&](char const* state, std::optional<double> t, double arrival) {
    return h.hear(raw("ioc/v1/03478/WL-09/status", std::string(R"({"state":")") + state + "\"" + (t ? R"(,"ts":)" + ms(*t) : "") + "}", arrival));
  };
  status("online", 100, 100.2);
  auto v = status("offline", 40, 101);
  EXPECT_EQ(v.what, outcome::ignored);
  EXPECT_EQ(v.reason, "an older status than what is known");
  EXPECT_EQ(h.view(wl)->online, true);
  h.hear(telemetry(record(200, 1, R"({"level":1})"), 200.2));
  status("offline", 100, 201);
  EXPECT_EQ(h.view(wl)->online, false) << "a last will with the time of its connect";
  h.hear(telemetry(record(201, 3, R"({"level":1})"), 201.1));
  EXPECT_EQ(h.view(wl)->online, true);
  status("offline", 201, 201.2);
  EXPECT_EQ(h.view(wl)->online, false);
  restart(h);
  v = status("online", 150, 202);
  EXPECT_EQ(v.what, outcome::ignored);
  EXPECT_TRUE(v.observations.empty()) << "old news prove no life";
  EXPECT_EQ(h.view(wl)->online, false);
  EXPECT_EQ(h.view(wl)->last_seen, at(201.1));
  status("offline", {}, 300);  // a will counts as now
  status("online", 280, 301);
  EXPECT_EQ(h.view(wl)->online, false);
  status("online", 299, 302);
  EXPECT_EQ(h.view(wl)->online, true) << "its clock need not be ours to the second";
  h.hear(raw("ioc/v1/03478/WL-09/status", "offline", 303));
  EXPECT_EQ(h.view(wl)->online, false);
  h.hear(telemetry(record(100, 2, R"({"level":1})"), 304));
  EXPECT_EQ(h.view(wl)->online, true) << "a backlog proves life now";
}

TEST(life, a_clock_that_lags_does_not_keep_a_device_offline) {
  core::device_ref const wl{"03478", "WL-09"};
  hearer h(small_catalogue());
  h.hear(telemetry(record(100, 1, R"({"level":1})"), 160));
  h.hear(raw("ioc/v1/03478/WL-09/status", "offline", 200));
  h.hear(raw("ioc/v1/03478/WL-09/status", R"({"state":"online","ts":)" + ms(141) + "}", 201));
  EXPECT_EQ(h.view(wl)->online, true);
}

TEST(retained, a_copy_proves_no_life_where_a_device_is_told_to_be_gone) {
  core::device_ref const wl{"03478", "WL-09"};
  hearer h(small_catalogue());
  h.hear(telemetry(record(1, 1, R"({"level":1})"), 1));
  h.hear(raw("ioc/v1/03478/WL-09/status", "offline", 2));
  h.hear(raw("ioc/v1/03478/WL-09/status", "online", 3, false, true));
  EXPECT_EQ(h.view(wl)->online, false);
  h.hear(raw("ioc/v1/03478/WL-09/status", R"({"state":"online","ts":)" + ms(4) + "}", 5, false, true));
  EXPECT_EQ(h.view(wl)->online, false);
  EXPECT_EQ(h.view(wl)->last_seen, at(1));
  h.hear(raw("ioc/v1/03478/WL-09/status", "online", 6));
  EXPECT_EQ(h.view(wl)->online, true);
  h.hear(raw("ioc/v1/03478/WL-09/status", "offline", 7, false, true));
  EXPECT_EQ(h.view(wl)->online, false) << "that it is gone is news";
}

TEST(retained, a_copy_without_a_time_is_no_new_reading) {
  core::device_ref const wl{"03478", "WL-09"};
  auto const copy = [](std::string const& payload, double arrival) { return raw("ioc/v1/03478/WL-09/telemetry", payload, arrival, false, true); };
  hearer h(small_catalogue());
  auto v = h.hear(copy(R"({"values":{"level":1}})", 1));
  ASSERT_EQ(v.what, outcome::stored) << "better than nothing";
  EXPECT_EQ(v.observations.at(0).readings.at(0).q, core::quality::suspect);
  EXPECT_EQ(h.view(wl)->latest.at("water_level").q, core::quality::suspect);
  v = h.hear(copy(R"({"values":{"level":1}})", 2));
  EXPECT_EQ(v.what, outcome::ignored) << "the next session";
  EXPECT_NE(v.reason.find("without a time"), std::string::npos) << v.reason;
  EXPECT_TRUE(v.observations.empty());
  h.hear(telemetry(record(10, 1, R"({"level":2})"), 10));
  v = h.hear(copy(R"({"values":{"temp":20,"level":1,"i_a":3}})", 20));
  ASSERT_EQ(v.what, outcome::stored);
  ASSERT_EQ(v.observations.at(0).readings.size(), 2u) << "only what was not known yet";
  EXPECT_EQ(v.observations.at(0).readings[0].metric, "temperature");
  EXPECT_EQ(v.observations.at(0).readings[1].metric, "current/L1");
  EXPECT_EQ(std::get<double>(h.view(wl)->latest.at("water_level").v), 2);
  EXPECT_EQ(h.view(wl)->latest.at("water_level").t, at(10));
  // With a time of its own it is what it says.
  v = h.hear(copy(record(30, 2, R"({"level":4})"), 40));
  EXPECT_EQ(v.what, outcome::stored);
  EXPECT_EQ(h.view(wl)->latest.at("water_level").q, core::quality::good);
  EXPECT_EQ(h.view(wl)->latest.at("water_level").t, at(30));
}

TEST(retained, copies_raise_no_events) {
  hearer h(small_catalogue());
  auto const v = h.hear(raw("ioc/v1/03478/WL-09/event", R"({"ts":1800000000,"type":"motion"})", 1, false, true));
  EXPECT_EQ(v.what, outcome::ignored);
  EXPECT_TRUE(v.observations.empty());
  auto const gone = h.hear(raw("ioc/v1/03478/WL-09/status", "", 1, false, true));
  EXPECT_EQ(gone.what, outcome::ignored);
}

TEST(models, turn_an_air_gap_into_a_level) {
  hearer h(small_catalogue());
  auto const v = h.hear(raw("ioc/raw/v1/03478/gw-sim/application/a/device/24e124713c140101/event/up",
                            R"({"deduplicationId":"x","time":"2027-01-15T08:00:00+00:00","deviceInfo":{"devEui":"24e124713c140101"},"object":{"distance":6890}})", 1));
  ASSERT_EQ(v.what, outcome::stored) << v.reason;
  EXPECT_EQ(v.source, "chirpstack-v4");
  auto const& o = v.observations.at(0);
  EXPECT_EQ(o.device.device, "WL-01");
  ASSERT_EQ(o.readings.size(), 2u);
  EXPECT_EQ(o.readings[0].metric, "distance");
  EXPECT_EQ(o.readings[1].metric, "water_level");
  EXPECT_EQ(std::get<double>(o.readings[1].v), 1.11) << "8 - 6.89, without binary dust";
}

TEST(models, turn_a_change_into_an_event_once) {
  hearer h(small_catalogue());
  auto const events = [&](std::string const& topic, std::string const& payload, double arrival) {
    std::string all;
    for (auto const& o : h.hear(raw("ioc/raw/v1/03478/gw-sim/" + topic, payload, arrival)).observations)
      for (auto const& e : o.events) all += e.name + " ";
    return all;
  };
  EXPECT_EQ(events("zigbee2mqtt/tu_box_07", R"({"contact":true})", 1), "cabinet_closed ");
  EXPECT_EQ(events("zigbee2mqtt/tu_box_07", R"({"contact":true})", 2), "");
  EXPECT_EQ(events("zigbee2mqtt/tu_box_07", R"({"contact":false,"last_seen":)" + ms(10) + "}", 10), "cabinet_opened ");
  EXPECT_EQ(events("zigbee2mqtt/tu_box_07", R"({"contact":true,"last_seen":)" + ms(9) + "}", 11), "") << "old news";
  EXPECT_EQ(events("zigbee2mqtt/tu_box_07", R"({"contact":false})", 12), "");
  auto const scene = [](char const* state) { return R"({"UtcTime":"2027-01-15T08:00:00Z","Source":{"Source":"1"},"Data":{"State":)" + std::string(state) + "}}"; };
  EXPECT_EQ(events("cam_1/onvif-ej/tns1:VideoSource/GlobalSceneChange/ImagingService/&1", scene("true"), 1), "covered ");
  EXPECT_EQ(h.view({"03478", "CAM-1"})->state, "covered");
}

TEST(devices, that_nobody_registered_are_unclaimed_up_to_a_limit) {
  hearer h(small_catalogue());
  std::string const values = R"({"values":{"level":1}})";
  for (std::size_t i = 0; i < max_unclaimed; ++i) {
    auto const v = h.hear(telemetry(values, 1, "X" + std::to_string(i)));
    ASSERT_EQ(v.what, outcome::stored);
    ASSERT_FALSE(v.observations[0].claimed);
  }
  auto const refused = h.hear(telemetry(values, 1, "ONE-MORE"));
  EXPECT_EQ(refused.what, outcome::rejected);
  EXPECT_NE(refused.reason.find("10,000"), std::string::npos);
  EXPECT_EQ(h.hear(telemetry(values, 2, "X7")).what, outcome::stored) << "those that are known go on";
  EXPECT_EQ(h.hear(telemetry(values, 2)).what, outcome::stored) << "and so do the registered ones";
  EXPECT_EQ(h.unclaimed("03478").size(), max_unclaimed);

  core::device claimed;
  claimed.unit = "03478";
  claimed.id = "X7";
  h.use(small_catalogue({claimed}));
  EXPECT_TRUE(h.hear(telemetry(values, 3, "X7")).observations.at(0).claimed);
  EXPECT_EQ(h.hear(telemetry(values, 3, "ONE-MORE")).what, outcome::stored) << "a place is free again";
}

TEST(devices, cannot_borrow_a_registered_name) {
  hearer h(small_catalogue());
  // A Zigbee device that somebody called WL-01: the registered WL-01 is known by its devEui, so this is another one.
  auto const v = h.hear(raw("ioc/raw/v1/03478/gw-sim/zigbee2mqtt/WL-01", R"({"temperature":20})", 1));
  ASSERT_EQ(v.what, outcome::stored);
  EXPECT_FALSE(v.observations[0].claimed);
  EXPECT_NE(v.observations[0].device.device, "WL-01");
  auto const slash = h.hear(raw("ioc/raw/v1/03478/gw-sim/zigbee2mqtt/nhà/kho", R"({"temperature":20})", 1));
  ASSERT_EQ(slash.what, outcome::stored);
  EXPECT_TRUE(core::valid_device_name(slash.observations[0].device.device)) << slash.observations[0].device.device;
}

TEST(commands, seen_on_the_bus_are_ignored) {
  hearer h(small_catalogue());
  auto const v = h.hear(raw("ioc/raw/v1/03478/gw-sim/zigbee2mqtt/tu_box_07/set", R"({"state":"ON"})", 1));
  EXPECT_EQ(v.what, outcome::ignored);
  EXPECT_TRUE(v.observations.empty());
}

// Whatever arrives, it ends in one place: random bytes, broken and whole messages of all dialects, replays, a restart between.
TEST(ledger, balances_under_anything) {
  std::mt19937 random(20260701);
  auto const pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  std::vector<std::string> const topics{"ioc/v1/03478/WL-09/telemetry", "ioc/v1/03478/WL-09/event", "ioc/v1/03478/WL-09/status", "ioc/v1/03478/WL-09/ack",
      "ioc/v1/03478/WL-09/command", "ioc/v1/03478//telemetry", "ioc/v1/", "ioc/v1/03478", "ioc/raw/v1/03478/gw/frigate/cam_1/person", "ioc/raw/v1/03478/gw/frigate/events",
      "ioc/raw/v1/03478/gw/zigbee2mqtt/tu_box_07", "ioc/raw/v1/03478/gw/zigbee2mqtt/bridge/devices", "ioc/raw/v1/03478/gw/s/events/rpc", "ioc/raw/v1/03478/gw/s/status/em:0",
      "ioc/raw/v1/03478/gw/s/online", "ioc/raw/v1/03478/gw/cam_1/onvif-ej/Device/Trigger/DigitalInput/&1", "ioc/raw/v1/03478/gw/application/a/device/24e124713c140101/event/up",
      "ioc/raw/v1/03478", "ioc/raw/v1/03478/gw/", "", "/", "$SYS/x"};
  std::vector<std::string> const payloads{R"({"ts":1800000001,"seq":3,"values":{"level":1.5,"x":null,"y":"text"}})", R"([{"values":{"level":1}},{"values":{"level":"x"}},7])",
      R"({"type":"motion","clear":true})", "online", "offline", "true", "3", "ON", "", R"({"id":"0b2c8a2e-5a8e-5f43-9f5d-1d2f0a3b4c5d","state":"accepted"})",
      R"({"contact":false,"battery":90,"voltage":3000})", R"({"method":"NotifyStatus","params":{"ts":1800000001.5,"em:0":{"a_voltage":230.1,"a_errors":["out_of_range:voltage"]}}})",
      R"({"UtcTime":"2027-01-15T08:00:00","Source":{"Rule":"r"},"Data":{"LogicalState":"true","State":1}})", R"({"a_voltage":230,"a_current":null,"errors":["read"]})",
      R"({"time":"2027-01-15T08:00:00Z","deviceInfo":{"devEui":"24e124713c140101"},"fCnt":3,"object":{"distance":"1024 mm","Bat":"3.3 V"},"rxInfo":[{"gatewayId":"g","rssi":-90}]})",
      R"({"type":"new","after":{"camera":"cam_1","label":"person","score":0.8,"frame_time":1800000001.25}})", "{", "[[[[", "\xff\xfe\x00\x01"};
  hearer h(small_catalogue());
  std::uint64_t sent = 0, records = 0;
  tally messages, elements;
  for (int i = 0; i < 30'000; ++i) {
    auto payload = payloads[pick(payloads.size())];
    for (std::size_t damage = pick(4); damage > 1 && !payload.empty(); --damage) {
      auto const where = pick(payload.size());
      if (random() % 2) payload[where] = static_cast<char>(random());
      else payload.erase(where, pick(8) + 1);
    }
    auto topic = topics[pick(topics.size())];
    if (pick(20) == 0 && !topic.empty()) topic.erase(pick(topic.size()));
    auto const v = h.hear(raw(topic, payload, i * 0.01, random() % 8 == 0, random() % 8 == 0));
    ++sent;
    messages.add(v.what);
    elements += v.records;
    records += v.records.received();
    ASSERT_GE(v.records.received(), 1u);
    ASSERT_EQ(v.what == outcome::stored, v.records.stored > 0);
    ASSERT_EQ(v.reason.empty(), v.what == outcome::stored && v.records.rejected == 0) << v.reason;
    ASSERT_LE(v.observations.size(), v.records.stored + v.records.ignored);
    ASSERT_GE(v.observations.size(), v.records.stored);
    if (i % 7000 == 6999) restart(h);
  }
  auto const total = h.counts().total();
  EXPECT_EQ(total.messages, messages);
  EXPECT_EQ(total.records, elements);
  EXPECT_EQ(total.messages.received(), sent);
  EXPECT_EQ(total.records.received(), records);
  for (auto const what : {outcome::stored, outcome::duplicate, outcome::ignored, outcome::rejected}) {
    tally one;
    one.add(what, 1);
    EXPECT_GT(one.stored * messages.stored + one.duplicate * messages.duplicate + one.ignored * messages.ignored + one.rejected * messages.rejected, 0u)
        << "the mixture never came to " << to_text(what);
  }
}

// 100,000 messages of four values within the ten seconds in which they arrive; sanitizers and a busy machine included.
TEST(state, of_another_version_is_refused) {
  hearer h(small_catalogue());
  core::archive_writer out;
  h.io(out);
  auto bytes = out.take();
  bytes[0] = 9;
  core::archive_reader in(bytes);
  EXPECT_THROW(h.io(in), core::archive_error);
}

}  // namespace
}  // namespace ioc::perceive
