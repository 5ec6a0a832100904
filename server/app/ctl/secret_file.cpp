#include "app/ctl/secret_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace ioc::ctl {

secret_file::secret_file(std::string path) : path_(std::move(path)) {
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd_ < 0) throw std::runtime_error(path_ + " cannot be made: " + std::strerror(errno));
}

secret_file::~secret_file() {
  if (fd_ >= 0) ::close(fd_);
  if (!written_) ::unlink(path_.c_str());
}

void secret_file::write(std::string const& text) {
  for (std::size_t done = 0; done < text.size();) {
    auto const n = ::write(fd_, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw std::runtime_error(path_ + " cannot be written: " + std::strerror(errno));
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(fd_) != 0) throw std::runtime_error(path_ + " cannot be written: " + std::strerror(errno));
  written_ = true;
}

}  // namespace ioc::ctl
