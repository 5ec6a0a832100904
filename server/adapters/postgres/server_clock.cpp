#include "adapters/postgres/server_clock.hpp"

#include "adapters/postgres/connections.hpp"

namespace ioc::postgres {

core::time_point server_clock(pool& p) {
  return p.run(pool::kind::read, [](pqxx::nontransaction& t) {
    auto const rows = t.exec("select (extract(epoch from clock_timestamp()) * 1000000)::bigint");
    return core::from_us(rows[0][0].as<std::int64_t>());
  });
}

}  // namespace ioc::postgres
