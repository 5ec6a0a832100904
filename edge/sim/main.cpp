// ioc-sim: simulated devices in the dialects of real makes, on a live broker. See edge/README.md.
#include "sim/calm.hpp"
#include "sim/load.hpp"
#include "sim/player.hpp"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <stdexcept>

namespace {

using namespace ioc::sim;

std::atomic<bool> stop{false};
extern "C" void on_signal(int) { stop = true; }

constexpr char const* usage =
    "ioc-sim play FILE    [--speed N] [--start EPOCH_MS] [--no-replies]\n"
    "ioc-sim demo         --story FILE:SPEED …  [--pause SECONDS]\n"
    "ioc-sim load         --unit U [--devices N] [--rate R] [--seconds S] [--out FILE] [--prefix NAME]\n"
    "all:                 --host H --port P --user U --password-file F [--config DIR]\n";

struct arguments {
  std::string verb, file;
  broker_address where;
  std::string config = "config";
  double speed = 1;
  double pause_s = 60;
  std::optional<std::int64_t> start;
  bool replies = true;
  std::vector<std::pair<std::string, double>> stories;
  load_plan load;
};

double number(std::string const& text, std::string const& of, double low) {
  double v = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (ec != std::errc{} || end != text.data() + text.size() || !(v >= low)) throw std::invalid_argument(of + " wants a number of at least " + std::to_string(low) + ", not \"" + text + "\"");
  return v;
}

arguments parse(int argc, char** argv) {
  arguments a;
  if (argc < 2) throw std::invalid_argument("say what to do");
  a.verb = argv[1];
  if (a.verb != "play" && a.verb != "demo" && a.verb != "load") throw std::invalid_argument("\"" + a.verb + "\" is neither play, demo nor load");
  for (int i = 2; i < argc; ++i) {
    std::string const key = argv[i];
    if (!key.starts_with("--")) {
      if (!a.file.empty()) throw std::invalid_argument("one file only: " + a.file + " or " + key);
      a.file = key;
      continue;
    }
    if (key == "--no-replies") {
      a.replies = false;
      continue;
    }
    if (i + 1 >= argc) throw std::invalid_argument(key + " wants a value");
    std::string const value = argv[++i];
    if (key == "--host") a.where.host = value;
    else if (key == "--port") a.where.port = static_cast<int>(number(value, key, 1));
    else if (key == "--user") a.where.user = value;
    else if (key == "--password-file") {
      std::ifstream in(value);
      if (!in || !std::getline(in, a.where.password)) throw std::invalid_argument("cannot read a password from " + value);
    } else if (key == "--config") a.config = value;
    else if (key == "--speed") a.speed = number(value, key, 1e-3);
    else if (key == "--pause") a.pause_s = number(value, key, 0);
    else if (key == "--start") a.start = static_cast<std::int64_t>(number(value, key, 0));
    else if (key == "--story") {
      auto const colon = value.rfind(':');
      if (colon == std::string::npos) throw std::invalid_argument("--story wants FILE:SPEED, not \"" + value + "\"");
      a.stories.emplace_back(value.substr(0, colon), number(value.substr(colon + 1), key, 1e-3));
    } else if (key == "--unit") a.load.unit = value;
    else if (key == "--devices") a.load.devices = static_cast<int>(number(value, key, 1));
    else if (key == "--rate") a.load.rate = number(value, key, 1e-3);
    else if (key == "--seconds") a.load.seconds = number(value, key, 0);
    else if (key == "--out") a.load.out = value;
    else if (key == "--prefix") a.load.prefix = value;
    else throw std::invalid_argument("unknown option " + key);
  }
  if (a.verb == "play" && a.file.empty()) throw std::invalid_argument("play wants a scenario file");
  if (a.verb == "demo" && a.stories.empty()) throw std::invalid_argument("demo wants at least one --story FILE:SPEED");
  if (a.verb == "load" && a.load.unit.empty()) throw std::invalid_argument("load wants --unit");
  return a;
}

// ioc/v1/{unit}/{device}/{command or drill}
bool split(std::string const& topic, std::string& unit, std::string& device) {
  auto const a = topic.find('/', 7), b = a == std::string::npos ? a : topic.find('/', a + 1);
  if (!topic.starts_with("ioc/v1/") || b == std::string::npos) return false;
  unit = topic.substr(7, a - 7);
  device = topic.substr(a + 1, b - a - 1);
  return true;
}

int run_stories(arguments const& a) {
  bool const demo = a.verb == "demo";
  auto const known = load_devices(a.config);
  scheduler when;
  broker_link out(a.where, demo ? "ioc-sim-demo" : "ioc-sim-play-" + load_story(a.file).unit);
  std::vector<std::unique_ptr<player>> players;
  std::set<std::string> units;
  auto const add = [&](std::string const& file, double speed) {
    player::options o;
    o.speed = speed;
    o.loop = demo;
    o.pause = std::chrono::milliseconds(static_cast<std::int64_t>(a.pause_s * 1000));
    o.replies = a.replies;
    players.push_back(std::make_unique<player>(load_story(file), known, o, when, out));
    if (!units.insert(players.back()->unit()).second) throw std::runtime_error("two stories play in unit " + players.back()->unit() + "; give each unit one");
  };
  if (demo)
    for (auto const& [file, speed] : a.stories) add(file, speed);
  else
    add(a.file, a.speed);
  std::unique_ptr<calm_devices> calm;
  if (demo) {
    calm = std::make_unique<calm_devices>(known, when, out);
    for (auto const& [key, d] : known)
      if (d.calm) units.insert(d.unit);
  }

  out.connect();
  if (a.replies) {
    std::vector<std::string> filters;
    for (auto const& u : units)
      for (char const* kind : {"command", "drill"}) filters.push_back("ioc/v1/" + u + "/+/" + kind);
    out.subscribe(filters);
  }
  instant const t0 = a.start ? instant(std::chrono::milliseconds(*a.start)) : now();
  for (auto& p : players) p->start(t0);
  if (calm) {
    std::printf("calm: %zu devices\n", calm->count());
    calm->start(t0);
  }

  auto report = now() + std::chrono::seconds(30), sweep = now() + std::chrono::seconds(1);
  auto const finished = [&] { return !demo && players.front()->done(); };
  while (!stop && !finished()) {
    auto const at = now();
    while (!finished() && when.run_one(at)) {}
    if (at >= sweep) {
      out.resend(std::chrono::seconds(5));
      sweep = at + std::chrono::seconds(1);
    }
    if (at >= report) {
      std::printf("ioc-sim: %llu sent, %zu open, %llu reconnects%s\n", static_cast<unsigned long long>(out.sent()), out.unacknowledged(),
                  static_cast<unsigned long long>(out.reconnects()), out.connected() ? "" : ", broker away");
      std::fflush(stdout);
      report = at + std::chrono::seconds(30);
    }
    auto const next = std::min(when.next().value_or(at + std::chrono::milliseconds(100)), at + std::chrono::milliseconds(100));
    auto const pause = std::max(std::chrono::milliseconds(0), std::chrono::duration_cast<std::chrono::milliseconds>(next - now()));
    auto command = out.wait(std::chrono::steady_clock::now() + pause);
    if (!command) continue;
    std::string unit, device;
    if (!split(command->topic, unit, device)) continue;
    bool taken = false;
    for (auto& p : players)
      if (p->unit() == unit && !taken) taken = p->command(device, command->payload, now());
    if (!taken && calm) calm->command(unit, device, command->payload, now());
  }
  bool const all = out.drain(std::chrono::seconds(demo ? 3 : 15));
  for (auto const& p : players) std::printf("%s\n", p->summary().c_str());
  out.close();
  if (!all && !demo) {
    std::fprintf(stderr, "ioc-sim: %zu messages were never acknowledged by the broker\n", out.unacknowledged());
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGTERM, on_signal);
  std::signal(SIGINT, on_signal);
  try {
    auto const a = parse(argc, argv);
    return a.verb == "load" ? run_load(a.load, a.where, stop) : run_stories(a);
  } catch (std::invalid_argument const& e) {
    std::fprintf(stderr, "ioc-sim: %s\n\n%s", e.what(), usage);
  } catch (std::exception const& e) {
    std::fprintf(stderr, "ioc-sim: %s\n", e.what());
  }
  return 2;
}
