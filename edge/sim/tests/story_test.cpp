#include "sim/device.hpp"
#include "sim/story.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include <filesystem>
#include <fstream>

namespace ioc::sim {
namespace {

std::string const stories = IOC_SOURCE_DIR "/tests/scenarios/";

TEST(story, flood_night_as_the_devices_live_it) {
  auto const s = load_story(stories + "s1-flash-flood-night.yaml");
  EXPECT_EQ(s.unit, "03478");
  EXPECT_EQ(s.duration_s, 14400);
  EXPECT_EQ(s.entries.size(), 25u + 49 + 49);
  EXPECT_EQ(s.replies.at({"speaker.broadcast_emergency", "LS-03"}).result, "none");
  EXPECT_EQ(s.replies.at({"siren.on", "SIREN-01"}).after_s, 1);
  EXPECT_EQ(s.skipped.at("operator"), 12);
  EXPECT_TRUE(std::is_sorted(s.entries.begin(), s.entries.end(), [](auto const& a, auto const& b) { return a.t < b.t; }));
  EXPECT_NE(std::find(s.targets.begin(), s.targets.end(), "commune_group"), s.targets.end()) << "a group answers too";
  for (auto const& d : s.devices) {
    if (d.id == "WL-01") {
      EXPECT_EQ(d.pace_s, 300);
    }
    if (d.id == "LS-01") {
      EXPECT_EQ(d.pace_s, 0);
    }
  }
}

TEST(story, every_shipped_one_has_its_devices_in_the_configuration) {
  auto const known = load_devices(IOC_SOURCE_DIR "/config");
  int count = 0;
  for (auto const& f : std::filesystem::directory_iterator(stories)) {
    if (f.path().extension() != ".yaml") continue;
    ++count;
    auto const s = load_story(f.path().string());
    for (auto const& d : s.devices) {
      auto const it = known.find(s.unit + "/" + d.id);
      ASSERT_NE(it, known.end()) << s.id << " " << d.id;
      EXPECT_EQ(it->second.type, d.type) << d.id;
      EXPECT_FALSE(it->second.calm) << d.id << " plays in a story, so it is not calm";
    }
  }
  EXPECT_EQ(count, 6);
}

TEST(story, broken_files_are_refused_by_name) {
  auto const path = std::filesystem::temp_directory_path() / "ioc-sim-broken.yaml";
  for (char const* text : {"schema: other/1\n", "schema: [", "schema: ioc-scenario/1\nid: x\nunit: {code: '1'}\nduration_s: 1\ndevices: []\ntimeline: [{kind: event, t: 0, device: X, event: e}]\n"}) {
    std::ofstream(path) << text;
    try {
      load_story(path.string());
      ADD_FAILURE() << "accepted: " << text;
    } catch (std::runtime_error const& e) {
      EXPECT_NE(std::string(e.what()).find("ioc-sim-broken.yaml"), std::string::npos) << e.what();
    }
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace ioc::sim
