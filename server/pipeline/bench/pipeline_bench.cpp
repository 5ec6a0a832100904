// CPU of the pure pipeline for one message: 1,000 devices, 4 values a message, 2,000 threshold rules; no journal, database or network.
// Usage: pipeline_bench [messages]. Prints ns a message for perceive alone and for the whole way, and batches of 100.
#include "pipeline/pipeline.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace ioc;

namespace {

core::time_point at(double s) { return core::from_ms(1'800'000'000'000) + core::from_seconds(s); }

std::string name(int i) { return "DEV-" + std::to_string(10'000 + i); }

std::string record(int i, int turn) {
  char text[256];
  std::snprintf(text, sizeof text, R"({"ts":%lld,"seq":%d,"values":{"active_power":%d.5,"voltage/L1":%d.25,"current/L1":%d.75,"energy_import":%d.125}})",
                static_cast<long long>(core::to_ms(at(turn + i * 0.0005))), turn + 1, 400 + (turn * 7 + i) % 50, 225 + (turn + i) % 10, 2 + (turn + i) % 3, 1000 + turn);
  return text;
}

template <class F>
double ns_each(int n, F run) {
  auto const cpu = [] {  // this thread's own time: other programs on the machine do not count
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
  };
  auto const from = cpu();
  for (int i = 0; i < n; ++i) run(i);
  return (cpu() - from) / n;
}

}  // namespace

int main(int argc, char** argv) {
  int const messages = argc > 1 ? std::atoi(argv[1]) : 400'000;
  constexpr int devices = 1'000;
  pipeline::unit_config config;
  config.unit.code = "03478";
  config.unit.kind = "commune";
  for (int i = 0; i < devices; ++i) {
    auto& d = config.devices.emplace_back();
    d.unit = "03478";
    d.id = name(i);
    d.expected_interval = std::chrono::seconds{10};
    for (int k = 0; k < 2; ++k) {
      auto& r = config.rules.emplace_back();
      r.id = "rule-" + std::to_string(2 * i + k);
      r.devices = {d.id};
      r.metric = k ? "voltage/L1" : "active_power";
      r.value = k ? 253 : 3000;
      r.order = 2 * i + k;
    }
  }
  std::vector<perceive::metric_info> metrics{{"active_power", "W"}, {"voltage", "V", {}, {}, 0, 500'000}, {"current", "A", {}, {}, -20'000, 20'000}, {"energy_import", "kW.h", {}, {}, 0, {}}};
  perceive::source_info native;
  native.name = native.decoder = "native";
  native.filters = {"ioc/v1/+/+/+"};
  perceive::source_info zigbee;
  zigbee.name = zigbee.decoder = "zigbee2mqtt";
  zigbee.filters = {"zigbee2mqtt/#"};
  auto const known = std::make_shared<perceive::catalogue const>(perceive::catalogue::make(metrics, {native, zigbee}, {}, {config.unit}, config.devices));

  std::vector<core::raw_message> feed;
  for (int n = 0; n < messages; ++n)
    feed.push_back({"ioc/v1/03478/" + name(n % devices) + "/telemetry", record(n % devices, n / devices), 1, false, false, at(n / devices + (n % devices) * 0.0005 + 0.01)});

  perceive::hearer ears{known};
  auto const perceive_ns = ns_each(messages, [&](int i) { ears.hear(feed[static_cast<std::size_t>(i)]); });
  pipeline::pipeline whole{known, {config}, at(0)};
  pipeline::site_outcomes out;
  auto const whole_ns = ns_each(messages, [&](int i) { whole.hear(feed[static_cast<std::size_t>(i)], out); });
  pipeline::pipeline batched{known, {config}, at(0)};
  auto const batches = messages / 400;
  std::vector<core::raw_message> big;
  for (int n = 0; n < batches; ++n) {
    std::string payload = "[";
    for (int k = 0; k < 100; ++k) payload += (k ? "," : "") + record(n % devices, (n / devices) * 100 + k);
    big.push_back({"ioc/v1/03478/" + name(n % devices) + "/telemetry", payload + "]", 1, false, false, at((n / devices) * 100.0 + 100)});
  }
  auto const batch_ns = ns_each(batches, [&](int i) { batched.hear(big[static_cast<std::size_t>(i)], out); });
  std::printf("perceive alone      %7.0f ns a message of 4 values\n", perceive_ns);
  std::printf("the whole pipeline  %7.0f ns a message of 4 values (%zu outcomes)\n", whole_ns, out.size());
  std::printf("batches of 100      %7.0f ns an object of 4 values, %.0f values/s\n", batch_ns / 100, 400e9 / batch_ns);
  return 0;
}
