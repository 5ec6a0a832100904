#pragma once
#include <filesystem>
#include <string>

namespace ioc::mqtt {

// Has a Mosquitto on this machine write its sessions to disk (SIGUSR1 to the process in its pid file). A session that was never saved
// dies with a killed broker, and what arrives before we subscribe again is acknowledged to devices and dropped.
// Returns an empty text, or why it could not be asked. Signals nothing that is not called mosquitto: SIGUSR1 ends other programs.
std::string ask_broker_to_save(std::filesystem::path const& pid_file);

}  // namespace ioc::mqtt
