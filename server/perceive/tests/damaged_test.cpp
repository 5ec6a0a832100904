#include "perceive/json_read.hpp"
#include "perceive/tests/decode_support.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <utility>

namespace ioc::perceive {
namespace {

// Every topic of the vectors with bytes that are no text: none is taken, none is passed over in silence.
TEST(damaged, bytes_that_are_no_text_are_refused_by_every_dialect) {
  std::set<std::pair<std::string, std::string>> topics;
  for (auto const* file : {"device-payloads", "networks-and-platforms"}) {
    std::ifstream in(std::string(IOC_SOURCE_DIR "/tests/vectors/") + file + ".jsonl");
    for (std::string line; std::getline(in, line);) {
      json_text const doc(line);
      if (!doc.ok()) continue;
      topics.emplace(*text(member(&doc.root, "family")), *text(member(&doc.root, "topic")));
    }
  }
  std::set<std::string> families;
  auto const binary = [](std::string const& topic) {
    for (std::string_view s : {"/snapshot", "/thumbnail", "/preview", "/cover", "/PICT"})
      if (topic.ends_with(s)) return true;
    return topic.find("/ssnc/") != topic.npos || topic.find("/core/") != topic.npos || topic.find("audioServer") != topic.npos || topic.find("audioFrame") != topic.npos;
  };
  for (auto const& [family, topic] : topics) {
    auto const decode = find_family(family);
    ASSERT_TRUE(decode) << family;
    families.insert(family);
    decoder_settings settings;
    auto const outcome = [&](std::string const& payload, bool retain) {
      dialect_memory memory;
      return decode({topic, payload, core::from_ms(1'800'000'000'000), retain, &settings, &memory, "gw"});
    };
    for (bool const retain : {false, true}) {
      auto const d = outcome(std::string(500, '\0'), retain);
      bool const by_design = d.outcome == decode_outcome::ignore && family == "sparkplug-b" && retain;  // nothing of it is ever read
      EXPECT_TRUE(by_design || d.outcome == decode_outcome::reject) << family << " " << topic << ": " << d.reason;
      if (d.outcome == decode_outcome::reject) { EXPECT_FALSE(d.reason.empty()); }
    }
    if (binary(topic) || family == "sparkplug-b" || family == "hermes-audio") continue;
    for (std::string const& payload : {std::string("\x01\x02\x03\x04"), std::string("21.5\0x", 6), std::string("{\"temperature\":\"\xff\xfe\"}"), std::string("\xc3\x28")})
      EXPECT_EQ(outcome(payload, false).outcome, decode_outcome::reject) << family << " " << topic;
  }
  EXPECT_GE(families.size(), 35u);
}

TEST(damaged, a_mark_of_shairport_is_short) {
  auto const decode = find_decoder("shairport");
  dialect_memory memory;
  decoder_settings settings;
  auto const outcome = [&](std::string const& topic, std::string const& payload) {
    return decode({topic, payload, core::from_ms(1'800'000'000'000), false, &settings, &memory, "gw"}).outcome;
  };
  for (auto const* topic : {"loa/play_start", "loa/ssnc/pbeg"}) {
    EXPECT_EQ(outcome(topic, ""), decode_outcome::accept);
    EXPECT_EQ(outcome(topic, "--"), decode_outcome::accept);
    EXPECT_EQ(outcome(topic, std::string(300'000, 'x')), decode_outcome::reject);
    EXPECT_EQ(outcome(topic, "\xff\xfe"), decode_outcome::reject);
    EXPECT_EQ(outcome(topic, "\x01\x02"), decode_outcome::reject);
    EXPECT_EQ(outcome(topic, std::string(500, '\0')), decode_outcome::reject);
  }
  EXPECT_EQ(outcome("loa/cover", "\xff\xd8\xff\xe0"), decode_outcome::ignore) << "an image";
  EXPECT_EQ(outcome("loa/core/astm", std::string(4, '\0')), decode_outcome::ignore) << "a number";
}

}  // namespace
}  // namespace ioc::perceive
