#pragma once
#include "adapters/web/api.hpp"
#include "adapters/web/outbox.hpp"

#include <string_view>

namespace ioc::web {

// What a stream's client says: subscribe and unsubscribe. Turns one text frame into a change of the outbox, or into an
// error frame in it; never throws. Pure but for hub::watch. Owned by the stream session, on the I/O thread.
class stream_commands {
 public:
  stream_commands(api& calls, hub& live, outbox& out, api::viewer const& who) : calls_(calls), live_(live), out_(out), who_(who) {}
  ~stream_commands();
  stream_commands(stream_commands const&) = delete;
  stream_commands& operator=(stream_commands const&) = delete;
  void take(std::string_view text);

 private:
  void watch(channel where, item_filter const& f, int by);
  void refuse(std::string_view code, std::string_view message, std::optional<std::int64_t> id = {});

  api& calls_;
  hub& live_;
  outbox& out_;
  api::viewer const& who_;
};

}  // namespace ioc::web
