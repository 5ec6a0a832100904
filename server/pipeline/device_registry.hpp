#pragma once
#include "core/device_list.hpp"
#include "core/time.hpp"
#include "core/unit.hpp"
#include "perceive/device_model.hpp"
#include "pipeline/unit_config.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ioc::pipeline {

// The device's account at the broker, as people decided it.
enum class account_state : std::uint8_t { none, active, disabled };

// What people changed of one device, beside or over config/units. `device` absent = it is as the configuration has it.
struct registry_entry {
  core::device_list::pointer device;
  bool withdrawn = false;
  account_state account = account_state::none;
  std::string created_by, changed_by, account_by;
  core::time_point created_at, changed_at, account_at;

  bool empty() const { return !device && !withdrawn && account == account_state::none; }
  template <class A>
  void io(A& a) {
    a(device, withdrawn, account, created_by, changed_by, account_by, created_at, changed_at, account_at);
  }
};

enum class change_kind : std::uint8_t { put, withdraw, revert, set_account };

// One wish. put: the whole device as it shall be. withdraw: it is no registered device any more. revert: as config/units has it (a
// device that is only in the database is withdrawn by that). set_account: `account` alone changes.
struct registry_change {
  change_kind kind = change_kind::put;
  core::device device;    // of the others unit and id count
  bool only_new = false;  // put: refused where the device is registered already
  account_state account = account_state::none;
};

enum class change_outcome : std::uint8_t { created, changed, unchanged, refused };
std::string_view to_text(change_outcome o);

// What became of one wish; `reason` for a refusal.
struct change_result {
  core::device_ref device;
  change_outcome outcome = change_outcome::refused;
  std::string reason;
};

// The registered devices: those of config/units, with what people added, changed and withdrawn on top. A function of the base and
// of the changes in their order, so a replay comes to the same state; the changes (`entries`) are saved, the base is not. Owned by
// the pipeline. Every device in it is one that perceive::registry takes.
class device_registry {
 public:
  using entry_map = std::map<core::device_ref, registry_entry>;
  using model_map = std::map<std::string, perceive::device_model>;

  explicit device_registry(std::vector<unit_config> const& base, model_map const& models = {});

  // In order; a later wish sees what an earlier one did, but a parent may come after its child. `all_or_nothing`: one refusal, and
  // nothing is changed (the others' outcomes tell what would have been).
  std::vector<change_result> apply(std::vector<registry_change> const& wishes, bool all_or_nothing, model_map const& models, std::string const& by,
                                   core::time_point at);
  // As it was before the last apply(), once.
  void take_back();
  // Takes over saved changes. What does not fit the configuration any more is set aside and stays in the entries; one sentence each.
  std::vector<std::string> restore(entry_map saved, model_map const& models);

  core::device const* find(core::device_ref const& d) const;
  registry_entry const* entry(core::device_ref const& d) const;
  entry_map const& entries() const { return entries_; }
  // Of one unit: in the configuration's order, then the added ones by name.
  core::device_list devices(std::string const& unit) const;
  std::vector<std::string> const& units() const { return codes_; }

 private:
  using shared = core::device_list::pointer;
  struct unit_book {
    std::set<std::string> zones;
    std::vector<std::string> base_order;
    std::map<std::string_view, shared> live;  // by the device's own id
    std::map<std::string, shared> base;       // only those that are changed or withdrawn
    std::unordered_map<std::string, std::string> natives;  // lower case → id
  };
  // How things were before one wish.
  struct before {
    core::device_ref device;
    shared live;
    std::optional<registry_entry> entry;
  };

  std::string fault(core::device const& d, model_map const& models) const;
  std::string parent_fault(core::device const& d) const;
  change_result one(registry_change const& w, model_map const& models, std::string const& by, core::time_point at, std::vector<before>& done);
  void set_live(core::device_ref const& ref, shared now);
  void undo(before&& b);
  std::string child_of(core::device_ref const& d) const;

  std::vector<std::string> codes_;
  std::map<std::string, unit_book> units_;
  entry_map entries_;
  std::vector<before> last_;  // what the last apply() has changed
};

}  // namespace ioc::pipeline
