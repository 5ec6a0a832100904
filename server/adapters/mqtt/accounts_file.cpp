#include "adapters/mqtt/accounts_file.hpp"

#include <boost/json.hpp>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <unordered_map>

namespace ioc::mqtt {

namespace json = boost::json;

namespace {
// Mosquitto's own number. The secret has 128 random bits, so stretching adds nothing, and a reconnect storm is checked quickly.
constexpr int rounds = 101;

std::string base64(unsigned char const* bytes, int n) {
  std::string out(static_cast<std::size_t>((n + 2) / 3 * 4), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, n);
  return out;
}

bool same(struct stat const& a, struct stat const& b) {
  return a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}
}  // namespace

std::vector<account_right> gateway_rights(std::string const& name, std::vector<std::string> const& units) {
  std::vector<account_right> out;
  for (auto const& unit : units) {
    for (char const* kind : {"telemetry", "event", "status", "ack"}) out.push_back({"publishClientSend", "ioc/v1/" + unit + "/+/" + kind});
    for (char const* kind : {"command", "drill", "receipt"})
      for (char const* type : {"publishClientReceive", "subscribePattern"}) out.push_back({type, "ioc/v1/" + unit + "/+/" + kind});
    out.push_back({"publishClientSend", "ioc/raw/v1/" + unit + "/" + name + "/#"});
  }
  // The last word on subscribing: the ACL file lets everybody ask for anything.
  for (char const* topic : {"#", "$SYS/#", "$CONTROL/#"}) out.push_back({"subscribePattern", topic, -1, false});
  return out;
}

struct accounts_file::state {
  std::filesystem::path path;
  struct stat read_as {};
  json::value doc;
  std::unordered_map<std::string, std::size_t> at;  // user → place in clients
  json::array& clients() { return doc.as_object()["clients"].as_array(); }
};

accounts_file::accounts_file(std::filesystem::path path) : s_(std::make_unique<state>()) {
  s_->path = std::move(path);
  std::ifstream in(s_->path, std::ios::binary);
  if (!in || ::stat(s_->path.c_str(), &s_->read_as) != 0)
    throw std::runtime_error("the broker's accounts file " + s_->path.string() + " cannot be read: " + std::strerror(errno));
  std::string const text{std::istreambuf_iterator<char>(in), {}};
  boost::system::error_code ec;
  s_->doc = json::parse(text, ec);
  if (ec || !s_->doc.is_object() || !s_->doc.get_object().contains("clients") || !s_->doc.get_object()["clients"].is_array())
    throw std::runtime_error(s_->path.string() + " is no accounts file of Mosquitto's dynamic-security plugin");
  for (std::size_t i = 0; i < s_->clients().size(); ++i)
    if (auto const* o = s_->clients()[i].if_object())
      if (auto const* user = o->if_contains("username"); user && user->is_string()) s_->at[std::string(user->get_string())] = i;
}

accounts_file::~accounts_file() = default;

bool accounts_file::has(std::string const& user) const { return s_->at.contains(user); }
std::size_t accounts_file::size() const { return s_->at.size(); }

void accounts_file::put_device(std::string const& unit, std::string const& device, std::string const& password) {
  unsigned char salt[12], digest[64];
  if (RAND_bytes(salt, sizeof salt) != 1 ||
      PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt, sizeof salt, rounds, EVP_sha512(), sizeof digest, digest) != 1)
    throw std::runtime_error("OpenSSL could not make the password's hash");
  auto const user = unit + "/" + device;
  json::object const entry{{"username", user}, {"textname", ""}, {"roles", json::array{json::object{{"rolename", "device"}, {"priority", 0}}}},
                           {"password", base64(digest, sizeof digest)}, {"salt", base64(salt, sizeof salt)}, {"iterations", rounds}};
  auto const [place, fresh] = s_->at.emplace(user, s_->clients().size());
  if (fresh) s_->clients().push_back(entry);
  else s_->clients()[place->second] = entry;
}

void accounts_file::save() {
  struct stat now {};
  if (::stat(s_->path.c_str(), &now) != 0 || !same(now, s_->read_as))
    throw std::runtime_error(s_->path.string() + " was changed meanwhile: start again");
  auto const part = s_->path.string() + ".part";
  ::unlink(part.c_str());
  int const fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error(part + " cannot be written: " + std::strerror(errno));
  auto const text = json::serialize(s_->doc);
  bool good = true;
  for (std::size_t done = 0; good && done < text.size();) {
    auto const n = ::write(fd, text.data() + done, text.size() - done);
    good = n > 0;
    if (good) done += static_cast<std::size_t>(n);
  }
  if (good && ::geteuid() == 0) good = ::fchown(fd, s_->read_as.st_uid, s_->read_as.st_gid) == 0;
  good = good && ::fsync(fd) == 0;
  ::close(fd);
  if (!good || ::rename(part.c_str(), s_->path.c_str()) != 0) {
    auto const why = std::strerror(errno);
    ::unlink(part.c_str());
    throw std::runtime_error(s_->path.string() + " cannot be written: " + why);
  }
  ::stat(s_->path.c_str(), &s_->read_as);
}

}  // namespace ioc::mqtt
