#pragma once
#include "adapters/config/names.hpp"
#include "adapters/config/reader.hpp"
#include "adapters/config/site.hpp"

namespace ioc::config {

// One file each of config/metrics.yaml, sources/, models/ and units/; config/README.md is their grammar.
struct site_names {
  id_register metrics{"metric or alias"}, sources{"source"}, models{"model"}, units{"unit"};
  std::vector<std::string> model_keys;
  std::vector<std::string> source_names;  // empty = not checked: the folder has faults of its own
};

void read_metrics(node const& root, file_context const& c, site_names& names, std::vector<perceive::metric_info>& out);
void read_source(node const& root, file_context const& c, site_names& names, std::vector<perceive::source_info>& out);
void read_model(node const& root, file_context const& c, site_names& names, name_scope const& scope, std::vector<perceive::device_model>& out);
// The unit goes to `tree`; a commune's devices, too, to a unit_config of its own.
void read_unit(node const& root, file_context const& c, site_names& names, std::vector<core::unit>& tree, std::vector<pipeline::unit_config>& out);

}  // namespace ioc::config
