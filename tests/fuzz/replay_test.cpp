// Every build plays the real messages, and simple damage to them, through every decoder: what libFuzzer does for long, in seconds.
#include "vectors_file.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ioc::fuzz {
namespace {

std::vector<seed> const& all_seeds() {
  static auto const s = seeds();
  return s;
}

void expect_fine(std::string_view target, std::vector<message> const& m, std::string const& what) {
  auto const why = complaint(target, m);
  EXPECT_TRUE(why.empty()) << what << ": " << why;
}

// The decoders that a family's messages belong to; `find_family` knows the function, the name is found by it.
std::vector<std::string> targets_of(std::string const& family) {
  std::vector<std::string> out{"json_read", "xml_read"};
  auto const f = perceive::find_family(family);
  for (auto const n : perceive::decoder_names())
    if (f && perceive::find_decoder(n) == f) out.emplace_back(n);
  return out;
}

std::string nested(std::string_view open, std::string_view middle, std::string_view close, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += open;
  out += middle;
  for (std::size_t i = 0; i < times; ++i) out += close;
  return out;
}

// What must be refused, or passed over, by everybody.
std::vector<std::string> monsters() {
  std::string const digits(400, '9');
  return {
      "", "null", "true", "[]", "{}", "\"\"", "0", "-0", "NaN", "nan", "inf", "-inf", "Infinity", "1e999", "-1e999", "0x10", "1,5", digits, digits + "e" + digits,
      "{\"value\":" + digits + "}", "{\"state\":1e999,\"ts\":1e999,\"timestamp\":-1e308}", "[" + digits + "]", "{\"a\":NaN}", "\xEF\xBB\xBF", std::string(3, '\0'),
      std::string("{\"a\":1}\0\0", 9), "\xFF\xFE{\"a\":1}", "{\"a\":\"\xC3\x28\"}", "\xED\xA0\x80", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\u0000\"}",
      nested("[", "", "]", 63), nested("[", "", "]", 65), nested("[", "", "]", 100'000), nested("{\"a\":", "1", "}", 100'000), nested("<a>", "", "</a>", 10'000),
      "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a>&#0;</a>", "<a>&#x110000;</a>", "<a b='&lt;'>&amp;</a>", "<alert>", "<a/><b/>", std::string(300'000, 'x'),
      std::string(300'000, '{'), "{\"a\":\"" + std::string(300'000, 'y') + "\"}", std::string("RIFF\0\0\0\0WAVE", 12), "\xFF\xD8\xFF\xE0JFIF", "--", "None", "unavailable", "ON", "1.5",
      "-144.00,0.00,0.00,0.00", "{\"Frame\":" + nested("[", "{}", "]", 60) + "}",
  };
}

TEST(fuzz_replay, every_message_through_every_decoder) {
  ASSERT_GE(all_seeds().size(), 161u);
  for (auto const& s : all_seeds())
    for (auto const& target : target_names()) expect_fine(target, s.messages, s.id);
}

TEST(fuzz_replay, damaged_messages) {
  std::mt19937 dice(20260105);
  auto const roll = [&](std::size_t n) { return n ? static_cast<std::size_t>(dice() % n) : 0; };
  for (auto const& s : all_seeds())
    for (auto const& target : targets_of(s.family))
      for (int round = 0; round < 60; ++round) {
        auto m = s.messages;
        auto& p = m.back().payload;
        auto& t = m.back().topic;
        switch (round % 6) {
          case 0: p.resize(roll(p.size() + 1)); break;
          case 1:
            for (int i = 0; i < 3 && !p.empty(); ++i) p[roll(p.size())] ^= static_cast<char>(1u << roll(8));
            break;
          case 2:
            // A number becomes too large for anything.
            if (auto const at = p.find_first_of("0123456789", roll(p.size() + 1)); at != std::string::npos) p.insert(at, std::string(400, '9'));
            break;
          case 3:
            if (!p.empty()) p.insert(roll(p.size()), p.substr(roll(p.size()), 40));
            break;
          case 4: t.resize(roll(t.size() + 1)); break;
          case 5:
            if (auto const at = t.find('/', roll(t.size() + 1)); at != std::string::npos) t.insert(at, round % 2 ? "/" : "/x/&/$");
            m.back().retain = !m.back().retain;
            break;
        }
        expect_fine(target, m, s.id + " round " + std::to_string(round));
      }
}

TEST(fuzz_replay, monsters_on_real_topics) {
  auto const payloads = monsters();
  for (auto const& s : all_seeds())
    for (auto const& target : targets_of(s.family)) {
      if (target == "json_read" || target == "xml_read") continue;
      for (std::size_t i = 0; i < payloads.size(); ++i) {
        auto m = s.messages;
        m.back().payload = payloads[i];
        expect_fine(target, m, s.id + " monster " + std::to_string(i));
      }
    }
  for (auto const& p : payloads)
    for (auto const& target : target_names()) expect_fine(target, {{nested("a/", "b", "", 60), p, false}, {"", p, true}, {"/", p, false}, {std::string(60'000, '/'), p, false}}, "monster on odd topics");
}

TEST(fuzz_replay, a_finding_is_told) {
  EXPECT_FALSE(complaint("morse", {{"a", "b", false}}).empty());
  auto const two = messages_of(input_of({{"a", "1", false}, {"b", "2", false}}));
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[1].topic, "b");
  EXPECT_EQ(two[1].payload, "2");
  auto const one = messages_of("c");
  ASSERT_EQ(one.size(), 2u);
  EXPECT_EQ(one[0].payload, "c");
  EXPECT_TRUE(one[1].retain);
}

}  // namespace
}  // namespace ioc::fuzz
