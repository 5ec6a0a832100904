#include "pipeline/pipeline.hpp"

#include <gtest/gtest.h>

#include <random>

using namespace ioc;
using namespace std::chrono_literals;

namespace {

core::time_point at(double s) { return core::from_ms(1'800'000'000'000) + core::from_seconds(s); }

core::device device(std::string id, std::string type) {
  core::device d;
  d.unit = "03478";
  d.id = std::move(id);
  d.type = std::move(type);
  d.zone = "Z1";
  return d;
}

// One commune with a gauge, a siren that an approved playbook starts, and a heartbeat rule.
struct site {
  pipeline::unit_config config;
  std::shared_ptr<perceive::catalogue const> catalogue;

  site() {
    config.unit.code = "03478";
    config.unit.zones = {{"Z1", {"ven suối", "streamside"}}};
    config.devices = {device("WL-01", "water_level_gauge"), device("S-01", "siren")};
    alert::rule high;
    high.id = "high";
    high.devices = {"WL-01"};
    high.metric = "water_level";
    high.value = 3.5;
    high.hold = 10s;
    high.severity = core::severity::emergency;
    alert::rule silent;
    silent.id = "silent";
    silent.type = alert::rule_type::stale;
    silent.devices = {"WL-01"};
    silent.timeout = 60s;
    silent.order = 1;
    config.rules = {high, silent};
    config.policy.ack_limit[core::severity::emergency] = 60s;
    config.policy.escalate_to = "commune_leader";
    advise::playbook book;
    book.id = "evacuate";
    book.rule = "high";
    book.approver = "commune_leader";
    core::playbook_step step;
    step.kind = core::step_kind::command;
    step.command = "siren.on";
    step.targets = {"S-01", "commune_group"};
    book.steps = {step};
    config.playbooks = {book};
    perceive::source_info native;
    native.name = native.decoder = "native";
    native.filters = {"ioc/v1/+/+/+"};
    perceive::metric_info level;
    level.name = "water_level";
    level.unit = "m";
    level.aliases = {"level"};
    catalogue = std::make_shared<perceive::catalogue const>(perceive::catalogue::make({level}, {native}, {}, {config.unit}, config.devices));
  }
};

core::raw_message message(double t, std::string topic, std::string payload) {
  core::raw_message m;
  m.topic = std::move(topic);
  m.payload = std::move(payload);
  m.qos = 1;
  m.arrival = at(t);
  return m;
}

core::raw_message level(double t, double v, int seq) {
  return message(t, "ioc/v1/03478/WL-01/telemetry",
                 "{\"ts\":" + std::to_string(core::to_ms(at(t))) + ",\"seq\":" + std::to_string(seq) + ",\"values\":{\"level\":" + std::to_string(v) + "}}");
}

struct bench {
  site s;
  pipeline::pipeline p{s.catalogue, {s.config}, at(0)};
  std::vector<std::string> log;
  std::vector<core::command_send> sends;
  std::optional<core::uuid> recommendation, alert_id;

  void note(pipeline::site_outcomes const& out) {
    for (auto const& [unit, o] : out) {
      for (auto const& c : o.alerts.alerts) {
        log.push_back(core::to_iso(c.at) + " " + std::string{core::to_text(c.what)} + " " + c.alert.rule + " " + c.alert.id.text() + " v" + std::to_string(c.alert.version));
        if (c.what == core::alert_event::raised) alert_id = c.alert.id;
      }
      for (auto const& r : o.recommendations) {
        log.push_back("recommendation " + r.playbook + " " + std::string{core::to_text(r.state)});
        recommendation = r.id;
      }
      for (auto const& a : o.acts.actions) log.push_back("action " + a.command + " " + a.state() + " v" + std::to_string(a.version));
      for (auto const& x : o.acts.sends) {
        log.push_back("send " + x.target + " " + std::to_string(x.attempt));
        sends.push_back(x);
      }
    }
  }
  perceive::verdict hear(core::raw_message const& m) {
    pipeline::site_outcomes out;
    auto v = p.hear(m, out);
    note(out);
    return v;
  }
  void tick(double t) {
    pipeline::site_outcomes out;
    p.tick(at(t), out);
    note(out);
  }
  pipeline::operation_result approve(double t, std::string role) {
    pipeline::operation op;
    op.kind = pipeline::operation_kind::approve_recommendation;
    op.id = recommendation.value_or(core::uuid{});
    op.unit = "03478";
    op.by = op.role = std::move(role);
    op.at = at(t);
    pipeline::site_outcomes out;
    auto const r = p.operate(op, out);
    note(out);
    return r;
  }
  void ack(core::command_send const& sent, double t) {
    hear(message(t, "ioc/v1/03478/" + sent.target + "/ack", "{\"id\":\"" + sent.id.text() + "\",\"state\":\"succeeded\"}"));
  }
  bool said(std::string const& what) const {
    return std::any_of(log.begin(), log.end(), [&](auto const& l) { return l.find(what) != std::string::npos; });
  }
};

TEST(pipeline, a_reading_becomes_an_alert_a_recommendation_a_command_and_an_answer) {
  bench b;
  b.hear(level(1, 3.6, 1));
  EXPECT_TRUE(b.log.empty());
  b.tick(11);
  ASSERT_TRUE(b.said("raised high"));
  ASSERT_TRUE(b.recommendation);
  EXPECT_TRUE(b.sends.empty());
  EXPECT_EQ(b.approve(12, "duty_officer"), pipeline::operation_result::not_allowed);
  EXPECT_TRUE(b.sends.empty());
  EXPECT_EQ(b.approve(13, "commune_leader"), pipeline::operation_result::done);
  ASSERT_EQ(b.sends.size(), 2u);
  b.ack(b.sends[0], 14);
  EXPECT_FALSE(b.said("action siren.on succeeded"));
  b.ack(b.sends[1], 14);  // a chat group: no registered device, its answer counts all the same
  EXPECT_TRUE(b.said("action siren.on succeeded"));
  EXPECT_EQ(b.approve(15, "commune_leader"), pipeline::operation_result::illegal);
}

TEST(pipeline, who_may_not_approve_a_command_may_not_veto_it) {
  bench b;
  b.hear(level(1, 3.6, 1));
  b.tick(11);
  ASSERT_TRUE(b.recommendation);
  auto const reject = [&](double t, std::string role) {
    pipeline::operation op;
    op.kind = pipeline::operation_kind::reject_action;
    op.id = b.p.unit("03478")->advice().find(*b.recommendation)->actions.at(0);
    op.unit = "03478";
    op.by = op.role = std::move(role);
    op.at = at(t);
    pipeline::site_outcomes out;
    return b.p.operate(op, out);
  };
  EXPECT_EQ(reject(12, "duty_officer"), pipeline::operation_result::not_allowed);
  EXPECT_EQ(reject(13, "commune_leader"), pipeline::operation_result::done);
  EXPECT_EQ(reject(14, "commune_leader"), pipeline::operation_result::illegal);
}

TEST(pipeline, a_duplicate_changes_nothing) {
  bench b;
  b.hear(level(1, 3.6, 1));
  EXPECT_EQ(b.hear(level(1, 3.6, 1)).what, perceive::outcome::duplicate);
  auto const t = b.p.ears().counts().total();
  EXPECT_EQ(t.messages.received(), 2u);
  EXPECT_EQ(t.messages.stored, 1u);
}

TEST(pipeline, held_timers_fire_at_their_own_time_once_the_hold_is_over) {
  bench b;
  b.p.hold_timers(at(100));
  b.tick(99);
  EXPECT_TRUE(b.log.empty());
  b.hear(level(99.5, 1, 1));
  b.tick(100);
  EXPECT_TRUE(b.log.empty());  // it had been speaking all along: the message waited in the broker
  b.tick(160);
  EXPECT_TRUE(b.said("raised silent"));
}

TEST(pipeline, a_retained_copy_raises_no_alarm_and_proves_no_life) {
  bench b;
  auto m = level(1, 3.6, 1);
  m.retain = true;
  b.hear(m);
  b.tick(59);
  EXPECT_TRUE(b.log.empty());
  b.tick(60);
  EXPECT_TRUE(b.said("raised silent"));
  EXPECT_FALSE(b.said("raised high"));
}

int kind_of(std::string const& line) { return line.starts_with("20") ? 0 : line.starts_with("rec") ? 1 : line.starts_with("act") ? 2 : 3; }

// What a restart does: the saved state, then the records behind it. Ticks between the records come at other times, or not at all.
TEST(pipeline, restarted_at_random_points_it_gives_the_same_log) {
  std::size_t raised = 0, sent = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random{seed};
    bench straight;
    auto broken = std::make_unique<bench>();
    double t = 0;
    for (int i = 1; i <= 300; ++i) {
      auto const step = 0.5 + static_cast<double>(random() % 40);
      if (random() % 2) straight.tick(t + step * 0.7);  // the server was idle once in a while
      t += step;
      auto const m = level(t, 3 + static_cast<double>(random() % 10) / 10, i);
      bool const approves = random() % 3 == 0;
      for (auto* b : {&straight, broken.get()}) {
        b->hear(m);
        if (approves) b->approve(t + 0.1, i % 2 ? "commune_leader" : "duty_officer");
      }
      if (random() % 5 == 0) {  // killed: a new process with the saved state, and what the test itself has noted
        auto next = std::make_unique<bench>();
        next->p.restore(broken->p.save());
        next->log = std::move(broken->log);
        next->sends = std::move(broken->sends);
        next->recommendation = broken->recommendation;
        broken = std::move(next);
      }
    }
    straight.tick(t + 1000);
    broken->tick(t + 1000);
    // A tick that fires several instants at once lists their alerts before their commands: compare kind by kind.
    for (auto* b : {&straight, broken.get()})
      std::stable_sort(b->log.begin(), b->log.end(), [](auto const& x, auto const& y) { return kind_of(x) < kind_of(y); });
    ASSERT_EQ(straight.log, broken->log) << "seed " << seed;
    raised += static_cast<std::size_t>(std::count_if(straight.log.begin(), straight.log.end(), [](auto const& l) { return l.find("raised") != std::string::npos; }));
    sent += straight.sends.size();
  }
  EXPECT_GT(raised, 200u);
  EXPECT_GT(sent, 50u);
}

// A batch of one record a minute over three hours, arriving at its end; `danger` = minutes at which the water is high.
core::raw_message three_hours(std::vector<int> const& danger) {
  std::string batch = "[";
  for (int minute = 0; minute <= 180; ++minute) {
    bool const high = std::find(danger.begin(), danger.end(), minute) != danger.end();
    batch += (minute ? "," : "") + std::string{"{\"ts\":"} + std::to_string(core::to_ms(at(minute * 60.0))) + ",\"seq\":" + std::to_string(minute + 1) +
             ",\"values\":{\"level\":" + (high ? "3.8" : "1.2") + "}}";
  }
  return message(180 * 60.0, "ioc/v1/03478/WL-01/telemetry", batch + "]");
}

TEST(late_data, a_batch_that_ends_in_calm_is_history_and_sends_nothing) {
  bench b;
  auto const v = b.hear(three_hours({30, 31, 32, 90, 91, 92}));
  EXPECT_EQ(v.records.stored, 181u);
  EXPECT_EQ(b.sends.size(), 0u);
  EXPECT_FALSE(b.recommendation);
  int raised = 0;
  for (auto const& l : b.log) raised += l.find(" raised high ") != std::string::npos;
  EXPECT_EQ(raised, 2);
  for (auto const& [id, a] : b.p.unit("03478")->alerts().open()) {
    if (a.rule != "high") continue;
    EXPECT_TRUE(a.retrospective);
    EXPECT_FALSE(a.active());
    EXPECT_FALSE(a.ack_due);
    EXPECT_EQ(a.raised_at, at(90 * 60 + 10));
    EXPECT_EQ(a.cleared_at, at(93 * 60));
    EXPECT_EQ(a.occurrences, 2);
  }
  b.tick(181 * 60);
  EXPECT_FALSE(b.said("escalated"));
}

TEST(late_data, a_batch_that_ends_in_danger_raises_one_live_alert_with_its_true_time) {
  bench b;
  std::vector<int> high;
  for (int m = 100; m <= 180; ++m) high.push_back(m);
  b.hear(three_hours(high));
  ASSERT_TRUE(b.recommendation);
  std::vector<core::alert> live;
  for (auto const& [id, a] : b.p.unit("03478")->alerts().open())
    if (a.rule == "high") live.push_back(a);
  ASSERT_EQ(live.size(), 1u);
  EXPECT_FALSE(live[0].retrospective);
  EXPECT_EQ(live[0].raised_at, at(100 * 60 + 10));
  EXPECT_EQ(live[0].known_at, at(180 * 60));
  EXPECT_EQ(live[0].ack_due, at(180 * 60 + 60));  // people have known of it since it came
  EXPECT_EQ(b.approve(180 * 60 + 5, "commune_leader"), pipeline::operation_result::done);
  EXPECT_EQ(b.sends.size(), 2u);
}

TEST(late_data, a_backlog_behind_live_readings_is_judged_beside_them) {
  bench b;
  b.hear(level(10'000, 1.0, 100));
  for (int i = 0; i < 60; ++i) b.hear(level(10'000 - 3600 + i * 60, i >= 20 && i < 30 ? 3.9 : 1.0, 40 + i));
  int raised = 0;
  for (auto const& [id, a] : b.p.unit("03478")->alerts().open())
    if (a.rule == "high") {
      ++raised;
      EXPECT_TRUE(a.retrospective);
      EXPECT_EQ(a.raised_at, at(10'000 - 3600 + 20 * 60 + 10));
      EXPECT_EQ(a.cleared_at, at(10'000 - 3600 + 30 * 60));
    }
  EXPECT_EQ(raised, 1);
  EXPECT_TRUE(b.sends.empty());
  EXPECT_FALSE(b.recommendation);
  EXPECT_EQ(b.p.ears().view({"03478", "WL-01"})->latest.at("water_level").t, at(10'000));

  // Saved and restored in the middle of it, the lane goes on.
  bench c;
  c.hear(level(10'000, 1.0, 100));
  for (int i = 0; i < 60; ++i) {
    c.hear(level(10'000 - 3600 + i * 60, i >= 20 && i < 30 ? 3.9 : 1.0, 40 + i));
    auto const saved = c.p.save();
    pipeline::pipeline again{c.s.catalogue, {c.s.config}, at(0)};
    again.restore(saved);
    ASSERT_EQ(again.save(), saved);
    c.p.restore(saved);
  }
  EXPECT_EQ(b.log, c.log);
}

std::vector<core::alert> open_of(bench const& b, std::string const& rule) {
  std::vector<core::alert> out;
  for (auto const& [id, a] : b.p.unit("03478")->alerts().open())
    if (a.rule == rule) out.push_back(a);
  return out;
}

// One that comes at `arrival`, later than it was said.
core::raw_message late(double arrival, double t, double v, int seq) {
  auto m = level(t, v, seq);
  m.arrival = at(arrival);
  return m;
}

TEST(late_data, what_history_shows_and_what_is_live_are_one_open_alert) {
  bench b;
  b.hear(level(10'000, 1.0, 100));
  for (int i = 0; i < 20; ++i) b.hear(late(10'001, 9'000 + i * 10, 3.9, 10 + i));
  auto open = open_of(b, "high");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_TRUE(open[0].retrospective && open[0].active());
  auto const before = open[0].id;
  b.hear(level(10'010, 1.0, 101));
  b.hear(level(10'020, 3.8, 102));
  b.tick(10'030);
  open = open_of(b, "high");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_FALSE(open[0].retrospective);
  EXPECT_EQ(open[0].raised_at, at(10'030));
  EXPECT_EQ(open[0].occurrences, 2u);
  EXPECT_EQ(open[0].ack_due, at(10'090));
  EXPECT_TRUE(b.said("closed high " + before.text()));
  b.hear(late(10'031, 9'500, 1.0, 40));  // the lane's alert ends: it is closed already
  EXPECT_EQ(open_of(b, "high").size(), 1u);
  EXPECT_FALSE(b.said("cleared high"));
}

TEST(late_data, an_earlier_one_found_while_one_is_live_is_recorded_and_closes_into_it) {
  for (bool const over : {false, true}) {
    bench b;
    b.hear(level(10'000, 3.8, 100));
    b.tick(10'010);
    if (over) b.hear(level(10'020, 1.0, 101));
    auto const live = open_of(b, "high").at(0);
    EXPECT_EQ(live.active(), !over);
    for (int i = 0; i < 20; ++i) b.hear(late(10'021, 9'000 + i * 10, i < 15 ? 3.9 : 1.0, 10 + i));
    auto const open = open_of(b, "high");
    ASSERT_EQ(open.size(), 1u) << over;
    EXPECT_EQ(open[0].id, live.id);
    EXPECT_FALSE(open[0].retrospective);
    EXPECT_EQ(open[0].occurrences, 2u);
    EXPECT_EQ(open[0].active(), !over);
    EXPECT_TRUE(b.said(core::to_iso(at(9'010)) + " raised high"));
    EXPECT_TRUE(b.said(core::to_iso(at(10'010)) + " closed high"));
  }
}

TEST(presence, nobody_is_silent_because_the_broker_was_away) {
  bench b;
  b.hear(level(1, 1.0, 1));
  b.p.deaf(at(20));
  b.tick(200);
  EXPECT_FALSE(b.said("raised silent"));
  EXPECT_EQ(b.p.presence_of(b.s.config.devices[0], at(200)).is, perceive::presence::online);  // nobody knows its pace
  b.p.hears(at(300), true);
  b.tick(301);
  EXPECT_TRUE(b.said("raised silent")) << "it has no pace that could be waited for";

  bench patient;
  auto gauge = patient.s.config.devices[0];
  gauge.expected_interval = 20s;
  patient.s.config.devices = {gauge, patient.s.config.devices[1]};
  patient.p.~pipeline();
  new (&patient.p) pipeline::pipeline{patient.s.catalogue, {patient.s.config}, at(0)};
  patient.hear(level(1, 1.0, 1));
  patient.p.deaf(at(20));
  patient.p.hears(at(300), true);
  patient.tick(340);
  EXPECT_FALSE(patient.said("raised silent"));
  patient.hear(level(350, 1.0, 2));
  patient.tick(400);
  EXPECT_FALSE(patient.said("raised silent"));
  patient.tick(411);
  EXPECT_TRUE(patient.said("raised silent")) << "silent since 350, heard all the time";
}

TEST(presence, a_restart_with_the_session_kept_lengthens_no_silence) {
  bench b;
  b.hear(level(1, 1.0, 1));
  b.p.deaf(at(20));
  b.p.hears(at(25), false);
  b.tick(60.9);
  EXPECT_FALSE(b.said("raised silent"));
  b.tick(61);
  EXPECT_TRUE(b.said("raised silent"));
}

TEST(flood, is_refused_unread_reported_once_and_leaves_the_others_alone) {
  bench b;
  int refused = 0, told = 0;
  // 6,000 a second for 20 s against a quota of 1,000 and a burst of 30,000.
  for (int i = 0; i < 120'000; ++i) {
    auto const v = b.hear(level(i / 6000.0, 1.0, i + 1));
    refused += v.what == perceive::outcome::rejected;
    told += v.flooding.has_value();
    if (v.flooding) {
      EXPECT_EQ(v.flooding->who, (core::device_ref{"03478", "WL-01"}));
      EXPECT_EQ(v.flooding->refused, static_cast<std::uint64_t>(refused));
    }
    if (i % 6000 == 0) { EXPECT_EQ(b.hear(message(i / 6000.0, "ioc/v1/03478/S-01/status", i % 12000 ? "online" : "{\"state\":\"online\"}")).what, perceive::outcome::stored); }
  }
  EXPECT_NEAR(refused, 120'000 - 30'000 - 20'000, 100);
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(b.said("raised system.flood"));
  auto const& t = b.p.ears().counts().total();
  EXPECT_EQ(t.messages.received(), 120'020u);
  EXPECT_EQ(t.messages.rejected, static_cast<std::uint64_t>(refused));

  // It stops for a while: it is heard again, and a new flood is a new alert only once the first is closed.
  EXPECT_EQ(b.hear(level(60, 1.0, 200'000)).what, perceive::outcome::stored);
}

// A flood until it is decided.
void flooded(bench& b, double from, int& seq, std::string const& topic = "ioc/v1/03478/WL-01/telemetry") {
  for (int i = 0; i < 120'000; ++i) {
    auto m = level(from + i / 6000.0, 1.0, ++seq);
    m.topic = topic;
    if (b.hear(m).flooding) return;
  }
  FAIL() << "no flood was seen";
}

int count(bench const& b, std::string const& text) {
  return static_cast<int>(std::count_if(b.log.begin(), b.log.end(), [&](auto const& l) { return l.find(text) != l.npos; }));
}

core::alert const* flood_alert(bench const& b, std::string const& subject) {
  for (auto const& [id, a] : b.p.unit("03478")->alerts().open())
    if (a.rule == "system.flood" && a.subject == subject && a.active()) return &a;
  return nullptr;
}

bool cut(bench& b, std::string const& publisher, pipeline::cut_state is, double t, std::string const& why = {}) {
  pipeline::site_outcomes out;
  bool const wanted = b.p.cut(publisher, is, publisher, why, at(t), out);
  b.note(out);
  return wanted;
}

void enable(bench& b, std::string const& device, double t) {
  pipeline::operation op;
  op.kind = pipeline::operation_kind::change_registry;
  op.by = "admin";
  op.at = at(t);
  pipeline::registry_change wish;
  wish.kind = pipeline::change_kind::set_account;
  wish.device.unit = "03478";
  wish.device.id = device;
  wish.account = pipeline::account_state::active;
  op.changes = {wish};
  pipeline::site_outcomes out;
  EXPECT_EQ(b.p.change(op, out).at(0).outcome, pipeline::change_outcome::changed);
  b.note(out);
}

TEST(flood, costs_the_account_which_an_admin_gives_back) {
  bench b;
  int seq = 0;
  flooded(b, 0, seq);
  ASSERT_EQ(b.p.floods().count("03478/WL-01"), 1u);
  EXPECT_EQ(b.p.floods().at("03478/WL-01").cut, pipeline::cut_state::wanted);
  EXPECT_EQ(b.p.devices().entry({"03478", "WL-01"}), nullptr);  // nothing is written down that is not done yet
  EXPECT_TRUE(cut(b, "03478/WL-01", pipeline::cut_state::disabled, 21));
  ASSERT_NE(b.p.devices().entry({"03478", "WL-01"}), nullptr);
  EXPECT_EQ(b.p.devices().entry({"03478", "WL-01"})->account, pipeline::account_state::disabled);
  EXPECT_EQ(b.p.devices().entry({"03478", "WL-01"})->account_by, "iocd");
  auto const* a = flood_alert(b, "WL-01");
  ASSERT_NE(a, nullptr);
  ASSERT_EQ(a->comments.size(), 2u);
  EXPECT_NE(a->comments[1].text.find("03478/WL-01"), std::string::npos);
  EXPECT_FALSE(cut(b, "03478/WL-01", pipeline::cut_state::disabled, 22)) << "a second answer changes nothing";
  EXPECT_EQ(count(b, "raised system.flood"), 1);

  enable(b, "WL-01", 30);
  EXPECT_TRUE(b.p.floods().empty());
  EXPECT_EQ(flood_alert(b, "WL-01"), nullptr);
  flooded(b, 100, seq);  // and again: another flood, another alert
  EXPECT_EQ(b.p.floods().at("03478/WL-01").cut, pipeline::cut_state::wanted);
  EXPECT_EQ(count(b, "raised system.flood"), 2);
}

TEST(flood, of_one_that_nobody_registered_says_why_it_could_not_be_cut) {
  bench b;
  int seq = 0;
  auto const topic = "ioc/v1/03478/NOBODY/telemetry";
  flooded(b, 0, seq, topic);
  EXPECT_TRUE(cut(b, "03478/NOBODY", pipeline::cut_state::no_account, 21, "Client not found"));
  EXPECT_EQ(b.p.devices().entry({"03478", "NOBODY"}), nullptr);
  auto const* a = flood_alert(b, "NOBODY");
  ASSERT_NE(a, nullptr);
  EXPECT_NE(a->comments.back().text.find("Client not found"), std::string::npos);

  flooded(b, 100, seq, topic);  // while its alert stands it is no second one, but the account is tried again
  EXPECT_EQ(count(b, "raised system.flood"), 1);
  EXPECT_TRUE(cut(b, "03478/NOBODY", pipeline::cut_state::disabled, 121));
  EXPECT_EQ(b.p.devices().entry({"03478", "NOBODY"})->account, pipeline::account_state::disabled);
  enable(b, "NOBODY", 130);
  EXPECT_TRUE(b.p.floods().empty());
}

TEST(flood, is_remembered_over_a_restart) {
  bench b, c;
  int seq = 0;
  flooded(b, 0, seq);
  c.p.restore(b.p.save());
  ASSERT_EQ(c.p.floods().count("03478/WL-01"), 1u);
  EXPECT_EQ(c.p.floods().at("03478/WL-01").cut, pipeline::cut_state::wanted);
  EXPECT_EQ(c.p.ears().surplus().at("03478/WL-01").total, b.p.ears().surplus().at("03478/WL-01").total);
  EXPECT_EQ(c.p.save(), b.p.save());
  EXPECT_TRUE(cut(c, "03478/WL-01", pipeline::cut_state::disabled, 21));
}

TEST(flood, of_what_cannot_be_read_counts_as_well) {
  bench b;
  int told = 0;
  for (int i = 0; i < 120'000; ++i) told += b.hear(message(i / 6000.0, "ioc/v1/03478/WL-01/telemetry", "{{{")).flooding.has_value();
  EXPECT_EQ(told, 1);
}

TEST(flood, quotas_of_single_publishers_go_before_all_others) {
  bench b;
  auto known = std::make_shared<perceive::catalogue>();
  known->metrics = b.s.catalogue->metrics;
  known->sources = b.s.catalogue->sources;
  known->devices = b.s.catalogue->devices;
  known->publisher_quotas["03478/WL-01"] = 0;
  pipeline::pipeline p{known, {b.s.config}, at(0)};
  pipeline::site_outcomes out;
  for (int i = 0; i < 120'000; ++i) ASSERT_EQ(p.hear(level(i / 6000.0, 1.0, i + 1), out).what, perceive::outcome::stored) << i;
}

TEST(flood, a_memory_emptied_at_once_is_none) {
  bench b;
  b.hear(level(0, 1.0, 1));
  for (int i = 1; i < 25'000; ++i) ASSERT_EQ(b.hear(message(100 + i / 10'000.0, "ioc/v1/03478/WL-01/telemetry", "{\"ts\":" + std::to_string(core::to_ms(at(-86'400 + i * 3.0))) +
                                                                  ",\"seq\":" + std::to_string(i + 1) + ",\"values\":{\"level\":1}}")).what, perceive::outcome::stored) << i;
}

}  // namespace
