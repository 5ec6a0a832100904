#include "adapters/postgres/rows.hpp"

namespace ioc::postgres {

namespace {
template <class T, class F>
std::size_t sum(std::vector<T> const& v, F texts) {
  std::size_t n = v.size() * sizeof(T);
  for (auto const& x : v) n += texts(x);
  return n;
}
}  // namespace

std::size_t bytes_of(batch const& b) {
  std::size_t n = sizeof(batch) + b.ledger_json.size();
  n += sum(b.readings, [](reading_row const& r) {
    std::size_t bytes = r.unit.size() + r.device.size() + r.values.size() * sizeof(reading_value);
    for (auto const& v : r.values)
      if (auto const* text = std::get_if<std::string>(&v.v)) bytes += text->size();
    return bytes;
  });
  n += sum(b.events, [](event_row const& r) { return r.unit.size() + r.device.size() + r.name.size() + r.data.size(); });
  n += sum(b.rejected, [](rejected_row const& r) { return r.topic.size() + r.payload.size() + r.reason.size(); });
  n += sum(b.objects, [](object_row const& r) { return r.doc.size() + r.rule.size() + r.subject.size(); });
  n += sum(b.log, [](log_row const& r) { return r.what.size() + r.by.size() + r.detail.size(); });
  n += sum(b.devices, [](device_row const& r) { return r.unit.size() + r.device.size() + r.doc.size(); });
  n += sum(b.registry, [](registry_row const& r) { return r.unit.size() + r.device.size() + r.doc.size(); });
  return n;
}

}  // namespace ioc::postgres
