#include "perceive/decoders/mbmd/mbmd.hpp"

#include "perceive/decoders/mbmd/mbmd_quantity.hpp"

namespace ioc::perceive {

decoded decode_mbmd(decode_input const& in) {
  static decoder_settings const defaults;
  std::string const base((in.settings ? *in.settings : defaults).word("base", "mbmd"));
  if (!in.topic.starts_with(base + "/")) return decoded::rejected("not a topic below " + base);
  auto const payload = trimmed(in.payload);
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  auto const levels = topic_levels(in.topic.substr(base.size() + 1));

  if (levels.size() == 1) {
    if (levels[0] != "status") return decoded::rejected("not a topic of mbmd");
    bool const up = equal_fold(payload, "connected");
    if (!up && !equal_fold(payload, "disconnected")) return decoded::rejected("status is connected or disconnected");
    return online_message(base, up, payload);
  }
  if (levels.size() > 3 || levels[0].empty()) return decoded::rejected("not a topic of mbmd");
  std::string name(levels[1]);
  if (levels.size() == 3) name += levels[2];
  auto const rule = mbmd_quantity(name);
  if (!rule) return decoded::ignored("mbmd has no quantity " + cut(name, 64));
  if (rule->metric.empty()) return decoded::ignored(name + " is not kept");
  return scalar_message(std::string(levels[0]), *rule, payload, in.topic);
}

}  // namespace ioc::perceive
