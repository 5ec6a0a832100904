#include "adapters/config/load.hpp"
#include "app/app.hpp"

#include <sodium.h>

#include <cstring>
#include <iostream>

namespace {
constexpr char usage[] =
    "iocd --config FILE [--check]\n"
    "  --config FILE   iocd's own configuration (config/server.example.yaml explains it)\n"
    "  --check         say what is wrong with the configuration, start nothing; a port that is taken is a warning\n";
}

int main(int argc, char** argv) {
  std::string file;
  bool check = false;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--config") && i + 1 < argc) file = argv[++i];
    else if (!std::strcmp(argv[i], "--check")) check = true;
    else if (!std::strcmp(argv[i], "--help")) return std::cout << usage, 0;
    else return std::cerr << "iocd: unknown argument \"" << argv[i] << "\"\n" << usage, 2;
  }
  if (file.empty()) return std::cerr << "iocd: --config FILE is missing\n" << usage, 2;
  try {
    if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised: no source of randomness");
    auto const settings = ioc::config::load_server(file);
    if (!check) return ioc::app::run(settings);
    if (auto const warning = ioc::app::check(settings); !warning.empty()) std::cerr << "iocd: warning: " << warning << "\n";
    std::cout << "iocd: " << file << " is fine\n";
    return 0;
  } catch (std::exception const& e) {
    std::cerr << "iocd: " << e.what() << "\n";
    return 2;
  }
}
