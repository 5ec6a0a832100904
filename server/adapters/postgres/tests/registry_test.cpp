#include "adapters/postgres/tests/cluster.hpp"

#include "adapters/postgres/accounts.hpp"
#include "adapters/postgres/registry_store.hpp"
#include "adapters/postgres/writer.hpp"

#include <gtest/gtest.h>

using namespace ioc;
using namespace ioc::postgres;
using namespace ioc::postgres::test;
using namespace std::chrono_literals;

namespace {

std::string doc(std::string const& name) {
  return R"({"definition":{"name":")" + name + R"(","model":"gauge"},"withdrawn":false,"account":"active","account_by":"quantri",)"
         R"("account_at":"2027-07-24T16:50:00.123Z","created_by":"quantri","created_at":"2027-07-24T16:50:00.000Z","changed_by":null,"changed_at":null})";
}

batch change(std::uint64_t position, std::vector<registry_row> rows) {
  batch b;
  b.position = position;
  b.registry = std::move(rows);
  return b;
}

}  // namespace

TEST(Registry, RowsAppearWithTheirPositionAndGoWhenNothingDiffers) {
  auto& pg = cluster::get();
  auto const name = pg.make_database();
  auto const o = pg.options_for(name);
  writer w(o, {});
  w.start();
  w.submit(change(10, {{"03478", "WL-01", doc("Trạm một")}, {"03478", "WL-02", doc("hai")}, {"03478", "WL-01", doc(R"(Trạm \"một\" mới)")}}));
  ASSERT_TRUE(w.drain(20s));
  auto const p = open_pool(o);
  auto rows = read_registry(p);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_NE(rows[0].doc.find("Trạm \\\"một\\\" mới"), std::string::npos) << "the later of two wins: " << rows[0].doc;
  EXPECT_NE(rows[0].doc.find("\"account_at\": \"2027-07-24T16:50:00.123Z\""), std::string::npos) << rows[0].doc;
  EXPECT_EQ(pg.sql(name, "select position from position"), "10");

  w.submit(change(20, {{"03478", "WL-02", ""}}));
  ASSERT_TRUE(w.drain(20s));
  EXPECT_EQ(read_registry(p).size(), 1u);
  // A row that PostgreSQL cannot hold keeps nobody else's back.
  w.submit(change(30, {{"03478", "BAD", "{no json"}, {"03478", "WL-03", doc("ba")}}));
  ASSERT_TRUE(w.drain(20s));
  EXPECT_EQ(pg.sql(name, "select string_agg(device, ',' order by device) from registry_device"), "WL-01,WL-03");
  EXPECT_EQ(pg.sql(name, "select topic from rejected"), "registry/BAD");
  w.submit(change(30, {{"03478", "WL-09", doc("x")}}));  // a position that is known: its rows are there
  w.drain(20s);
  EXPECT_EQ(read_registry(p).size(), 2u);
  w.stop();
}

TEST(Registry, KeysOfAProcessThatIsGoneAreFree) {
  auto& pg = cluster::get();
  auto const o = pg.options_for(pg.make_database());
  {
    writer w(o, {});
    w.start();
    w.stop();
  }
  accounts a(open_pool(o));
  auto const now = *core::from_iso("2027-07-24T16:50:00Z");
  EXPECT_EQ(a.claim_key("k", "lan", "print", now).state, key_state::is::fresh);
  EXPECT_EQ(a.claim_key("done", "lan", "print", now).state, key_state::is::fresh);
  a.finish_key("done", "lan", 200, "{}");
  EXPECT_EQ(a.claim_key("k", "lan", "print", now).state, key_state::is::running);
  a.free_unfinished_keys();
  EXPECT_EQ(a.claim_key("k", "lan", "print", now).state, key_state::is::fresh);
  EXPECT_EQ(a.claim_key("done", "lan", "print", now).state, key_state::is::done);
}
