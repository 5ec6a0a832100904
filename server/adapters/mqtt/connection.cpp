#include "adapters/mqtt/connection.hpp"

#include <mqtt/async_client.h>

#include <algorithm>
#include <stdexcept>

namespace ioc::mqtt {
namespace {

// Waits in small steps, so that a stop does not have to sit out a broker that does not answer.
void finish(::mqtt::token& t, std::chrono::milliseconds at_most, std::atomic<bool> const& stopping, char const* what) {
  auto const deadline = std::chrono::steady_clock::now() + at_most;
  while (!t.wait_for(std::chrono::milliseconds{50})) {
    if (stopping) throw std::runtime_error("stopping");
    if (std::chrono::steady_clock::now() >= deadline) throw std::runtime_error(std::string("the broker did not answer ") + what);
  }
}

// MQTT 5's words for a reason code of the broker.
std::string reason(int code) {
  auto const* text = MQTTReasonCode_toString(static_cast<MQTTReasonCodes>(code));
  return text != nullptr ? text : "reason " + std::to_string(code);
}

// Paho puts the broker's reason, from 128 on, where its own (negative) codes are.
std::string words(::mqtt::exception const& e) {
  auto const code = std::max<int>(e.get_return_code(), e.get_reason_code());
  return code >= 0x80 ? "the broker says: " + reason(code) : e.to_string();
}

::mqtt::connect_options connect_options(options const& o) {
  ::mqtt::connect_options c;
  c.set_mqtt_version(MQTTVERSION_5);
  c.set_clean_start(o.clean);
  c.set_automatic_reconnect(false);
  c.set_keep_alive_interval(o.keep_alive);
  c.set_connect_timeout(o.connect_timeout);
  if (!o.user.empty()) c.set_user_name(o.user);
  if (!o.password.empty()) c.set_password(o.password);
  ::mqtt::properties p;
  p.add(::mqtt::property(::mqtt::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(o.clean ? 0 : o.session_expiry.count())));
  p.add(::mqtt::property(::mqtt::property::RECEIVE_MAXIMUM, static_cast<std::int32_t>(o.receive_maximum)));
  p.add(::mqtt::property(::mqtt::property::MAXIMUM_PACKET_SIZE, static_cast<std::int32_t>(o.maximum_packet)));
  c.set_properties(std::move(p));
  if (o.will) {
    auto const last = o.will();
    c.set_will(::mqtt::will_options(last.topic, last.payload, 1, true, ::mqtt::properties{}));
  }
  if (!o.ca_file.empty()) {
    ::mqtt::ssl_options s;
    s.set_trust_store(o.ca_file.string());
    if (!o.certificate_file.empty()) {
      s.set_key_store(o.certificate_file.string());
      s.set_private_key(o.key_file.string());
    }
    s.set_enable_server_cert_auth(true);
    s.set_verify(true);  // the certificate names this host
    s.set_ssl_version(MQTT_SSL_VERSION_TLS_1_2);
    c.set_ssl(std::move(s));
  }
  return c;
}

}  // namespace

// Members are destroyed in reverse: the client, and with it every callback, goes first.
struct connection::paho final : ::mqtt::callback, ::mqtt::iaction_listener {
  options const& opt;
  connection_events& events;
  ::mqtt::async_client client;

  paho(options const& o, std::string const& uri, connection_events& e)
      : opt(o), events(e), client(uri, o.client_id, ::mqtt::create_options(MQTTVERSION_5), static_cast<::mqtt::iclient_persistence*>(nullptr)) {
    client.set_callback(*this);
    client.set_disconnected_handler([this](::mqtt::properties const&, ::mqtt::ReasonCode code) {
      events.lost("the broker ended it: " + reason(static_cast<int>(code)));
    });
  }

  void connection_lost(std::string const& cause) override { events.lost(cause.empty() ? "the connection broke" : "the connection broke: " + cause); }

  void message_arrived(::mqtt::const_message_ptr m) override {
    auto const& payload = m->get_payload();
    incoming in;
    in.topic = m->get_topic();
    in.payload = std::string_view(payload.data(), payload.size());
    in.qos = static_cast<std::uint8_t>(m->get_qos());
    in.dup = m->is_duplicate();
    in.retain = m->is_retained();
    events.message(in);
  }

  static std::uint64_t id(::mqtt::token const& t) { return reinterpret_cast<std::uintptr_t>(t.get_user_context()); }
  void on_success(::mqtt::token const& t) override { events.answered(id(t), delivery::reached_broker); }
  void on_failure(::mqtt::token const& t) override { events.answered(id(t), t.get_reason_code() >= 0x80 ? delivery::refused : delivery::lost); }
};

connection::connection(options const& o, std::string const& uri, connection_events& events) {
  try {
    p_ = std::make_unique<paho>(o, uri, events);
  } catch (::mqtt::exception const& e) {
    throw std::runtime_error(words(e));
  }
}

connection::~connection() = default;

bool connection::connect(std::atomic<bool> const& stopping) try {
  auto const token = p_->client.connect(connect_options(p_->opt));
  finish(*token, p_->opt.connect_timeout + std::chrono::seconds{1}, stopping, "the connect");
  return token->get_connect_response().is_session_present();
} catch (::mqtt::exception const& e) {
  throw std::runtime_error(words(e));
}

void connection::subscribe(std::vector<std::string> const& filters, std::atomic<bool> const& stopping) try {
  bool const no_local = true;
  bool const retain_as_published = false;
  ::mqtt::subscribe_options const how(no_local, retain_as_published, ::mqtt::subscribe_options::SEND_RETAINED_ON_NEW);
  // One packet for each filter: with a list of one, Paho sends the options of none (No Local and Retain Handling both 0).
  std::vector<::mqtt::token_ptr> tokens;
  for (auto const& f : filters) tokens.push_back(p_->client.subscribe(f, 1, how));
  for (std::size_t i = 0; i < filters.size(); ++i) {
    finish(*tokens[i], p_->opt.connect_timeout, stopping, "the subscription");
    auto const answer = tokens[i]->get_subscribe_response();  // named: the loop below holds a reference into it
    for (auto const code : answer.get_reason_codes())
      if (code >= 0x80) throw std::runtime_error("the broker refuses the subscription to " + filters[i] + ": " + reason(code));
  }
} catch (::mqtt::exception const& e) {
  throw std::runtime_error(words(e));
}

bool connection::publish(std::string topic, std::string payload, std::uint8_t qos, bool retain, std::chrono::seconds expiry, std::uint64_t id) try {
  ::mqtt::properties p;
  if (expiry.count() > 0) p.add(::mqtt::property(::mqtt::property::MESSAGE_EXPIRY_INTERVAL, static_cast<std::int32_t>(expiry.count())));
  auto const m = ::mqtt::message::create(std::move(topic), std::move(payload), qos, retain, p);
  p_->client.publish(m, reinterpret_cast<void*>(static_cast<std::uintptr_t>(id)), *p_);
  return true;
} catch (::mqtt::exception const&) {
  return false;
}

void connection::disconnect(bool send_will) noexcept try {
  ::mqtt::disconnect_options how;
  if (send_will) how.set_reason_code(::mqtt::ReasonCode::DISCONNECT_WITH_WILL_MESSAGE);
  p_->client.disconnect(how)->wait_for(std::chrono::seconds{2});
} catch (std::exception const&) {
  // It was gone already; the broker keeps the session either way.
}

}  // namespace ioc::mqtt
