#include "perceive/decoders/sonos/sonos.hpp"
#include "perceive/tests/decode_support.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

using test::command_of, test::ear, test::gist, test::time_of, test::value_of;

TEST(sonos, real_messages) { test::expect_vectors("sonos2mqtt", 4); }

TEST(sonos, states) {
  ear e(decode_sonos);
  auto const d = e.hear("sonos/RINCON_1", R"({"transportState":"TRANSITIONING","volume":{"Master":"12"},"mute":{"Master":1},"currentTrack":{"title":"Bản tin"},"ts":"1767578460000"})");
  EXPECT_EQ(gist(d), "accept/status RINCON_1");
  EXPECT_EQ(value_of(d, "playback_state"), "\"buffering\"");
  EXPECT_EQ(value_of(d, "volume"), "12 %");
  EXPECT_EQ(value_of(d, "muted"), "true");
  EXPECT_EQ(value_of(d, "media_title"), "\"Bản tin\"");
  EXPECT_EQ(time_of(d), "2026-01-05T02:01:00.000Z");
  EXPECT_EQ(value_of(e.hear("sonos/status/Phòng họp/state", "PAUSED_PLAYBACK"), "playback_state"), "\"paused\"");
  EXPECT_EQ(value_of(e.hear("sonos/status/a/renderingcontrol", R"({"Mute":{"Master":false},"Volume":{"Master":3}})"), "volume"), "3 %");
  EXPECT_EQ(value_of(e.hear("sonos/connected", "1"), "online"), "false");
  EXPECT_EQ(gist(e.hear("sonos/connected", "3")), "reject: connected is 0, 1 or 2");
  EXPECT_EQ(gist(e.hear("sonos/RINCON_1", "", true)), "ignore");
  EXPECT_EQ(gist(e.hear("sonos/RINCON_1", "{\"transportState\":")).substr(0, 16), "reject: not JSON");
}

TEST(sonos, commands) {
  ear e(decode_sonos);
  EXPECT_EQ(command_of(e.hear("sonos/cmd/notify", R"({"trackUri":"https://x/y.mp3"})")), "play_announcement -> ");
  EXPECT_EQ(gist(e.hear("sonos/cmd/pauseall", "")), "accept/command sonos");
  EXPECT_EQ(command_of(e.hear("sonos/set/kantoor/volume", "8")), "set_volume -> sonos/kantoor");
  EXPECT_EQ(gist(e.hear("sonos/RINCON_1/control", "{}")), "reject: a control message needs command");
  auto const d = e.hear("sonos/RINCON_1/error", R"({"command":"speak","error":"no TTS"})");
  EXPECT_EQ(value_of(d, "command_result"), "\"speak: no TTS\"");
}

}  // namespace
}  // namespace ioc::perceive
