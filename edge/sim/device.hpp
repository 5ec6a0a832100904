#pragma once
#include <map>
#include <string>
#include <vector>

namespace ioc::sim {

// The dialects that simulated devices speak. `native` also carries what a dialect has no words for (acks, loads in %).
enum class dialect { native, chirpstack, shelly, zigbee, camera };

// A device as config/units and config/models describe it, read by the simulator itself: it shares no code with the server.
struct device {
  std::string unit;
  std::string id;
  std::string type;
  std::string native;  // name in its dialect; the id where the configuration gives none
  sim::dialect speaks = dialect::native;
  std::map<std::string, double> calibration;  // mounting_height (m) …
  std::vector<std::string> commands;          // that its model carries out
  bool calm = false;                          // tagged so: takes no part in a story
};

// All devices of config/units, by "unit/id". Throws std::runtime_error, one plain sentence that names the file.
std::map<std::string, device> load_devices(std::string const& config_dir);

// A device that stands in no configuration: its type decides what it speaks.
device device_by_type(std::string const& unit, std::string const& id, std::string const& type);

}  // namespace ioc::sim
