#pragma once
#include "adapters/config/server_settings.hpp"
#include "adapters/postgres/accounts.hpp"

#include <memory>
#include <string>

namespace ioc::ctl {

// Calls of the running iocd's own HTTP interface, for commands that change what it works with. Whoever may read iocd.yaml and its
// database password is let in without another one: a session of the administrator `as` is made in the database for the time of the
// command, and what it does stands in the audit log under that name. Blocking; one thread.
class api_client {
 public:
  // `as` empty = the only administrator. Throws std::runtime_error: no such administrator, several, the database is away.
  api_client(config::server_settings const& settings, std::string const& as);
  ~api_client();
  api_client(api_client const&) = delete;
  api_client& operator=(api_client const&) = delete;

  struct answer {
    int status = 0;
    std::string body;
  };
  // Throws std::runtime_error when iocd does not answer.
  answer send(std::string const& method, std::string const& target, std::string const& body = {}, std::string const& type = "application/json");
  // The same; a refusal (4xx, 5xx) is thrown with the server's words.
  std::string need(std::string const& method, std::string const& target, std::string const& body = {}, std::string const& type = "application/json");

 private:
  config::server_settings settings_;
  postgres::accounts accounts_;
  std::string token_;
};

// "a b" → "a%20b", for a part of a path or the value of an argument.
std::string escaped(std::string const& text);

}  // namespace ioc::ctl
