#include "sim/load.hpp"

#include "sim/publisher.hpp"
#include "sim/scheduler.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace ioc::sim {
namespace {

std::string device_name(load_plan const& plan, std::uint64_t i) {
  char text[96];
  std::snprintf(text, sizeof text, "%s%04llu", plan.prefix.c_str(), static_cast<unsigned long long>(i));
  return text;
}

}  // namespace

int run_load(load_plan const& plan, broker_address const& where, std::atomic<bool> const& stop) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(nullptr, std::fclose);
  if (!plan.out.empty()) {
    file.reset(std::fopen(plan.out.c_str(), "w"));
    if (!file) throw std::runtime_error("cannot write " + plan.out + ": " + std::strerror(errno));
    std::setvbuf(file.get(), nullptr, _IOLBF, 1 << 16);
  }
  std::vector<std::string> names, topics;
  for (int i = 0; i < plan.devices; ++i) {
    names.push_back(device_name(plan, static_cast<std::uint64_t>(i) + 1));
    topics.push_back("ioc/v1/" + plan.unit + "/" + names.back() + "/telemetry");
  }
  auto const devices = static_cast<std::uint64_t>(plan.devices);
  // Record n is device n mod N with seq n / N + 1.
  std::uint64_t acknowledged = 0;
  std::FILE* const lines = file.get();
  publisher out(where, "ioc-sim-load-" + plan.unit, [&](std::uint64_t n) {
    ++acknowledged;
    if (lines) std::fprintf(lines, "%s %llu\n", names[n % devices].c_str(), static_cast<unsigned long long>(n / devices + 1));
  });
  out.connect();
  std::printf("load: %d devices of unit %s, %g records/s, %g s\n", plan.devices, plan.unit.c_str(), plan.rate, plan.seconds);
  std::fflush(stdout);

  using clock = std::chrono::steady_clock;
  auto const begin = clock::now();
  auto report = begin + std::chrono::seconds(5);
  std::uint64_t n = 0;
  auto const total = static_cast<std::uint64_t>(plan.rate * plan.seconds);
  while (n < total && !stop) {
    auto const at = clock::now();
    auto const due = static_cast<std::uint64_t>(std::chrono::duration<double>(at - begin).count() * plan.rate);
    // A broker that is away is waited for; 50,000 open records are enough to keep it busy when it is back.
    while (n < std::min(due, total) && out.unacknowledged() < 50'000 && !stop) {
      std::uint64_t const seq = n / devices + 1;
      char payload[128];
      std::snprintf(payload, sizeof payload, R"({"ts":%lld,"seq":%llu,"values":{"raw_value":%llu}})", static_cast<long long>(to_ms(now())),
                    static_cast<unsigned long long>(seq), static_cast<unsigned long long>(seq));
      out.publish(topics[n % devices], payload, n);
      ++n;
    }
    if (at >= report) {
      std::printf("load: %llu sent, %llu acknowledged, %zu open, %llu reconnects%s\n", static_cast<unsigned long long>(n), static_cast<unsigned long long>(acknowledged),
                  out.unacknowledged(), static_cast<unsigned long long>(out.reconnects()), out.connected() ? "" : ", broker away");
      std::fflush(stdout);
      report = at + std::chrono::seconds(5);
    }
    out.work(std::chrono::milliseconds(2));
  }
  auto const patience = clock::now() + std::chrono::seconds(60);
  while (out.unacknowledged() > 0 && clock::now() < patience) out.work(std::chrono::milliseconds(50));
  bool const all = out.unacknowledged() == 0;
  double const took = std::chrono::duration<double>(clock::now() - begin).count();
  std::printf("load: %llu sent, %llu acknowledged in %.1f s (%.0f/s), %llu reconnects\n", static_cast<unsigned long long>(n), static_cast<unsigned long long>(acknowledged), took,
              static_cast<double>(acknowledged) / took, static_cast<unsigned long long>(out.reconnects()));
  out.close();
  if (!all) std::fprintf(stderr, "ioc-sim: %zu records were never acknowledged\n", out.unacknowledged());
  return all ? 0 : 1;
}

}  // namespace ioc::sim
