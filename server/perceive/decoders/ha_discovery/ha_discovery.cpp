#include "perceive/decoders/ha_discovery/ha_discovery.hpp"

#include "perceive/decoders/ha_discovery/ha_config.hpp"
#include "perceive/json_read.hpp"

namespace ioc::perceive {

decoded decode_ha_discovery(decode_input const& in) {
  static decoder_settings const defaults;
  auto const& settings = in.settings ? *in.settings : defaults;
  auto const prefix = settings.word("prefix", "homeassistant");
  bool const below = in.topic.size() > prefix.size() + 1 && in.topic.starts_with(prefix) && in.topic[prefix.size()] == '/';
  if (below && in.topic.ends_with("/config")) return read_ha_config(in.topic, prefix, in);
  if (in.memory)
    if (auto const bound = ha_bindings(*in.memory, in.topic); !bound.empty()) return read_ha_message(bound, in);
  if (below && in.topic.substr(prefix.size() + 1) == "status") return decoded::ignored("Home Assistant itself comes or goes", message_kind::status);
  if (trimmed(in.payload).empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload");
  return decoded::rejected("no source takes this topic, and no discovery message has named it");
}

}  // namespace ioc::perceive
