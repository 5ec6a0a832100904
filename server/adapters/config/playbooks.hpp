#pragma once
#include "adapters/config/names.hpp"
#include "adapters/config/reader.hpp"
#include "advise/playbook.hpp"

#include <vector>

namespace ioc::config {

// Reads playbooks in the grammar of tests/scenarios/README.md section 6. `live` adds title {vi, en} and text_en of steps, which
// only files in config/playbooks have. A target of a command need not be a device.
std::vector<advise::playbook> read_playbooks(node const& list, std::string const& path, file_context const& c, name_scope& scope, id_register& ids, bool live);

}  // namespace ioc::config
