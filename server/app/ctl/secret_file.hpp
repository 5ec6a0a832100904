#pragma once
#include <string>

namespace ioc::ctl {

// A new file with mode 0600 for passwords that are shown once. It is made before the passwords are, so that a path that cannot be
// written costs nobody his account; unless it was written it is gone again with its owner. An existing file is never written over.
// Both steps throw std::runtime_error with the path and the system's reason.
class secret_file {
 public:
  explicit secret_file(std::string path);
  ~secret_file();
  secret_file(secret_file const&) = delete;
  secret_file& operator=(secret_file const&) = delete;
  void write(std::string const& text);

 private:
  std::string path_;
  int fd_ = -1;
  bool written_ = false;
};

}  // namespace ioc::ctl
