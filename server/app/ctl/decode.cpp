#include "app/ctl/commands.hpp"
#include "core/value.hpp"
#include "perceive/vector_check.hpp"

#include <boost/json.hpp>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <ostream>

namespace ioc::ctl {

namespace bj = boost::json;

namespace {

std::string read_all(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(path + " cannot be read: " + std::strerror(errno));
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (in.bad()) throw std::runtime_error(path + " cannot be read to its end");
  return text;
}

std::string_view to_text(core::ack_state s) {
  static constexpr std::string_view words[] = {"accepted", "running", "succeeded", "failed", "rejected"};
  return words[static_cast<std::size_t>(s)];
}

bj::value text_or_null(std::string const& s) { return s.empty() ? bj::value(nullptr) : bj::value(s); }
bj::value time_or_null(std::optional<core::time_point> const& t) { return t ? bj::value(core::to_iso(*t)) : bj::value(nullptr); }

bj::value value_json(core::value const& v) {  // not by way of text: what came in base64 may be no UTF-8, which a parser refuses
  if (auto const* b = std::get_if<bool>(&v)) return *b;
  if (auto const* n = std::get_if<double>(&v)) return *n;
  if (auto const* s = std::get_if<std::string>(&v)) return bj::value(*s);
  return nullptr;
}

bj::object element_json(perceive::decoded_element const& e) {
  bj::array readings, events, replies;
  for (auto const& r : e.readings)
    readings.push_back(bj::object{{"metric", r.full_name()}, {"value", value_json(r.v)}, {"unit", r.unit}, {"time", time_or_null(r.t ? r.t : e.t)},
                                  {"quality", core::to_text(r.q)}, {"historical", r.historical}});
  for (auto const& v : e.events) events.push_back(bj::object{{"name", v.name}, {"time", time_or_null(e.t)}, {"data", text_or_null(v.data)}});
  for (auto const& r : e.replies)
    replies.push_back(bj::object{{"id", r.id}, {"state", to_text(r.state)}, {"detail", text_or_null(r.detail)}});
  return {{"device", text_or_null(e.native)}, {"time", time_or_null(e.t)}, {"time_refused", e.time_refused}, {"seq", e.seq ? bj::value(*e.seq) : bj::value(nullptr)},
          {"online", e.online ? bj::value(*e.online) : bj::value(nullptr)}, {"refused", text_or_null(e.refused)}, {"readings", std::move(readings)},
          {"events", std::move(events)}, {"replies", std::move(replies)}};
}

bj::object message_json(perceive::vector_report::message const& m) {
  bj::object o{{"line", m.line}, {"id", m.id}, {"family", text_or_null(m.family)}, {"topic", m.topic}, {"compared", m.compared},
               {"passed", m.compared ? bj::value(m.problem.empty() && m.failed.empty()) : bj::value(nullptr)}};
  if (!m.problem.empty() || !m.failed.empty()) o["why"] = m.problem.empty() ? m.failed : m.problem;
  if (!m.problem.empty()) return o;
  auto const& d = m.made;
  bj::array elements, discovered;
  for (auto const& e : d.elements) elements.push_back(element_json(e));
  for (auto const& f : d.discovered) {
    bj::array metrics;
    for (auto const& name : f.metrics) metrics.emplace_back(name);
    discovered.push_back(bj::object{{"device", f.native}, {"name", f.name}, {"vendor", f.vendor}, {"model", f.model}, {"type", f.type}, {"metrics", std::move(metrics)}});
  }
  o["outcome"] = perceive::to_text(d.outcome);
  o["reason"] = text_or_null(d.reason);
  o["kind"] = d.outcome == perceive::decode_outcome::accept ? bj::value(perceive::to_text(d.kind)) : bj::value(nullptr);
  o["security"] = d.security;
  o["command"] = nullptr;
  if (d.command)
    o["command"] = bj::object{{"direction", d.command->to_device ? "to_device" : "from_device"}, {"action", d.command->action}, {"id", text_or_null(d.command->id)},
                              {"ack_topic", text_or_null(d.command->ack_topic)}};
  o["elements"] = std::move(elements);
  o["discovered"] = std::move(discovered);
  return o;
}

void element_text(perceive::decoded_element const& e, std::ostream& out) {
  out << "  device " << (e.native.empty() ? "(the gateway itself)" : e.native);
  if (e.seq) out << ", seq " << *e.seq;
  out << ", " << (e.t ? core::to_iso(*e.t) : std::string(e.time_refused ? "its time cannot be one: arrival time" : "no time of its own: arrival time"));
  if (e.online) out << (*e.online ? ", online" : ", offline");
  out << "\n";
  if (!e.refused.empty()) out << "    refused: " << e.refused << "\n";
  for (auto const& r : e.readings) {
    out << "    " << r.full_name() << " = " << core::to_json(r.v) << (r.unit.empty() ? "" : " " + r.unit) << ", " << core::to_text(r.q);
    if (r.t) out << ", " << core::to_iso(*r.t);
    out << (r.historical ? ", of an earlier time" : "") << "\n";
  }
  for (auto const& v : e.events) out << "    event " << v.name << (v.data.empty() ? "" : " " + v.data) << "\n";
  for (auto const& r : e.replies) out << "    answer to command " << r.id << ": " << to_text(r.state) << (r.detail.empty() ? "" : " (" + r.detail + ")") << "\n";
}

void message_text(perceive::vector_report::message const& m, std::ostream& out) {
  out << m.id << (m.family.empty() ? "" : " [" + m.family + "]") << " " << m.topic << "\n";
  if (!m.problem.empty()) {
    out << "  cannot be played: " << m.problem << "\n";
    return;
  }
  auto const& d = m.made;
  out << "  " << perceive::to_text(d.outcome);
  if (d.outcome == perceive::decode_outcome::accept) out << " as " << perceive::to_text(d.kind);
  out << (d.reason.empty() ? "" : ": " + d.reason) << (d.security ? " (a security event)" : "") << "\n";
  if (d.command) {
    auto const& c = *d.command;
    out << "  a command " << (c.to_device ? "to" : "from") << " the device: " << c.action << (c.id.empty() ? "" : ", id " + c.id)
        << (c.ack_topic.empty() ? "" : ", answered on " + c.ack_topic) << "\n";
  }
  for (auto const& e : d.elements) element_text(e, out);
  for (auto const& f : d.discovered)
    out << "  announces " << f.native << (f.type.empty() ? "" : ", " + f.type) << (f.vendor.empty() ? "" : ", " + f.vendor) << (f.model.empty() ? "" : " " + f.model) << "\n";
  if (m.compared) out << "  " << (m.failed.empty() ? "as expected" : "not as expected: " + m.failed) << "\n";
}

}  // namespace

// The sum is JSON with and without --json: the contract promises it, and what reads it is mostly a script.
int decode(arguments const& a, std::ostream& out) {
  auto const now = std::chrono::floor<core::duration>(std::chrono::system_clock::now());
  auto const report = perceive::check_vectors(read_all(a.operands[0]), {}, now);
  if (report.total == 0) throw std::runtime_error(a.operands[0] + " holds no message: one JSON object a line is expected, with family, topic and payload");
  bj::array failed, items;
  std::size_t skipped = 0;  // of the failed, those whose family has no decoder
  for (auto const& f : report.failed) {
    failed.push_back(bj::object{{"id", f.id}, {"why", f.why}});
    if (f.why.starts_with("no decoder")) ++skipped;
  }
  for (auto const& m : report.messages) {
    if (a.json) items.push_back(message_json(m));
    else if (a.flag("verbose") || !m.compared) message_text(m, out);
  }
  bj::object sum{{"total", report.total}, {"passed", report.passed}, {"failed", std::move(failed)}, {"skipped", skipped}, {"not_compared", report.not_compared}};
  if (a.json) sum["items"] = std::move(items);
  out << bj::serialize(sum) << "\n";
  return report.failed.empty() ? 0 : 1;
}

}  // namespace ioc::ctl
