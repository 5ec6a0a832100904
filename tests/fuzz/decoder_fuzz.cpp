// The libFuzzer target of all decoders: `decoder_fuzz --decoder=NAME CORPUS…`, or the variable IOC_DECODER. Built only with -DIOC_FUZZ=ON (clang).
#include "fuzz_input.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {
std::string target;
}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (char const* name = std::getenv("IOC_DECODER")) target = name;
  for (int i = 1; i < *argc; ++i)
    if (std::strncmp((*argv)[i], "--decoder=", 10) == 0) target = (*argv)[i] + 10;
  for (auto const& name : ioc::fuzz::target_names())
    if (name == target) return 0;
  std::fprintf(stderr, "decoder_fuzz: --decoder=NAME, one of:");
  for (auto const& name : ioc::fuzz::target_names()) std::fprintf(stderr, " %s", name.c_str());
  std::fprintf(stderr, "\n");
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const input = std::string_view(reinterpret_cast<char const*>(data), size);
  if (auto const why = ioc::fuzz::complaint(target, ioc::fuzz::messages_of(input)); !why.empty()) {
    std::fprintf(stderr, "FINDING %s\n", why.c_str());
    std::abort();
  }
  return 0;
}
