#include "app/ctl/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

extern char** environ;

namespace ioc::ctl {

namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& t : texts) out.push_back(t.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

std::string run_program(std::vector<std::string> const& argv, std::map<std::string, std::string> const& environment) {
  auto words = argv;
  std::vector<std::string> variables;
  for (char** e = environ; *e != nullptr; ++e) {
    std::string const v = *e;
    if (!environment.contains(v.substr(0, v.find('=')))) variables.push_back(v);
  }
  for (auto const& [name, value] : environment) variables.push_back(name + "=" + value);
  int out[2], err[2];
  if (::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  if (::pipe2(err, O_CLOEXEC) != 0) {
    ::close(out[0]);
    ::close(out[1]);
    throw std::runtime_error("no pipe");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  pid_t pid = 0;
  int const failed = ::posix_spawnp(&pid, words[0].c_str(), &actions, nullptr, pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  ::close(err[1]);
  std::string text[2];
  pollfd both[2] = {{failed ? -1 : out[0], POLLIN, 0}, {failed ? -1 : err[0], POLLIN, 0}};
  while (both[0].fd >= 0 || both[1].fd >= 0) {
    if (::poll(both, 2, -1) < 0 && errno != EINTR) break;
    for (int i = 0; i < 2; ++i) {
      if (both[i].fd < 0 || !both[i].revents) continue;
      char bytes[8192];
      auto const n = ::read(both[i].fd, bytes, sizeof bytes);
      if (n > 0) text[i].append(bytes, static_cast<std::size_t>(n));
      else if (n == 0 || errno != EINTR) both[i].fd = -1;
    }
  }
  ::close(out[0]);
  ::close(err[0]);
  if (failed) throw std::runtime_error(argv[0] + " cannot be started: " + std::strerror(failed) + "; is its package installed?");
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    while (text[1].ends_with('\n')) text[1].pop_back();
    throw std::runtime_error(argv[0] + " failed: " + (text[1].empty() ? "no reason given" : text[1].substr(text[1].size() > 600 ? text[1].size() - 600 : 0)));
  }
  return text[0];
}

}  // namespace ioc::ctl
