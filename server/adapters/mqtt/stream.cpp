#include "adapters/mqtt/stream.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace ioc::mqtt {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds step{50};

std::string system_words(int error) { return std::strerror(error); }

std::string tls_words() {
  auto const code = ERR_get_error();
  char text[200];
  if (code == 0) return "TLS failed";
  ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

// True once the socket is ready for one of the events; throws at a stop or after the deadline.
void wait_for(int fd, short events, steady_clock::time_point deadline, std::atomic<bool> const& stopping, char const* what) {
  for (;;) {
    if (stopping) throw std::runtime_error("stopping");
    pollfd p{fd, events, 0};
    if (::poll(&p, 1, static_cast<int>(step.count())) > 0) return;
    if (steady_clock::now() >= deadline) throw std::runtime_error(std::string("the broker did not answer ") + what);
  }
}

}  // namespace

struct stream::tls {
  SSL_CTX* context = nullptr;
  SSL* ssl = nullptr;
  ~tls() {
    SSL_free(ssl);
    SSL_CTX_free(context);
  }
};

stream::stream(int fd) : fd_(fd) {}

stream::~stream() {
  tls_.reset();
  if (fd_ >= 0) ::close(fd_);
}

std::unique_ptr<stream> stream::open(options const& o, std::atomic<bool> const& stopping) {
  auto const host = o.host.starts_with('[') && o.host.ends_with(']') ? o.host.substr(1, o.host.size() - 2) : o.host;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (int const failed = ::getaddrinfo(host.c_str(), std::to_string(o.port).c_str(), &hints, &found); failed != 0)
    throw std::runtime_error("the broker's name " + o.host + " cannot be resolved: " + ::gai_strerror(failed));
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> const addresses(found, ::freeaddrinfo);
  auto const deadline = steady_clock::now() + o.connect_timeout;
  std::string why = "no address";
  for (auto const* a = addresses.get(); a != nullptr; a = a->ai_next) {
    std::unique_ptr<stream> s(new stream(::socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
    if (s->fd_ < 0) throw std::runtime_error("no socket: " + system_words(errno));
    int error = ::connect(s->fd_, a->ai_addr, a->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      wait_for(s->fd_, POLLOUT, deadline, stopping, "the connect");
      socklen_t size = sizeof error;
      ::getsockopt(s->fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error != 0) {
      why = system_words(error);
      continue;
    }
    int const yes = 1;
    ::setsockopt(s->fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (!o.ca_file.empty()) s->secure(o, stopping);
    return s;
  }
  throw std::runtime_error("the broker at " + o.host + ":" + std::to_string(o.port) + " cannot be reached: " + why);
}

void stream::secure(options const& o, std::atomic<bool> const& stopping) {
  tls_ = std::make_unique<tls>();
  tls_->context = SSL_CTX_new(TLS_client_method());
  if (tls_->context == nullptr) throw std::runtime_error(tls_words());
  SSL_CTX_set_min_proto_version(tls_->context, TLS1_2_VERSION);
  SSL_CTX_set_mode(tls_->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(tls_->context, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_file(tls_->context, o.ca_file.c_str()) != 1) throw std::runtime_error("the CA file " + o.ca_file.string() + ": " + tls_words());
  if (!o.certificate_file.empty() && (SSL_CTX_use_certificate_chain_file(tls_->context, o.certificate_file.c_str()) != 1 ||
                                      SSL_CTX_use_PrivateKey_file(tls_->context, o.key_file.c_str(), SSL_FILETYPE_PEM) != 1))
    throw std::runtime_error("certificate " + o.certificate_file.string() + " and key: " + tls_words());
  tls_->ssl = SSL_new(tls_->context);
  if (tls_->ssl == nullptr) throw std::runtime_error(tls_words());
  // The certificate names this host: an address is compared as an address.
  auto const host = o.host.starts_with('[') && o.host.ends_with(']') ? o.host.substr(1, o.host.size() - 2) : o.host;
  auto* const checks = SSL_get0_param(tls_->ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(checks, host.c_str()) != 1) {
    ERR_clear_error();
    SSL_set_tlsext_host_name(tls_->ssl, host.c_str());
    if (SSL_set1_host(tls_->ssl, host.c_str()) != 1) throw std::runtime_error(tls_words());
  }
  SSL_set_fd(tls_->ssl, fd_);
  auto const deadline = steady_clock::now() + o.connect_timeout;
  for (;;) {
    ERR_clear_error();
    int const done = SSL_connect(tls_->ssl);
    if (done == 1) return;
    int const reason = SSL_get_error(tls_->ssl, done);
    if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
      auto const verdict = SSL_get_verify_result(tls_->ssl);
      throw std::runtime_error(verdict != X509_V_OK ? std::string("the broker's certificate is not accepted: ") + X509_verify_cert_error_string(verdict)
                                                    : "no TLS with the broker: " + tls_words());
    }
    wait_for(fd_, reason == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN, deadline, stopping, "the TLS handshake");
  }
}

io stream::read(char* to, std::size_t room, std::size_t& n) {
  n = 0;
  wants_write_ = false;
  if (tls_) {
    ERR_clear_error();
    if (SSL_read_ex(tls_->ssl, to, room, &n) == 1) return io::some;
    int const reason = SSL_get_error(tls_->ssl, 0);
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) {
      wants_write_ = reason == SSL_ERROR_WANT_WRITE;
      return io::again;
    }
    why_ = reason == SSL_ERROR_ZERO_RETURN ? "the broker closed it" : tls_words();
    return io::over;
  }
  auto const got = ::recv(fd_, to, room, 0);
  if (got > 0) {
    n = static_cast<std::size_t>(got);
    return io::some;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return io::again;
  why_ = got == 0 ? "the broker closed it" : system_words(errno);
  return io::over;
}

io stream::write(char const* from, std::size_t size, std::size_t& n) {
  n = 0;
  if (tls_) {
    ERR_clear_error();
    if (SSL_write_ex(tls_->ssl, from, size, &n) == 1) return io::some;
    int const reason = SSL_get_error(tls_->ssl, 0);
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return io::again;
    why_ = tls_words();
    return io::over;
  }
  auto const sent = ::send(fd_, from, size, MSG_NOSIGNAL);
  if (sent >= 0) {
    n = static_cast<std::size_t>(sent);
    return io::some;
  }
  if (errno == EAGAIN || errno == EINTR) return io::again;
  why_ = system_words(errno);
  return io::over;
}

}  // namespace ioc::mqtt
