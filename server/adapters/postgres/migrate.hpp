#pragma once
#include "adapters/postgres/options.hpp"

namespace ioc::postgres {

class link;

// Applies the files NNNN-name.sql of options.migrations_dir that the database has not seen, in order, each in a transaction
// of its own, under an advisory lock: any number of processes may start at once. Returns how many were applied.
// Throws std::runtime_error: extension or grants missing, an applied file changed, a database newer than this program.
int migrate(link& l, options const& o);
int migrate(options const& o);

}  // namespace ioc::postgres
