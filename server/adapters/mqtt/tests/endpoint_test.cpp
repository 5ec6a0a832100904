#include "adapters/mqtt/endpoint.hpp"

#include "adapters/mqtt/broker_save.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace ioc::mqtt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

options plain(std::string host) {
  options o;
  o.host = std::move(host);
  o.filters = {"ioc/v1/#"};
  return o;
}

std::string refusal(options const& o) {
  try {
    endpoint_uri(o);
  } catch (std::runtime_error const& e) {
    return e.what();
  }
  return {};
}

TEST(mqtt_endpoint, goes_in_plain_text_to_this_machine_only) {
  EXPECT_EQ(endpoint_uri(plain("127.0.0.1")), "tcp://127.0.0.1:1883");
  EXPECT_EQ(endpoint_uri(plain("localhost")), "tcp://localhost:1883");
  EXPECT_EQ(endpoint_uri(plain("::1")), "tcp://[::1]:1883");
  for (auto const* host : {"10.0.0.5", "broker.example", "localhost.example", "0.0.0.0"}) EXPECT_THAT(refusal(plain(host)), HasSubstr(host));
  auto o = plain("10.0.0.5");
  o.allow_plain_outside = true;
  EXPECT_EQ(endpoint_uri(o), "tcp://10.0.0.5:1883");
  o = plain("10.0.0.5");
  o.ca_file = "/etc/passwd";  // any readable file: only the scheme is judged here
  o.port = 8883;
  EXPECT_EQ(endpoint_uri(o), "ssl://10.0.0.5:8883");
}

TEST(mqtt_endpoint, names_what_cannot_work) {
  auto o = plain("localhost");
  o.ca_file = "/no/such/ca.pem";
  EXPECT_THAT(refusal(o), HasSubstr("/no/such/ca.pem cannot be read"));
  o = plain("localhost");
  o.key_file = "/etc/passwd";
  EXPECT_THAT(refusal(o), HasSubstr("CA file"));
  o = plain("localhost");
  o.filters = {"a/#/b"};
  EXPECT_THAT(refusal(o), HasSubstr("\"a/#/b\""));
  o.filters.clear();
  EXPECT_THAT(refusal(o), HasSubstr("no topic filter"));
  o = plain("localhost");
  o.session_expiry = std::chrono::seconds{0};
  EXPECT_THAT(refusal(o), HasSubstr("session expiry"));
}

TEST(mqtt_filters, valid_ones) {
  for (auto const* f : {"#", "+", "a", "a/+/b", "a/#", "/", "+/+", "a//b", "$SYS/#"}) EXPECT_TRUE(valid_filter(f)) << f;
  for (auto const* f : {"", "a#", "a/+b", "#/a", "a/#/b", "a/b#"}) EXPECT_FALSE(valid_filter(f)) << f;
}

TEST(mqtt_filters, cover_each_other) {
  struct row {
    char const* outer;
    char const* inner;
    bool yes;
  };
  for (auto const& r : {row{"a/#", "a/b", true}, {"a/#", "a", true}, {"a/#", "a/+/c", true}, {"a/+", "a/b", true}, {"a/+", "a/+", true},
                        {"#", "a/b", true}, {"#", "$SYS/x", false}, {"+/x", "$SYS/x", false}, {"a/b", "a/+", false}, {"a/+", "a/#", false},
                        {"a/+/c", "a/b", false}, {"a/b", "a/b/c", false}, {"a/+/#", "a", false}, {"a/+/#", "a/b", true}, {"a/#", "ab", false}})
    EXPECT_EQ(covers(r.outer, r.inner), r.yes) << r.outer << " " << r.inner;
}

TEST(mqtt_filters, of_overlapping_ones_the_wider_stays) {
  EXPECT_THAT(without_covered({"a/b", "a/#", "c", "c", "a/+/d", "e/+"}), ElementsAre("a/#", "c", "e/+"));
  EXPECT_THAT(without_covered({"a/+/c", "a/b/+"}), ElementsAre("a/+/c", "a/b/+"));
}

TEST(mqtt_save, signals_nothing_but_a_mosquitto) {
  auto const file = std::filesystem::temp_directory_path() / ("ioc-pid-" + std::to_string(::getpid()));
  EXPECT_THAT(ask_broker_to_save(file), HasSubstr("cannot be read"));
  std::ofstream(file) << ::getpid() << '\n';  // SIGUSR1 would end this test
  EXPECT_THAT(ask_broker_to_save(file), HasSubstr("is no mosquitto"));
  std::ofstream(file) << "-1\n";
  EXPECT_THAT(ask_broker_to_save(file), HasSubstr("cannot be read"));
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace ioc::mqtt
