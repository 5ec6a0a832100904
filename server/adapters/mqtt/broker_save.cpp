#include "adapters/mqtt/broker_save.hpp"

#include <signal.h>
#include <sys/types.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace ioc::mqtt {

std::string ask_broker_to_save(std::filesystem::path const& pid_file) {
  long pid = 0;
  if (!(std::ifstream(pid_file) >> pid) || pid <= 1) return "the broker's pid file " + pid_file.string() + " cannot be read";
  std::string name;
  std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/comm") >> std::ws, name);
  if (name.rfind("mosquitto", 0) != 0) return "process " + std::to_string(pid) + " of " + pid_file.string() + " is no mosquitto";
  if (::kill(static_cast<pid_t>(pid), SIGUSR1) != 0)
    return "the broker (process " + std::to_string(pid) + ") cannot be asked to save its sessions: " + std::generic_category().message(errno);
  return {};
}

}  // namespace ioc::mqtt
