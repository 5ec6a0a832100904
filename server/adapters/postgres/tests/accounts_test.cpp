#include "adapters/postgres/tests/cluster.hpp"

#include "adapters/postgres/accounts.hpp"
#include "adapters/postgres/migrate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

using namespace ioc;
using namespace ioc::postgres;
using namespace ioc::postgres::test;
using namespace std::chrono_literals;
using verdict = login_outcome::verdict;

namespace {

core::time_point const noon = *core::from_iso("2026-11-22T12:00:00Z");

class Accounts : public ::testing::Test {
 protected:
  Accounts() {
    migrate(o);
    user_account u;
    u.name = "lan";
    u.full_name = "Nguyễn Thị Lan";
    u.role = "duty_officer";
    u.unit = "03478";
    u.password_hash = "$argon2id$1";
    a.upsert_user(u);
  }
  cluster& pg = cluster::get();
  options const o = pg.options_for(pg.make_database());
  accounts a{open_pool(o)};
};

}  // namespace

TEST_F(Accounts, KeepsUsers) {
  auto u = a.find_user("lan");
  ASSERT_TRUE(u);
  EXPECT_EQ(u->full_name, "Nguyễn Thị Lan");
  EXPECT_TRUE(u->must_change);
  EXPECT_FALSE(a.find_user("Lan"));
  EXPECT_FALSE(a.find_user("' or ''='"));
  u->role = "officer";
  u->password_hash = "$argon2id$never";
  a.upsert_user(*u);
  EXPECT_EQ(a.find_user("lan")->role, "officer");
  EXPECT_EQ(a.find_user("lan")->password_hash, "$argon2id$1");  // only set_password changes it
  EXPECT_TRUE(a.set_password("lan", "$argon2id$2", false, noon));
  EXPECT_FALSE(a.set_password("nobody", "$argon2id$2", false, noon));
  EXPECT_EQ(a.find_user("lan")->password_hash, "$argon2id$2");
  EXPECT_FALSE(a.find_user("lan")->must_change);
  EXPECT_EQ(a.list_users(std::vector<std::string>{"03478"}).size(), 1u);
  EXPECT_TRUE(a.list_users(std::vector<std::string>{"99999"}).empty());
}

TEST_F(Accounts, LocksAfterFiveFailuresForFifteenMinutes) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(a.note_login("lan", false, noon).is, verdict::wrong);
  EXPECT_EQ(a.note_login("lan", true, noon).is, verdict::accepted);  // a success starts a new count
  for (int i = 0; i < 4; ++i) EXPECT_EQ(a.note_login("lan", false, noon).is, verdict::wrong);
  auto const fifth = a.note_login("lan", false, noon);
  EXPECT_EQ(fifth.is, verdict::locked);
  EXPECT_EQ(fifth.until, noon + 15min);
  EXPECT_EQ(a.note_login("lan", true, noon + 14min + 59s).is, verdict::locked);   // the right password does not help
  EXPECT_EQ(a.note_login("lan", false, noon + 14min).until, noon + 15min);        // and wrong ones do not prolong it
  EXPECT_EQ(a.note_login("lan", false, noon + 15min).is, verdict::wrong);         // then five new attempts
  EXPECT_EQ(a.note_login("lan", true, noon + 16min).is, verdict::accepted);
  EXPECT_EQ(a.find_user("lan")->last_login, noon + 16min);
  EXPECT_EQ(a.note_login("nobody", true, noon).is, verdict::wrong);
}

TEST_F(Accounts, CountsParallelGuessesOneByOne) {
  std::atomic<int> wrong{0}, locked{0};
  std::vector<std::thread> all;
  for (int i = 0; i < 12; ++i)
    all.emplace_back([&] { ++(a.note_login("lan", false, noon).is == verdict::wrong ? wrong : locked); });
  for (auto& t : all) t.join();
  EXPECT_EQ(wrong, 4);
  EXPECT_EQ(locked, 8);
  EXPECT_EQ(a.note_login("lan", true, noon).is, verdict::locked);
  a.set_password("lan", "$argon2id$3", true, noon);  // an administrator's new password unlocks
  EXPECT_EQ(a.note_login("lan", true, noon).is, verdict::accepted);
}

TEST_F(Accounts, KeepsSessionsUntilTheyEnd) {
  std::string const hash("\0\x01\xff\x7f", 4), other = "other";
  a.save_session({hash, "lan", "browser", noon, noon + 8h, noon});
  a.save_session({other, "lan", "token", noon, noon + 8h, noon});
  auto s = a.find_session(hash, noon + 1h);
  ASSERT_TRUE(s);
  EXPECT_EQ(s->token_hash, hash);
  EXPECT_EQ(s->user, "lan");
  EXPECT_EQ(s->kind, "browser");
  EXPECT_EQ(s->ends_at, noon + 8h);
  EXPECT_FALSE(a.find_session(hash, noon + 8h));
  a.touch_session(hash, noon + 2h);
  EXPECT_EQ(a.find_session(hash, noon + 3h)->last_used, noon + 2h);
  EXPECT_EQ(a.delete_sessions_of("lan", hash), 1);
  EXPECT_FALSE(a.find_session(other, noon));
  auto u = *a.find_user("lan");
  u.disabled = true;
  a.upsert_user(u);
  EXPECT_FALSE(a.find_session(hash, noon));
  u.disabled = false;
  a.upsert_user(u);
  EXPECT_TRUE(a.delete_session(hash));
  EXPECT_FALSE(a.delete_session(hash));
  a.save_session({hash, "lan", "browser", noon, noon + 1h, noon});
  a.delete_ended(noon + 1h);
  EXPECT_FALSE(a.delete_session(hash));
  EXPECT_THROW(a.save_session({"x", "nobody", "browser", noon, noon + 1h, noon}), std::runtime_error);
}

TEST_F(Accounts, AnswersARepeatedWriteOnce) {
  using is = key_state::is;
  EXPECT_EQ(a.claim_key("k", "lan", "hash", noon).state, is::fresh);
  EXPECT_EQ(a.claim_key("k", "lan", "hash", noon).state, is::running);
  EXPECT_EQ(a.claim_key("k", "lan", "other", noon).state, is::different);
  EXPECT_EQ(a.claim_key("k", "minh", "hash", noon).state, is::fresh);
  a.finish_key("k", "lan", 202, R"({"ok":true})");
  auto const again = a.claim_key("k", "lan", "hash", noon + 23h);
  EXPECT_EQ(again.state, is::done);
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(again.body, R"({"ok":true})");
  a.free_key("k", "minh");
  EXPECT_EQ(a.claim_key("k", "minh", "hash", noon).state, is::fresh);
  EXPECT_EQ(a.claim_key("k", "lan", "new", noon + 24h).state, is::fresh);  // a day later the key is free
  a.delete_ended(noon + 72h);
  EXPECT_EQ(a.claim_key("k", "lan", "third", noon + 25h).state, is::fresh);
}
