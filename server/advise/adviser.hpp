#pragma once
#include "advise/playbook.hpp"
#include "advise/world.hpp"
#include "core/advice.hpp"
#include "core/alert.hpp"
#include "core/unit.hpp"

#include <map>
#include <string>
#include <vector>

namespace ioc::advise {

enum class approval : std::uint8_t { granted, not_open, not_allowed };

// Turns alert changes into recommendations: which playbooks are offered, when, and who may approve them
// (tests/scenarios/README.md section 6). A function of state, input and time. Owned by the pipeline's thread.
class adviser {
 public:
  adviser(std::string unit, std::vector<playbook> playbooks, core::policy policy);

  // Takes in what happened to alerts in this instant; triggers and ends recommendations. Ended ones go to `out`.
  void hear(core::alert_change const& change, world const& w, std::vector<core::recommendation>& out);
  // Opens what is waiting and whose `requires` holds now; opened ones go to `out`, playbooks in file order.
  void settle(core::time_point t, world const& w, std::vector<core::recommendation>& out);

  // May this role approve it now? The approver of the recommendation, or the commune leader.
  approval may_approve(core::uuid id, std::string const& role) const;
  void approved(core::uuid id, std::string const& by, core::time_point t, std::vector<core::recommendation>& out);
  approval reject(core::uuid id, std::string const& role, std::string const& by, core::time_point t, std::vector<core::recommendation>& out);
  void set_actions(core::uuid id, std::vector<core::uuid> actions);

  core::recommendation const* find(core::uuid id) const;
  std::vector<core::recommendation const*> of_alert(core::uuid alert) const;  // open, approved, ended; oldest first

  // The targets that a step has now: the list, the alert's device, or what a broadcast has missed.
  static std::vector<std::string> targets_of(core::playbook_step const& step, core::recommendation const& r, world const& w);

  std::map<core::uuid, core::recommendation> const& all() const { return state_.all; }
  // Forgets recommendations that ended before `t`; the database keeps them.
  void prune(core::time_point t);

  struct state {
    std::map<core::uuid, core::recommendation> all;
    std::vector<core::uuid> waiting;  // in the order of their triggers
    template <class A>
    void io(A& a) { a(all, waiting); }
  };
  state const& saved() const { return state_; }
  void restore(state s) { state_ = std::move(s); }

 private:
  void trigger(playbook const& p, core::alert const& a, bool on_clear, core::time_point t);
  void end(core::recommendation& r, core::time_point t, core::recommendation_state how, std::string const& by, std::vector<core::recommendation>& out);
  bool satisfied(playbook const& p, core::recommendation const& r, world const& w) const;
  bool recommended_already(core::recommendation const& r, world const& w) const;

  std::string unit_;
  std::vector<playbook> playbooks_;
  core::policy policy_;
  state state_;
};

}  // namespace ioc::advise
