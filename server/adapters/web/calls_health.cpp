#include "adapters/web/calls.hpp"

#include "core/value.hpp"

namespace ioc::web {

response healthz(context&, call const&) {
  response out;
  out.body = R"({"status":"ok"})";
  return out;
}

response readyz(context& c, call const&) {
  response out;
  bool ready = true, degraded = false;
  std::string checks;
  for (auto const& d : c.rest.readiness()) {
    ready = ready && d.ok;
    degraded = degraded || d.degraded || !d.ok;
    if (!checks.empty()) checks += ',';
    checks += R"({"name":)" + core::json_quote(d.name) + R"(,"ok":)" + (d.ok ? "true" : "false") + R"(,"degraded":)" + (d.degraded ? "true" : "false") + R"(,"detail":)" + core::json_quote(d.detail) + "}";
  }
  out.status = ready ? 200 : 503;
  if (!ready) out.headers.emplace_back("Retry-After", "5");
  out.body = std::string(R"({"ready":)") + (ready ? "true" : "false") + R"(,"degraded":)" + (degraded ? "true" : "false") + R"(,"checks":[)" + checks + "]}";
  return out;
}

// Without a session only for this machine; its figures cover every unit, so elsewhere admin and auditor read them.
response metrics(context& c, call const& k) {
  if (!k.r.loopback && k.who.user.empty()) throw unauthenticated();
  if (!k.r.loopback && k.who.role != "admin" && k.who.role != "auditor") throw forbidden("metrics are for admin and auditor");
  response out;
  out.type = "text/plain; version=0.0.4; charset=utf-8";
  out.body = c.rest.metrics_text() + own_metrics(c.counted, c.live);
  return out;
}

std::string own_metrics(counters const& n, hub const& live) {
  std::string out;
  auto const add = [&](std::string const& name, std::string const& kind, std::string const& help, auto value) {
    out += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n" + name + " " + std::to_string(value) + "\n";
  };
  add("ioc_web_connections_total", "counter", "connections accepted", n.connections.load());
  add("ioc_web_connections_refused_total", "counter", "connections closed because too many were open", n.connections_refused.load());
  add("ioc_web_connections_open", "gauge", "connections open now", n.connections_open.load());
  add("ioc_web_streams_total", "counter", "streams opened", n.streams.load());
  add("ioc_web_streams_open", "gauge", "streams open now", n.streams_open.load());
  add("ioc_web_stream_frames_total", "counter", "stream frames written", n.frames.load());
  add("ioc_web_streams_too_slow_total", "counter", "streams closed with 1013", n.slow_closed.load());
  add("ioc_web_readings_dropped_total", "counter", "live readings not shown because too many waited", live.readings_dropped());
  out += "# HELP ioc_web_answers_total answers by class of status\n# TYPE ioc_web_answers_total counter\n";
  for (std::size_t i = 1; i < n.answers.size(); ++i) out += "ioc_web_answers_total{class=\"" + std::to_string(i) + "xx\"} " + std::to_string(n.answers[i].load()) + "\n";
  return out;
}

}  // namespace ioc::web
