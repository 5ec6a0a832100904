#pragma once
#include "adapters/config/names.hpp"
#include "adapters/config/reader.hpp"
#include "alert/rule.hpp"
#include "core/device_list.hpp"

#include <vector>

namespace ioc::config {

// Reads rules in the grammar of tests/scenarios/README.md section 4. `live` adds what only files in config/rules may have: title,
// label, basis {text, source}, playbook, and `select: {type?, zone?, tag?}` instead of `devices`.
// Two passes: the first takes all ids into `scope`, so that a rule may name one that stands below it.
struct rule_options {
  bool live = false;
  core::device_list const* registry = nullptr;  // what `select` looks at
};

// `ids` and `order` are the unit's: they run on over several files.
std::vector<alert::rule> read_rules(node const& list, std::string const& path, file_context const& c, name_scope& scope, id_register& ids, rule_options const& options);

}  // namespace ioc::config
