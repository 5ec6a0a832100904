#pragma once
#include "core/command.hpp"
#include "core/observation.hpp"
#include "core/severity.hpp"
#include "core/unit.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ioc::act {

// After an ok reply, `command` counts only once `metric` of the target meets `op value`, within `within` of the issue.
struct verification {
  std::string rule;
  std::string command;
  std::string metric;
  core::comparison op = core::comparison::ge;
  double value = 0;
  core::duration within{0};
};

// What acting needs to know of the rest of the unit.
class surroundings {
 public:
  virtual ~surroundings() = default;
  virtual bool offline(std::string const& target) const = 0;
  virtual std::optional<double> latest(std::string const& device, std::string const& metric) const = 0;
  virtual std::string const& state_of(std::string const& device) const = 0;  // latest event's name
};

struct coverage_result {
  std::string broadcast;
  double pct = 0;
};

struct not_reached {
  std::string rule;
  std::string target;
};

struct effects {
  std::vector<core::action> actions;       // as they are now, once for each change
  std::vector<core::command_send> sends;   // attempts to go out
  std::vector<core::task> tasks;
  std::vector<coverage_result> coverage;
  std::vector<not_reached> missed_positions;
};

// Carries a command from its issue to a result per target: attempts, deadlines, answers, follow-up tasks
// (tests/scenarios/README.md section 7). A function of state, input and time; it sends nothing itself. A command can leave
// only through `issue`. Owned by the pipeline's thread.
class actor {
 public:
  actor(std::string unit, core::policy policy, std::vector<verification> verifications);

  // Keeps a command that waits for an approval. Its id is given by who proposes it.
  void propose(core::action a, effects& out);
  // Sends a proposed command, or one that needs no approval, to each of its targets, or says why not.
  void issue(core::uuid id, core::action_source source, std::string const& by, core::time_point t, surroundings const& s, effects& out);
  // Does an interlock forbid this command now?
  bool interlocked(std::string const& command, surroundings const& s) const;
  // May this command run unapproved?
  bool may_run_alone(std::string const& command, core::arguments const& args) const;
  // Records that an approval was given and the interlock forbade it; the command itself stays proposed.
  void record_interlocked(core::uuid id, std::string const& by, core::time_point t, effects& out);
  void withdraw(core::uuid id, core::target_state how, std::string const& by, std::string const& reason, core::time_point t, effects& out);

  // New targets for a command that is still proposed (what a broadcast has missed may have changed since).
  void retarget(core::uuid id, std::vector<std::string> const& targets);
  bool issued(core::uuid id) const { return state_.issued.count(id) > 0; }

  void plan(std::string const& broadcast, std::vector<std::string> targets);
  std::vector<std::string> missed(std::string const& broadcast) const;

  // An answer of a target; one for no running command is left alone and false is returned.
  bool reply(core::device_ref const& from, core::command_reply const& r, core::time_point t, surroundings const& s, effects& out);
  // Timeouts due at or before t, each at its own time, in order.
  void advance(core::time_point t, surroundings const& s, effects& out);
  // Positions that a command waits for.
  void check_positions(core::time_point t, surroundings const& s, effects& out);
  std::optional<core::time_point> next_due() const;

  core::task make_task(core::action const* a, std::optional<core::uuid> alert, std::optional<core::uuid> recommendation, std::string const& target,
                       std::string const& assignee, std::string const& text, core::time_point t, std::string const& name) const;

  core::action const* find(core::uuid id) const;
  std::map<core::uuid, core::action> const& all() const { return state_.actions; }
  void prune(core::time_point t);  // forgets commands that ended before t

  struct broadcast {
    std::vector<std::string> targets;
    std::set<std::string> succeeded;
    template <class A>
    void io(A& a) { a(targets, succeeded); }
  };
  struct state {
    std::map<core::uuid, core::action> actions;
    std::map<std::string, broadcast> broadcasts;
    std::map<core::uuid, std::pair<core::uuid, std::uint64_t>> messages;  // message id -> (action, target's place)
    std::map<core::uuid, core::time_point> issued;
    template <class A>
    void io(A& a) { a(actions, broadcasts, messages, issued); }
  };
  state const& saved() const { return state_; }
  void restore(state s);

  static core::uuid message_id(core::uuid action, std::string const& target);

 private:
  void attempt(core::action& a, std::size_t i, core::time_point t, surroundings const& s, effects& out);
  void finish(core::action& a, std::size_t i, core::target_state how, std::string reason, core::time_point t, effects& out);
  void changed(core::action& a, effects& out);
  verification const* verification_of(std::string const& command) const;
  void set_deadline(core::action& a, std::size_t i, std::optional<core::time_point> at);
  bool check_position(core::action& a, std::size_t i, core::time_point t, surroundings const& s, effects& out);

  std::string unit_;
  core::policy policy_;
  std::vector<verification> verifications_;
  state state_;
  struct due {
    core::time_point at;
    std::uint64_t order;
    core::uuid action;
    std::size_t target;
    auto operator<=>(due const&) const = default;
  };
  std::set<due> dues_;
  std::map<std::pair<core::uuid, std::size_t>, due> due_of_;
  std::set<std::pair<core::uuid, std::size_t>> waiting_positions_;
  std::uint64_t order_ = 0;
};

}  // namespace ioc::act
