#include "app/ctl/player.hpp"

#include "app/ctl/stage_props.hpp"
#include "app/ctl/uplink_queue.hpp"
#include "pipeline/incidents.hpp"
#include "pipeline/unit_machine.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace ioc::ctl {

namespace {

using config::entry::operator_action;

// The word of section 7 for a target that is final.
std::string result_word(core::command_target const& t) {
  using enum core::target_state;
  if (t.state == succeeded) return "succeeded";
  if (t.state == failed) return t.reason == "not_reached" ? "not_reached" : "failed";
  if (t.state == rejected) return t.reason;
  return core::is_final(t.state) ? std::string(core::to_text(t.state)) : std::string{};
}

class performance {
 public:
  explicit performance(config::scenario const& story)
      : story_(story), props_(story), machine_(story.config, story.t0), uplink_(story.config.policy.forward_to_province) {}

  played run() {
    auto const end = story_.t0 + story_.duration;
    for (auto t = next(); t && *t <= end; t = next()) {
      // A timer that is due again and again at one time would never let the clock go on.
      if (last_ && *t <= *last_ && ++stuck_ > 1000) {
        got_.notes.push_back("the clock stands still at " + std::to_string(core::to_seconds(*t - story_.t0)) + " s");
        break;
      }
      if (!last_ || *t > *last_) stuck_ = 0;
      last_ = std::max(last_.value_or(*t), *t);
      instant(*last_);
    }
    got_.incident_count = incidents_.opened();
    return std::move(got_);
  }

 private:
  std::optional<core::time_point> next() const {
    auto const a = props_.next();
    auto const b = machine_.next_due();
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
  }

  // Section 3: facts, rules, people and plans, then limits, recommendations, the province, incidents.
  void instant(core::time_point t) {
    pipeline::outcomes out;
    auto const arrivals = props_.take(t);
    for (auto const& o : arrivals.from_timeline) machine_.observe(o, t, out);
    for (auto const* e : arrivals.entries) fact(*e, t);
    for (auto const& o : arrivals.set_up) machine_.observe(o, t, out);
    machine_.judge(t, t, true, out);
    name(out, t);
    for (auto const* e : arrivals.entries)
      if (auto const* op = std::get_if<config::entry::operator_input>(e)) {
        operate(*op, t, out);
        name(out, t);
      }
    machine_.conclude(t, t, true, out);
    name(out, t);
    write_down(out, t);
    for (auto const& id : uplink_.conclude()) arrive(id, t);
    incidents_.conclude();
  }

  void fact(config::timeline_entry const& e, core::time_point t) {
    if (auto const* r = std::get_if<config::entry::citizen_report>(&e)) {
      machine_.report({r->id, r->category, r->zone, t});
      incidents_.report(r->zone);
    } else if (auto const* l = std::get_if<config::entry::link>(&e)) {
      uplink_.link(l->up);
    } else if (auto const* p = std::get_if<config::entry::schedule>(&e)) {
      machine_.plan({p->id, story_.t0 + p->at, p->command, p->targets, p->priority, p->approved_by, p->text});
    }
  }

  void operate(config::entry::operator_input const& e, core::time_point t, pipeline::outcomes& out) {
    if (e.action == operator_action::calibrate) return;  // only goes on record
    auto const& names = e.action == operator_action::approve ? recommendation_ids_ : alert_ids_;
    auto const found = names.find(e.ref);
    if (found == names.end()) {
      got_.notes.push_back("operator entry: " + std::string(config::to_text(e.action)) + " " + e.ref + " at " +
          std::to_string(static_cast<long>(core::to_seconds(e.t))) + ": " + e.ref + " does not exist yet");
      return;
    }
    pipeline::operation op;
    op.id = found->second;
    op.unit = story_.config.unit.code;
    op.by = op.role = e.role;
    op.at = t;
    op.text = e.text.empty() ? std::string(config::to_text(e.action)) : e.text;
    op.kind = e.action == operator_action::ack       ? pipeline::operation_kind::ack
              : e.action == operator_action::resolve ? pipeline::operation_kind::close
              : e.action == operator_action::note    ? pipeline::operation_kind::comment
                                                     : pipeline::operation_kind::approve_recommendation;
    // The contract lets people close any alert; a story's `resolve` means only those that close by hand.
    bool refused = e.action == operator_action::resolve && !closes_by_hand(op.id);
    if (!refused) {
      auto const result = machine_.operate(op, t, out);
      refused = (e.action == operator_action::resolve || e.action == operator_action::approve) && result != pipeline::operation_result::done &&
          result != pipeline::operation_result::interlocked;
    }
    if (refused) got_.refused.push_back({t - story_.t0, e.role, std::string(config::to_text(e.action)), e.ref});
  }

  bool closes_by_hand(core::uuid id) const {
    auto const* a = machine_.alerts().find(id);
    auto const* r = a && a->active() ? machine_.alerts().find_rule(a->rule) : nullptr;
    return r && r->closes_by_hand();
  }

  // --- names: A by rule and subject, P, C, T in the order in which they come about ---
  void name(pipeline::outcomes const& out, core::time_point t) {
    std::vector<core::alert const*> raised;
    for (auto const& c : out.alerts.alerts)
      if (c.what == core::alert_event::raised && !alert_names_.contains(c.alert.id)) raised.push_back(&c.alert);
    std::stable_sort(raised.begin(), raised.end(), [this](auto const* a, auto const* b) { return place(*a) < place(*b); });
    for (auto const* a : raised) {
      auto const id = "A" + std::to_string(got_.alerts.size() + 1);
      alert_names_[a->id] = got_.alerts.size();
      alert_ids_[id] = a->id;
      got_.alerts.push_back({id, a->rule, a->subject, a->severity, a->verified, a->raised_at - story_.t0, {}, {}, {}, a->evidence.devices});
    }
    for (auto const& r : out.recommendations) {
      if (!r.recommended_at || recommendation_names_.contains(r.id)) continue;
      auto const id = "P" + std::to_string(got_.recommendations.size() + 1);
      recommendation_names_[r.id] = id;
      recommendation_ids_[id] = r.id;
      got_.recommendations.push_back({id, alert_name(r.alert), r.playbook, r.approver, *r.recommended_at - story_.t0});
    }
    for (auto const& a : out.acts.actions) take(a, t);
    for (; tasks_seen_ < out.acts.tasks.size(); ++tasks_seen_) {
      auto const& k = out.acts.tasks[tasks_seen_];
      got_.tasks.push_back({"T" + std::to_string(got_.tasks.size() + 1), recommendation_name(k.recommendation), k.assignee, k.text, t - story_.t0});
    }
  }

  std::pair<int, std::size_t> place(core::alert const& a) const {
    auto const* r = machine_.alerts().find_rule(a.rule);
    if (!r) return {1 << 20, 0};
    std::size_t subject = 0;
    if (r->by_device()) {
      subject = static_cast<std::size_t>(std::find(r->devices.begin(), r->devices.end(), a.subject) - r->devices.begin());
    } else {
      auto const& zones = story_.config.unit.zones;  // in order of first use
      subject = static_cast<std::size_t>(std::find_if(zones.begin(), zones.end(), [&](auto const& z) { return z.id == a.subject; }) - zones.begin());
    }
    return {r->order, subject};
  }

  // A command exists from its issue on, or when an interlock forbade it at an approval; one that only waits is none.
  void take(core::action const& a, core::time_point t) {
    auto it = command_places_.find(a.id);
    if (it == command_places_.end()) {
      bool const interlocked = !a.targets.empty() && std::all_of(a.targets.begin(), a.targets.end(), [](auto const& x) { return x.reason == "interlocked"; });
      if (!machine_.acts().issued(a.id) && !interlocked) return;
      it = command_places_.emplace(a.id, got_.commands.size()).first;
      played::command c;
      c.id = "C" + std::to_string(got_.commands.size() + 1);
      c.rec = recommendation_name(a.recommendation);
      c.name = a.command;
      c.args = a.args;
      c.t = t - story_.t0;
      got_.commands.push_back(std::move(c));
    }
    auto& c = got_.commands[it->second];
    c.source = core::to_text(a.source);  // the last word: a proposal says `approved` until it is issued
    c.targets.clear();
    for (auto const& x : a.targets) {
      played::target one{x.target, result_word(x), x.attempts, {}};
      if (x.final_at) one.final_at = *x.final_at - story_.t0;
      c.targets.push_back(std::move(one));
    }
  }

  // --- the rest of an instant, once it is over ---
  void write_down(pipeline::outcomes const& out, core::time_point t) {
    for (auto const& c : out.alerts.alerts) {
      uplink_.hear(c);
      incidents_.hear(c);
      auto const found = alert_names_.find(c.alert.id);
      if (found == alert_names_.end()) continue;
      auto& a = got_.alerts[found->second];
      if (c.alert.cleared_at) a.clear = *c.alert.cleared_at - story_.t0;
      if (c.what == core::alert_event::escalated && !a.escalate) a.escalate = c.at - story_.t0;
    }
    for (auto const& s : out.alerts.suppressed) got_.suppressed.push_back({s.rule, s.device, s.at - story_.t0, alert_name(s.by)});
    for (auto const& s : out.acts.sends) {
      auto const* a = machine_.acts().find(s.action);
      got_.sends.push_back({t - story_.t0, s.command, s.target, a ? std::string(core::to_text(a->source)) : std::string{}, s.args});
      props_.answer(s, t);
    }
    for (auto const& c : out.acts.coverage) {
      auto const [it, first] = got_.coverage_pct.try_emplace(c.broadcast, played::coverage{c.pct, c.pct});
      if (!first) it->second.last = c.pct;
    }
    tasks_seen_ = 0;
  }

  void arrive(core::uuid id, core::time_point t) {
    auto& a = got_.alerts[alert_names_.at(id)];
    if (!a.forward) a.forward = t - story_.t0;
    got_.forwards.push_back({a.id, t - story_.t0});
  }

  std::string alert_name(core::uuid id) const {
    auto const found = alert_names_.find(id);
    return found == alert_names_.end() ? id.text() : got_.alerts[found->second].id;
  }
  std::string recommendation_name(std::optional<core::uuid> id) const {
    if (!id) return {};
    auto const found = recommendation_names_.find(*id);
    return found == recommendation_names_.end() ? id->text() : found->second;
  }

  config::scenario const& story_;
  stage_props props_;
  pipeline::unit_machine machine_;
  uplink_queue uplink_;
  pipeline::incident_book incidents_;
  played got_;
  std::map<core::uuid, std::size_t> alert_names_, command_places_;
  std::map<core::uuid, std::string> recommendation_names_;
  std::map<std::string, core::uuid> alert_ids_, recommendation_ids_;
  std::size_t tasks_seen_ = 0;
  std::optional<core::time_point> last_;
  int stuck_ = 0;
};

}  // namespace

played play(config::scenario const& story) { return performance(story).run(); }

}  // namespace ioc::ctl
