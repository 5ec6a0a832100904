#include "adapters/web/static_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

namespace ioc::web {

namespace {
constexpr off_t most_bytes = 64 << 20;

struct handle {
  int fd = -1;
  handle() = default;
  explicit handle(int f) : fd(f) {}
  handle(handle&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  handle& operator=(handle&& other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~handle() {
    if (fd >= 0) ::close(fd);
  }
};

std::string type_of(std::string const& name) {
  static std::map<std::string, std::string> const types = {
      {"html", "text/html; charset=utf-8"}, {"js", "text/javascript; charset=utf-8"}, {"mjs", "text/javascript; charset=utf-8"},
      {"css", "text/css; charset=utf-8"},   {"svg", "image/svg+xml"},                 {"png", "image/png"},
      {"jpg", "image/jpeg"},                {"webp", "image/webp"},                   {"ico", "image/x-icon"},
      {"json", "application/json"},         {"geojson", "application/geo+json"},      {"topojson", "application/json"},
      {"woff2", "font/woff2"},              {"woff", "font/woff"},                    {"ttf", "font/ttf"},
      {"txt", "text/plain; charset=utf-8"}, {"webmanifest", "application/manifest+json"}, {"map", "application/json"},
      {"wasm", "application/wasm"},         {"pbf", "application/x-protobuf"}};
  auto const dot = name.rfind('.');
  auto const at = dot == std::string::npos ? types.end() : types.find(name.substr(dot + 1));
  return at == types.end() ? "application/octet-stream" : at->second;
}

bool takes_gzip(std::string_view accept) {
  for (auto const& part : split_list(accept)) {
    auto const name = part.find_first_not_of(' ') == std::string::npos ? std::string{} : part.substr(part.find_first_not_of(' '));
    if (name.starts_with("gzip")) return name.find("q=0") == std::string::npos || name.find("q=0.") != std::string::npos;
  }
  return false;
}
}  // namespace

response static_files::get(std::vector<std::string> const& relative, request const& r, std::string const& cache_control) const {
  if (root_.empty() || relative.empty()) throw not_found();
  handle at(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (at.fd < 0) throw not_found();
  for (std::size_t i = 0; i < relative.size(); ++i) {
    auto const& name = relative[i];
    if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos) throw not_found();
    if (i + 1 == relative.size()) break;
    at = handle(::openat(at.fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (at.fd < 0) throw not_found();
  }
  auto const& name = relative.back();
  auto const open = [&](std::string const& n) { return handle(::openat(at.fd, n.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)); };
  response out;
  handle file;
  if (takes_gzip(r.header("accept-encoding"))) file = open(name + ".gz");
  if (file.fd >= 0) {
    out.headers.emplace_back("Content-Encoding", "gzip");
  } else {
    file = open(name);
  }
  struct stat about {};
  if (file.fd < 0 || ::fstat(file.fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > most_bytes) throw not_found();

  auto const nanoseconds = static_cast<long long>(about.st_mtim.tv_sec) * 1'000'000'000 + about.st_mtim.tv_nsec;
  auto const tag = "\"" + std::to_string(about.st_size) + "-" + std::to_string(nanoseconds) + "\"";
  out.type = type_of(name);
  out.headers.emplace_back("ETag", tag);
  out.headers.emplace_back("Cache-Control", cache_control);
  out.headers.emplace_back("Vary", "Accept-Encoding");
  if (r.header("if-none-match") == tag) {
    out.status = 304;
    return out;
  }
  out.body.resize(static_cast<std::size_t>(about.st_size));
  std::size_t have = 0;
  while (have < out.body.size()) {
    auto const n = ::read(file.fd, out.body.data() + have, out.body.size() - have);
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  out.body.resize(have);
  return out;
}

}  // namespace ioc::web
