#pragma once
#include "adapters/postgres/options.hpp"

#include <cstddef>
#include <memory>

namespace ioc::postgres {

// Connections for reading and for accounts, apart from the writer's. Shared by queries and accounts; any thread may call
// them, each call uses one connection alone and waits at most 2 s for a free one. Connections are opened when first needed.
class pool;
std::shared_ptr<pool> open_pool(options o, std::size_t connections = 4);

}  // namespace ioc::postgres
