#pragma once
#include <string>

namespace ioc::ctl {

// What a commune's own Mosquitto needs to hand everything that it hears to the server: `unit` and `gateway` name the place,
// `address` is mqtt(s)://host:port, `ca` the PEM file at the commune that the server's certificate is checked against (empty: the
// system's own authorities).
struct bridge {
  std::string unit, gateway, address, user, password, ca;
};

// Empty where it is mqtt(s)://HOST:PORT with a port from 1 to 65535, else one sentence.
std::string address_fault(std::string const& address);

// A file for /etc/mosquitto/conf.d. Throws std::runtime_error on an address that is none.
std::string bridge_file(bridge const& b);

}  // namespace ioc::ctl
