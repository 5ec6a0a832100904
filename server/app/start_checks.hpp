#pragma once
#include "adapters/config/server_settings.hpp"
#include "adapters/postgres/options.hpp"
#include "adapters/postgres/writer.hpp"

#include <stdexcept>
#include <string>

namespace ioc::app {

// What only a start can find out, said as the configuration's own faults are: FILE:LINE: key: what is wrong; cure.
std::string place_of(config::server_settings const& s, std::string const& section, std::string const& key);
struct port_taken : std::runtime_error {
  using std::runtime_error::runtime_error;
};
void check_port(config::server_settings const& s);                                   // port_taken; forbidden, no such address
void check_database(config::server_settings const& s, postgres::options const& o);  // away, wrong password, no such database
postgres::start_state start_writer(config::server_settings const& s, postgres::writer& w);

// The web adapter names its own options (web.port); people know the settings' keys (http.port).
std::string web_fault(config::server_settings const& s, std::string sentence);

}  // namespace ioc::app
