#include "app/ctl/bridge_file.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace ioc::ctl {

std::string address_fault(std::string const& address) {
  bool const tls = address.starts_with("mqtts://");
  auto const rest = tls ? address.substr(8) : address.starts_with("mqtt://") ? address.substr(7) : std::string{};
  auto const colon = rest.rfind(':');
  if (colon == 0 || colon == std::string::npos || std::any_of(rest.begin(), rest.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == '/' || c == '@'; }))
    return "\"" + address + "\" is no broker's address: write mqtts://HOST:8883";
  unsigned port = 0;
  auto const [end, ec] = std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), port);
  if (ec != std::errc{} || end != rest.data() + rest.size() || port < 1 || port > 65535)
    return "\"" + address + "\": \"" + rest.substr(colon + 1) + "\" is no port from 1 to 65535; write mqtts://HOST:8883";
  return {};
}

std::string bridge_file(bridge const& b) {
  if (auto const why = address_fault(b.address); !why.empty()) throw std::runtime_error(why);
  bool const tls = b.address.starts_with("mqtts://");
  auto const rest = b.address.substr(tls ? 8 : 7);
  auto const name = b.unit + "." + b.gateway;
  std::string out;
  auto const line = [&](std::string const& text) { out += text + "\n"; };
  line("# Bridge of gateway " + b.gateway + ", unit " + b.unit + ", to the operations centre. For /etc/mosquitto/conf.d (mode 0600: it holds a password).");
  line("connection ioc-" + name);
  line("address " + rest);
  line("bridge_protocol_version mqttv311");
  line("remote_clientid ioc-bridge-" + name);
  line("local_clientid ioc-bridge-local-" + name);
  line("remote_username " + b.user);
  line("remote_password " + b.password);
  if (tls) {
    line(b.ca.empty() ? "bridge_capath /etc/ssl/certs" : "bridge_cafile " + b.ca);
    line("bridge_tls_version tlsv1.2");
    line("bridge_insecure false");
  }
  line("# What waits here while the line is down is sent later; the broker's own limits (max_queued_messages) bound it.");
  line("cleansession false");
  line("try_private true");
  line("notifications false");
  line("start_type automatic");
  line("keepalive_interval 30");
  line("restart_timeout 2 60");
  line("");
  // The prefixes are the same on both sides: a line without any is passed over when Mosquitto looks which line renames a message, and
  // `#` below would take it. A message that fits two lines is sent once, as the bridge speaks MQTT 3.1.1.
  line("# Devices here that speak the native topics keep them.");
  for (char const* kind : {"telemetry", "event", "status", "ack"}) line("topic " + b.unit + "/+/" + kind + " out 1 ioc/v1/ ioc/v1/");
  line("# The server's words to the devices behind this gateway.");
  for (char const* kind : {"command", "drill", "receipt"}) line("topic " + b.unit + "/+/" + kind + " in 1 ioc/v1/ ioc/v1/");
  line("# Everything else, in whatever dialect, under this gateway's name. The first line that fits a message takes it.");
  line("topic # out 1 \"\" ioc/raw/v1/" + b.unit + "/" + b.gateway + "/");
  return out;
}

}  // namespace ioc::ctl
