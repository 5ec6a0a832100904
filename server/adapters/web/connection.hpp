#pragma once
#include "adapters/web/stream.hpp"

// Only for the .cpp files of this folder that speak Beast.
namespace ioc::web {

// One HTTP/1.1 connection, plain or (with `tls`) behind a TLS handshake.
std::unique_ptr<open_connection> make_connection(engine& e, asio::ip::tcp::socket s, asio::ssl::context* tls);

}  // namespace ioc::web
