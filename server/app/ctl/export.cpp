#include "app/ctl/export.hpp"

#include "adapters/config/error.hpp"

#include <algorithm>

namespace ioc::ctl {

namespace {

template <class C>
auto const* by_id(C const& items, std::string const& id) {
  auto const it = std::find_if(items.begin(), items.end(), [&](auto const& x) { return x.id == id; });
  return it == items.end() ? nullptr : &*it;
}

void take_texts(advise::playbook& to, advise::playbook const& from) {
  to.title = from.title;
  if (to.basis.empty()) to.basis = from.basis;
  for (std::size_t i = 0; i < std::min(to.steps.size(), from.steps.size()); ++i) {
    auto& a = to.steps[i];
    auto const& b = from.steps[i];
    // The text of a task is what a person is told to do and is part of the story; commands and lines to tick off are only named.
    if (a.kind != b.kind || a.command != b.command) continue;
    if (a.kind == core::step_kind::task) a.text.en = a.text.vi == b.text.vi ? b.text.en : a.text.en;
    else a.text = b.text;
  }
}

}  // namespace

pipeline::unit_config merge(pipeline::unit_config const& story, pipeline::unit_config const& present) {
  auto out = present;
  out.rules = story.rules;
  out.playbooks = story.playbooks;
  out.policy = story.policy;
  for (auto& r : out.rules)
    if (auto const* known = by_id(present.rules, r.id)) {
      r.title = known->title;
      r.label = known->label;
      r.basis = known->basis;
    }
  for (auto const& r : present.rules)
    if (!by_id(story.rules, r.id)) out.rules.push_back(r);
  for (std::size_t i = 0; i < out.rules.size(); ++i) out.rules[i].order = static_cast<int>(i);
  for (auto& p : out.playbooks)
    if (auto const* known = by_id(present.playbooks, p.id)) take_texts(p, *known);
  for (auto const& p : present.playbooks)
    if (!by_id(story.playbooks, p.id)) out.playbooks.push_back(p);
  return out;
}

void refuse_unknown_devices(pipeline::unit_config const& story, pipeline::unit_config const& present, std::string const& file) {
  std::vector<std::string> known;
  for (auto const& d : present.devices) known.push_back(d.id);
  config::fault_list faults;
  for (auto const& d : story.devices)
    if (!by_id(present.devices, d.id))
      faults.add({file, 0, "devices", "device \"" + d.id + "\" does not exist in units/" + present.unit.code + ".yaml", config::suggest(d.id, known, "devices")});
  faults.throw_if_any();
}

}  // namespace ioc::ctl
