#pragma once
#include <string>
#include <string_view>

namespace ioc::web {

// Argon2id by libsodium with its interactive limits (64 MiB, about 0.1 s): slow on purpose, so never on an I/O thread.
// Throws std::runtime_error if the memory cannot be had.
std::string hash_password(std::string_view password);
bool verify_password(std::string const& hash, std::string_view password);

// At least 12 characters (code points) and at most 1,000 bytes.
bool good_password(std::string_view password);

// 32 random bytes as 43 characters of base64url: what a client holds.
std::string new_token();
// SHA-256 in hex: what is stored, so that a stolen table opens no session.
std::string token_hash(std::string_view token);
// 16 hex digits that an operator can quote from a problem and find in the log.
std::string new_request_id();

}  // namespace ioc::web
