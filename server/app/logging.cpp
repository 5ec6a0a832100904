#include "app/logging.hpp"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace ioc::app {

std::shared_ptr<spdlog::logger> make_log(config::log_settings const& s) {
  spdlog::sink_ptr sink;
  if (s.file.empty()) sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  else sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(s.file, 50u << 20, 5);
  auto log = std::make_shared<spdlog::logger>("iocd", std::move(sink));
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  log->set_level(spdlog::level::from_str(s.level == "warn" ? "warning" : s.level));
  log->flush_on(spdlog::level::info);
  return log;
}

}  // namespace ioc::app
