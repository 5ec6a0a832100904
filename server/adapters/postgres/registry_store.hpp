#pragma once
#include "adapters/postgres/pool.hpp"
#include "adapters/postgres/rows.hpp"

#include <memory>
#include <vector>

namespace ioc::postgres {

class link;

// The table registry_device. `doc` of a row: {"definition": {…}|null, "withdrawn", "account", "account_by", "account_at", "created_by",
// "created_at", "changed_by", "changed_at"}, times ISO 8601.

// In the writer's transaction; of several rows of a device the last one counts.
void put_registry(link& l, std::vector<registry_row const*> const& rows);

// All rows, by unit and device. Blocks; throws unavailable.
std::vector<registry_row> read_registry(std::shared_ptr<pool> const& p);

}  // namespace ioc::postgres
