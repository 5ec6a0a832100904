// Baseline E of `make bench`: a Paho subscriber that drops what it gets. MQTT 5, QoS 1, Receive Maximum 2,000, persistent session, as iocd.
//
//   bare_subscriber --port N --user U --password-file F --filter ioc/v1/# --messages 300000
//
// Prints "ready" once subscribed; after the last message JSON: {"received", "first", "last", "cpu_seconds"} (seconds of CLOCK_REALTIME).
#include <mqtt/async_client.h>

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  auto const of = [](timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return of(used.ru_utime) + of(used.ru_stime);
}

// Paho's thread counts; main polls the count.
struct counter final : mqtt::callback {
  std::atomic<std::uint64_t> received{0};
  std::atomic<double> first{0};
  void message_arrived(mqtt::const_message_ptr) override {
    if (received.fetch_add(1) == 0) first = now();
  }
};

int run(std::map<std::string, std::string> const& o) {
  std::string password;
  std::getline(std::ifstream(o.at("password-file")) >> std::ws, password);
  auto const wanted = std::stoull(o.at("messages"));
  mqtt::async_client client("tcp://127.0.0.1:" + o.at("port"), o.contains("client-id") ? o.at("client-id") : "bench-bare", mqtt::create_options(MQTTVERSION_5),
                            static_cast<mqtt::iclient_persistence*>(nullptr));
  counter seen;
  client.set_callback(seen);
  mqtt::connect_options c;
  c.set_mqtt_version(MQTTVERSION_5);
  c.set_clean_start(true);
  c.set_keep_alive_interval(30);
  c.set_user_name(o.at("user"));
  c.set_password(password);
  mqtt::properties p;
  p.add(mqtt::property(mqtt::property::SESSION_EXPIRY_INTERVAL, 3600));
  p.add(mqtt::property(mqtt::property::RECEIVE_MAXIMUM, 2000));
  c.set_properties(std::move(p));
  client.connect(c)->wait();
  client.subscribe(o.at("filter"), 1)->wait();
  std::puts("ready");
  std::fflush(stdout);
  auto const before = cpu_seconds();
  while (seen.received < wanted) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::printf("{\"received\": %llu, \"first\": %.3f, \"last\": %.3f, \"cpu_seconds\": %.3f}\n", static_cast<unsigned long long>(seen.received.load()),
              seen.first.load(), now(), cpu_seconds() - before);
  std::fflush(stdout);
  client.disconnect()->wait_for(std::chrono::seconds(2));
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  std::map<std::string, std::string> o;
  for (int i = 1; i + 1 < argc; i += 2) o[std::string(argv[i]).substr(2)] = argv[i + 1];
  for (auto const* key : {"port", "user", "password-file", "filter", "messages"})
    if (!o.contains(key)) throw std::runtime_error(std::string("--") + key + " is missing");
  return run(o);
} catch (std::exception const& e) {
  std::fprintf(stderr, "bare_subscriber: %s\n", e.what());
  return 1;
}
