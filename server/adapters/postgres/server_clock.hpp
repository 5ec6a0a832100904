#pragma once
#include "adapters/postgres/pool.hpp"
#include "core/time.hpp"

namespace ioc::postgres {

// PostgreSQL's own clock, now. Blocks for a round trip; throws as every call of the pool does.
core::time_point server_clock(pool& p);

}  // namespace ioc::postgres
