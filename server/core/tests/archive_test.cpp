#include "core/advice.hpp"
#include "core/alert.hpp"
#include "core/archive.hpp"

#include <gtest/gtest.h>

using namespace ioc::core;

namespace {

template <class T>
std::string bytes_of(T const& v) {
  archive_writer w;
  w(v);
  return w.take();
}

action sample() {
  action a;
  a.id = name_uuid("a");
  a.unit = "03478";
  a.command = "siren.on";
  a.args = {{"level", 2.5}, {"mode", std::string{"wail"}}, {"on", true}, {"none", std::monostate{}}};
  a.approved_at = from_ms(1800000000123);
  a.targets.push_back({"SIREN-01", target_state::sent, "", 2, from_ms(1), std::nullopt, from_ms(2), std::nullopt, "x"});
  return a;
}

TEST(archive, what_is_written_reads_back_the_same) {
  auto const before = sample();
  auto const bytes = bytes_of(before);
  action after;
  archive_reader r{bytes};
  r(after);
  EXPECT_TRUE(r.done());
  EXPECT_EQ(bytes_of(after), bytes);
  EXPECT_EQ(after.args, before.args);
  EXPECT_EQ(after.targets.at(0).attempts, 2);
  EXPECT_EQ(after.approved_at, before.approved_at);
}

TEST(archive, every_cut_is_refused_and_never_read_past) {
  auto const bytes = bytes_of(sample());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    archive_reader r{std::string_view{bytes}.substr(0, n)};
    action a;
    EXPECT_THROW(r(a), archive_error) << "cut at " << n;
  }
}

TEST(archive, an_impossible_length_is_refused) {
  archive_writer w;
  w(std::uint64_t{1} << 60);
  auto const bytes = w.take();
  archive_reader r{bytes};
  std::vector<std::string> v;
  EXPECT_THROW(r(v), archive_error);
}

TEST(archive, equal_maps_give_equal_bytes_whatever_their_order) {
  std::unordered_map<std::string, int> a, b;
  for (int i = 0; i < 100; ++i) a[std::to_string(i)] = i;
  for (int i = 99; i >= 0; --i) b[std::to_string(i)] = i;
  EXPECT_EQ(bytes_of(a), bytes_of(b));
}

}  // namespace
