#include "adapters/config/load.hpp"
#include "adapters/config/write.hpp"
#include "perceive/catalogue.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace ioc;
using std::chrono::seconds;

namespace {

std::string const small_site = std::string(IOC_SOURCE_DIR) + "/server/adapters/config/tests/site";

// Two sources whose filters overlap in part: refused with both files; `except`, `yields` and `gateway` settle it.
TEST(site, refuses_sources_that_overlap_in_part) {
  auto pattern = (fs::temp_directory_path() / "ioc-site-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  fs::path const dir = pattern;
  fs::copy(small_site, dir, fs::copy_options::recursive);
  auto const write = [&](char const* name, std::string const& more) {
    std::ofstream(dir / "sources" / (std::string(name) + ".yaml")) << "name: " << name << "\ndecoder: frigate\n" << more;
  };
  auto const faults = [&] {
    try {
      config::load_site(dir.string());
    } catch (config::config_error const& e) {
      return std::string(e.what());
    }
    return std::string{};
  };
  write("mot", "filters: [\"a/+\"]\n");
  write("hai", "filters: [\"+/b\"]\n");
  auto const said = faults();
  EXPECT_NE(said.find((dir / "sources/mot.yaml").string()), std::string::npos) << said;
  EXPECT_NE(said.find((dir / "sources/hai.yaml").string()), std::string::npos) << said;
  EXPECT_NE(said.find("both take \"a/b\""), std::string::npos) << said;
  for (char const* settled : {"except: [\"a/b\"]\n", "yields: true\n"}) {
    write("hai", std::string("filters: [\"+/b\"]\n") + settled);
    EXPECT_EQ(faults(), "") << settled;
  }
  write("mot", "filters: [\"a/+\"]\ngateway: [tram-1]\n");
  write("hai", "filters: [\"+/b\"]\ngateway: [tram-2]\n");
  EXPECT_EQ(faults(), "");
  write("ba", "filters: [\"a/+\"]\ngateway: [tram-1]\n");
  EXPECT_NE(faults().find("\"a/+\" stands in"), std::string::npos);
  fs::remove_all(dir);
}

TEST(site, is_read_across_files) {
  auto const s = config::load_site(small_site);
  EXPECT_EQ(s.metrics.size(), 4u);
  EXPECT_EQ(s.metrics[2].channel_aliases.at("v_a"), "L1");
  EXPECT_EQ(s.metrics[0].max_rate, 0.05);
  EXPECT_EQ(s.metrics[0].flatline, std::chrono::hours{24});
  EXPECT_FALSE(s.metrics[1].max_rate || s.metrics[1].flatline);
  EXPECT_EQ(s.sources.at(0).decoder, "native");
  ASSERT_EQ(s.models.size(), 1u);
  EXPECT_EQ(s.models[0].readings[0].to, "water_level");  // written as its alias
  EXPECT_EQ(s.models[0].power, "battery");
  EXPECT_EQ(s.tree.size(), 3u);
  ASSERT_EQ(s.units.size(), 1u);
  auto const& u = *s.find("03478");
  EXPECT_EQ(u.unit.parent, "12");
  ASSERT_EQ(u.devices.size(), 4u);
  EXPECT_EQ(u.devices[0].native, "24e124fffef00001");
  EXPECT_EQ(u.devices[0].calibration.at("mounting_height"), 8.0);
  EXPECT_EQ(u.devices[3].coverage_m, 2000);
  EXPECT_EQ(u.units_of_measure.at("water_level"), "m");

  ASSERT_EQ(u.rules.size(), 3u);
  EXPECT_EQ(u.rules[0].metric, "water_level");
  EXPECT_EQ(u.rules[0].title.vi, "Mực nước vượt báo động 3");
  EXPECT_EQ(u.rules[0].label.vi, "BĐ3");
  EXPECT_EQ(u.rules[0].basis->source, "QĐ 05/2020/QĐ-TTg");
  EXPECT_EQ(u.rules[1].devices, (std::vector<std::string>{"WL-02"}));  // selected by type and tag
  EXPECT_EQ(u.rules[1].peers[0].metric, "water_level");
  EXPECT_EQ(u.rules[1].hold, std::chrono::milliseconds{500});
  EXPECT_EQ(u.rules[2].metric, "voltage/L1");
  EXPECT_EQ(u.rules[2].order, 2);

  EXPECT_EQ(u.playbooks[0].title.en, "Flood evacuation");
  EXPECT_EQ(u.playbooks[0].needs->than_device, "WL-02");
  EXPECT_EQ(u.playbooks[0].needs->than_metric, "water_level");
  EXPECT_TRUE(u.playbooks[1].on_clear);
  EXPECT_EQ(u.policy.interlocks[0].state, "open");
  EXPECT_EQ(u.policy.bad_quality_cap, core::severity::notice);
  EXPECT_NO_THROW(s.catalogue());
}

TEST(site, what_is_written_reads_back_the_same) {
  auto pattern = (fs::temp_directory_path() / "ioc-site-XXXXXX").string();
  ASSERT_TRUE(::mkdtemp(pattern.data()));
  fs::path const dir = pattern;
  fs::copy(small_site, dir, fs::copy_options::recursive);
  auto const before = config::load_site(small_site);
  auto const& u = before.units[0];
  std::ofstream(dir / "rules/03478.yaml") << config::write_rules(u, "heading");
  std::ofstream(dir / "playbooks/03478.yaml") << config::write_playbooks(u, "heading");
  std::ofstream(dir / "policy/03478.yaml") << config::write_policy(u, "heading");
  auto const after = config::load_site(dir.string());
  auto const& v = after.units[0];
  // The writer is exact: writing what was read back gives the same text again, and the text holds every member.
  EXPECT_EQ(config::write_rules(v, "heading"), config::write_rules(u, "heading"));
  EXPECT_EQ(config::write_playbooks(v, "heading"), config::write_playbooks(u, "heading"));
  EXPECT_EQ(config::write_policy(v, "heading"), config::write_policy(u, "heading"));
  ASSERT_EQ(v.rules.size(), u.rules.size());
  for (std::size_t i = 0; i < u.rules.size(); ++i) {
    EXPECT_EQ(v.rules[i].id, u.rules[i].id);
    EXPECT_EQ(v.rules[i].title, u.rules[i].title);
    EXPECT_EQ(v.rules[i].basis, u.rules[i].basis);
    EXPECT_EQ(v.rules[i].devices, u.rules[i].devices);
    EXPECT_EQ(v.rules[i].metric, u.rules[i].metric);
    EXPECT_EQ(v.rules[i].value, u.rules[i].value);
    EXPECT_EQ(v.rules[i].hold, u.rules[i].hold);
    EXPECT_EQ(v.rules[i].peers, u.rules[i].peers);
    EXPECT_EQ(v.rules[i].sets_quality, u.rules[i].sets_quality);
  }
  EXPECT_EQ(v.playbooks[0].steps[0].args, u.playbooks[0].steps[0].args);
  EXPECT_EQ(v.playbooks[0].steps[0].on_failure->text, u.playbooks[0].steps[0].on_failure->text);
  EXPECT_EQ(v.policy.auto_commands, u.policy.auto_commands);
  EXPECT_EQ(v.policy.ack_limit, u.policy.ack_limit);
  EXPECT_EQ(v.policy.quiet->to, u.policy.quiet->to);
  fs::remove_all(dir);
}

// The folder that is shipped: whole, and each demo commune has the rules of its story.
TEST(site, the_shipped_folder_is_whole_and_matches_the_stories) {
  auto const s = config::load_site(std::string(IOC_SOURCE_DIR) + "/config");
  perceive::metric_table const table(s.metrics);
  EXPECT_NO_THROW(s.catalogue());
  for (auto const* name : {"s1-flash-flood-night", "s2-transformer-overload", "s3-loudspeaker-outage", "s4-crowd-at-market", "s5-smoke-cultural-house", "s7-camera-sabotage"}) {
    auto const story = config::load_scenario(std::string(IOC_SOURCE_DIR) + "/tests/scenarios/" + name + ".yaml", &table);
    auto const* live = s.find(story.config.unit.code);
    ASSERT_NE(live, nullptr) << name;
    ASSERT_EQ(live->rules.size(), story.config.rules.size()) << name;
    for (std::size_t i = 0; i < live->rules.size(); ++i) {
      auto const& a = live->rules[i];
      auto const& b = story.config.rules[i];
      EXPECT_EQ(a.id, b.id);
      EXPECT_EQ(a.metric, b.metric) << a.id;
      EXPECT_EQ(a.devices, b.devices) << a.id;
      EXPECT_EQ(a.value, b.value) << a.id;
      EXPECT_EQ(a.window, b.window) << a.id;
      EXPECT_EQ(a.severity, b.severity) << a.id;
      EXPECT_NE(a.title.vi, a.id) << "has no title";
      EXPECT_TRUE(a.basis) << a.id;
    }
    ASSERT_EQ(live->playbooks.size(), story.config.playbooks.size());
    for (std::size_t i = 0; i < live->playbooks.size(); ++i) {
      EXPECT_EQ(live->playbooks[i].id, story.config.playbooks[i].id);
      EXPECT_NE(live->playbooks[i].title.vi, live->playbooks[i].id);
      EXPECT_EQ(live->playbooks[i].steps.size(), story.config.playbooks[i].steps.size());
    }
    EXPECT_EQ(live->policy.delegated_to_duty_officer, story.config.policy.delegated_to_duty_officer);
  }
}

}  // namespace
