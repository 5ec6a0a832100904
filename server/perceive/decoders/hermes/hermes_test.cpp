#include "perceive/decoders/hermes/hermes.hpp"
#include "perceive/tests/decode_support.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

using test::command_of, test::ear, test::gist, test::time_of, test::value_of;

TEST(hermes, real_messages) { test::expect_vectors("hermes-audio", 2); }

TEST(hermes, microphones_and_answers) {
  ear e(decode_hermes);
  std::string const wav("RIFF\x24\0\0\0WAVEfmt ", 16);
  EXPECT_EQ(gist(e.hear("hermes/audioServer/a/audioFrame", wav)), "ignore");
  EXPECT_EQ(gist(e.hear("hermes/audioServer/a/s1/audioSessionFrame", wav)), "ignore");
  EXPECT_EQ(gist(e.hear("hermes/audioServer/a/playBytes/r1", "MP3?")), "reject: playBytes carries a WAV file");
  EXPECT_EQ(command_of(e.hear("hermes/audioServer/a/playBytes/r1", wav)), "play_audio -> hermes/audioServer/a/playFinished");
  auto const ours = e.hear("hermes/audioServer/a/playFinished", R"({"id":"6f1ed002-ab5a-4d1c-8d3e-2f5d0a1c9b11"})");
  ASSERT_EQ(ours.elements.front().replies.size(), 1u);
  EXPECT_EQ(ours.elements.front().replies.front().state, core::ack_state::succeeded);
  EXPECT_TRUE(e.hear("hermes/audioServer/a/playFinished", R"({"id":"req-1"})").elements.front().replies.empty());
  EXPECT_EQ(gist(e.hear("hermes/audioServer/a/playFinished", "ok")).substr(0, 16), "reject: not JSON");
  EXPECT_EQ(command_of(e.hear("hermes/tts/say", R"({"text":"Chú ý","siteId":"nhavanhoa","id":"t1"})")), "play_tts -> hermes/tts/sayFinished");
  EXPECT_EQ(gist(e.hear("hermes/tts/sayFinished", R"({"id":"t1","siteId":"nhavanhoa"})")), "accept/command nhavanhoa");
  EXPECT_EQ(value_of(e.hear("hermes/error/audioServer/play", R"({"error":"no device","siteId":"a","context":"r1"})"), "command_status"), "\"failed\"");
  EXPECT_EQ(gist(e.hear("hermes/hotword/x/detected", "{}")), "ignore");
}

}  // namespace
}  // namespace ioc::perceive
