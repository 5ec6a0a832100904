#include "perceive/decoders/sparkplug_b/sparkplug_b.hpp"
#include "perceive/hearer.hpp"

namespace ioc::perceive {

// The memories of Sparkplug sources that come unbridged, with their settings: those that this host may ask.
template <class F>
void hearer::each_host_memory(F const& f) {
  for (auto const& source : known_->sources.sources()) {
    if (source.info.decoder != "sparkplug_b" || source.info.unit.empty()) continue;
    if (auto const it = memories_.find(source.info.unit + "//" + source.info.name); it != memories_.end()) f(it->second, source.settings);
  }
}

std::vector<decoded_request> hearer::requests_due(core::time_point now) {
  std::vector<decoded_request> out;
  each_host_memory([&](dialect_memory& memory, decoder_settings const& settings) {
    for (auto& r : sparkplug_due(memory, settings, now)) out.push_back(std::move(r));
  });
  return out;
}

void hearer::host_connected(core::time_point at) {
  each_host_memory([&](dialect_memory& memory, decoder_settings const& settings) { sparkplug_connected(memory, settings, at); });
}

}  // namespace ioc::perceive
