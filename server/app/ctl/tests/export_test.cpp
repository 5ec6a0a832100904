#include "adapters/config/load.hpp"
#include "app/ctl/export.hpp"

#include <gtest/gtest.h>

using namespace ioc;
using std::chrono::seconds;

namespace {

std::string story(std::string const& name) { return std::string(IOC_SOURCE_DIR) + "/tests/scenarios/" + name + ".yaml"; }

TEST(fastest_speed, keeps_the_shortest_window_above_one_second) {
  struct row {
    char const* name;
    double speed;
  };
  for (auto const& r : {row{"s1-flash-flood-night", 60}, row{"s2-transformer-overload", 60}, row{"s3-loudspeaker-outage", 60}, row{"s4-crowd-at-market", 60},
                        row{"s5-smoke-cultural-house", 4}, row{"s7-camera-sabotage", 60}})
    EXPECT_EQ(ctl::fastest_speed(config::load_scenario(story(r.name)).config), r.speed) << r.name;

  pipeline::unit_config c;
  EXPECT_EQ(ctl::fastest_speed(c), 60);
  alert::rule r;
  r.timeout = seconds{60};
  c.rules = {r};
  EXPECT_EQ(ctl::fastest_speed(c), 59);  // 60 would leave exactly one second
  c.rules[0].timeout = std::chrono::milliseconds{500};
  EXPECT_GT(0.5 / ctl::fastest_speed(c), 1.0);
}

TEST(merge, takes_texts_from_what_is_there_and_times_from_the_story) {
  auto const s = config::load_scenario(story("s1-flash-flood-night"));
  pipeline::unit_config present;
  alert::rule titled;
  titled.id = "muc-nuoc-bd3";
  titled.title = {"Mực nước vượt báo động 3", "Water level above flood alarm 3"};
  titled.label = {"BĐ3", "FA3"};
  titled.value = 99;
  alert::rule own;
  own.id = "pin-yeu";
  present.rules = {own, titled};
  advise::playbook book;
  book.id = "pb-so-tan-lu";
  book.title = {"Sơ tán lũ", "Flood evacuation"};
  core::playbook_step siren;
  siren.kind = core::step_kind::command;
  siren.command = "siren.on";
  siren.targets = {"OTHER"};
  siren.text = {"Bật còi hú", "Sound the siren"};
  book.steps = {siren};
  present.playbooks = {book};

  auto const m = ctl::merge(s.config, present);
  ASSERT_EQ(m.rules.size(), 10u);
  EXPECT_EQ(m.rules[5].id, "muc-nuoc-bd3");
  EXPECT_EQ(m.rules[5].title.vi, "Mực nước vượt báo động 3");
  EXPECT_EQ(m.rules[5].label.en, "FA3");
  EXPECT_EQ(m.rules[5].value, 3.5);
  EXPECT_EQ(m.rules[9].id, "pin-yeu");  // not of the story: stays, behind
  EXPECT_EQ(m.rules[9].order, 9);
  EXPECT_EQ(m.playbooks[1].title.en, "Flood evacuation");
  EXPECT_EQ(m.playbooks[1].steps[0].text.vi, "Bật còi hú");
  EXPECT_EQ(m.playbooks[1].steps[0].targets, (std::vector<std::string>{"SIREN-01"}));
  EXPECT_EQ(m.playbooks[1].steps[3].text.vi, "Sơ tán các hộ ven suối");
}

}  // namespace
