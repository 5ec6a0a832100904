// journal_bench [DIR]: appends a second into the journal against the plain way to do the same, write(2) of the same bytes to one file
// with an fdatasync every 200 ms. Both take 1,000,000 messages of a 28-byte topic and a 106-byte payload in a fresh directory.
#include "adapters/journal/journal.hpp"
#include "adapters/journal/record_format.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using std::chrono::steady_clock;
constexpr int messages = 1'000'000;

struct outcome {
  double per_second;
  double worst_ms;
};

template <class F>
outcome timed(F&& one) {
  auto const start = steady_clock::now();
  auto last = start;
  steady_clock::duration worst{};
  for (int i = 0; i < messages; ++i) {
    one(i);
    auto const now = steady_clock::now();
    worst = std::max(worst, now - last);
    last = now;
  }
  return {messages / std::chrono::duration<double>(last - start).count(), std::chrono::duration<double, std::milli>(worst).count()};
}

}  // namespace

int main(int argc, char** argv) {
  auto const dir = std::filesystem::path(argc > 1 ? argv[1] : std::filesystem::temp_directory_path()) / ("journal-bench-" + std::to_string(::getpid()));
  std::string const topic(28, 't');
  std::string const payload(106, 'p');
  std::filesystem::create_directories(dir);
  for (int round = 0; round < 3; ++round) {
    {
      ioc::journal::options o;
      o.dir = dir / "journal";
      std::string report;
      auto const j = ioc::journal::journal::open(o, report);
      auto const r = timed([&](int) {
        if (!j->append(ioc::journal::record_kind::message, topic, payload, 1)) std::abort();
      });
      std::printf("journal   %9.0f appends/s, worst %6.2f ms\n", r.per_second, r.worst_ms);
    }
    {
      int const fd = ::open((dir / "plain").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      std::vector<std::byte> bytes(ioc::journal::record_bytes(topic.size(), payload.size()));
      ioc::journal::record_fields f;
      f.topic = topic;
      f.payload = payload;
      auto synced = steady_clock::now();
      auto const r = timed([&](int i) {
        ioc::journal::write_record(bytes.data(), static_cast<std::uint64_t>(i), f);
        if (::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
        if (steady_clock::now() - synced > std::chrono::milliseconds{200}) {
          ::fdatasync(fd);
          synced = steady_clock::now();
        }
      });
      ::close(fd);
      std::printf("write(2)  %9.0f appends/s, worst %6.2f ms\n", r.per_second, r.worst_ms);
    }
    std::filesystem::remove_all(dir / "journal");
  }
  std::filesystem::remove_all(dir);
}
