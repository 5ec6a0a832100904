#include "perceive/decoders/shairport/shairport.hpp"
#include "perceive/tests/decode_support.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

using test::command_of, test::ear, test::gist, test::time_of, test::value_of;

TEST(shairport, real_messages) { test::expect_vectors("shairport-sync", 2); }

TEST(shairport, marks_and_volume) {
  ear e(decode_shairport);
  EXPECT_EQ(gist(e.hear("xa/loa/1/play_end", "--")), "accept/event xa/loa/1");
  EXPECT_EQ(value_of(e.hear("shairport/play_end", ""), "playback_state"), "\"stopped\"");
  EXPECT_EQ(value_of(e.hear("shairport/active_end", "--"), "device_state"), "\"inactive\"");
  auto const mute = e.hear("shairport/volume", "-144.00,-96.30,-96.30,0.00");
  EXPECT_EQ(value_of(mute, "muted"), "true");
  EXPECT_EQ(value_of(mute, "volume"), "-");
  EXPECT_EQ(value_of(e.hear("shairport/ssnc/pvol", "0.00,0.00,-96.30,0.00"), "volume"), "100 %");
  EXPECT_EQ(gist(e.hear("shairport/volume", "-20.13")).substr(0, 7), "reject:");
  EXPECT_EQ(gist(e.hear("shairport/volume", "-20,1,2,3,4")).substr(0, 7), "reject:");
  EXPECT_EQ(gist(e.hear("shairport/volume", "nan,0,0,0")).substr(0, 7), "reject:");
  EXPECT_EQ(value_of(e.hear("shairport/title", "Bản tin sáng"), "media_title"), "\"Bản tin sáng\"");
  EXPECT_EQ(gist(e.hear("shairport/title", "--")), "ignore");
  EXPECT_EQ(gist(e.hear("shairport/cover", "\xFF\xD8\xFF\xE0")), "ignore");
  EXPECT_EQ(command_of(e.hear("shairport/remote", "PlayPause")), "playpause -> ");
}

}  // namespace
}  // namespace ioc::perceive
