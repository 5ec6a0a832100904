#pragma once
#include "adapters/journal/journal.hpp"
#include "adapters/postgres/writer.hpp"
#include "adapters/web/hub.hpp"
#include "app/live_view.hpp"
#include "app/receipts.hpp"
#include "pipeline/pipeline.hpp"

#include <spdlog/fwd.h>

#include <atomic>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ioc::app {

// What a person's operation came to, with the object as it now is (wire JSON; empty when there is none).
struct operation_reply {
  pipeline::operation_result result = pipeline::operation_result::not_found;
  std::string json;
  std::string state;  // of the object, for a 409
  journal::position at = 0;  // its record ends here: once the database holds this position, it is saved
};

// The server's own notes in the journal: the broker's connection is not there (payload "start": the process has just begun); it is
// there and nothing was lost meanwhile; it is there, and devices may have had to reconnect themselves.
inline constexpr std::string_view mark_deaf = "deaf", mark_resumed = "resumed", mark_rejoined = "rejoined";

// Publishes one command; false = the broker is away (the next attempt may reach it).
using publish_function = std::function<bool(std::string const& topic, std::string const& payload, std::chrono::seconds expiry)>;
// Publishes a dialect's own request to the field (QoS 0, not retained); false = the host's connection is away, nobody hears it.
using request_function = std::function<bool(std::string const& topic, std::string const& payload)>;

// The journal's mark of a new connection of the Sparkplug host.
inline constexpr std::string_view host_connected_mark = "sparkplug-connected";

// Hands a publisher that floods over to whoever disables its account; returns at once.
using cut_function = std::function<void(std::string const& publisher, pipeline::flood_case const& f)>;

// The pipeline's thread: reads the journal in order, lets the machine work each record in, and hands what came of it to the
// database's writer, the screens and the broker. What an alert or a person changes is synced, shown, stored, sent, in this order;
// telemetry is shown without waiting for the disk (the writer syncs before it commits). On a start it replays from the saved
// state; what the replay would send again is recognised by the `sent` records. Owns the machine's state while it runs.
class runner {
 public:
  struct parts {
    pipeline::pipeline& machine;
    journal::journal& log;
    postgres::writer& database;
    web::hub& screens;
    publish_function publish;
    request_function request;  // empty = this server is no Sparkplug host
    cut_function cut;
    std::shared_ptr<spdlog::logger> out;
  };
  // `from`: where the saved state stands. `committed`: up to here the database holds the rows already.
  // `sent`: the attempts that went out before, as saved.
  runner(parts p, journal::position from, journal::position committed, sent_set sent);
  ~runner();
  runner(runner const&) = delete;
  runner& operator=(runner const&) = delete;

  // Before start(): how far the devices that wait for receipts had been told.
  void restore(receipts r) { receipts_ = std::move(r); }
  void start();
  void stop();  // works in what the journal holds, saves the state, joins

  // From any other thread: through the journal, synced, in one order with the messages. Waits until it is worked in.
  // Throws std::runtime_error when the journal takes no more.
  operation_reply operate(pipeline::operation op);

  // Somebody tried what only an intruder would: into the log and, through the journal, into the audit log. From any thread.
  void security_event(std::string const& by, std::string const& detail_json);

  // What became of an account that was to be disabled: through the journal into the registry, the alert and the audit log. From any thread.
  void account_cut(std::string const& publisher, pipeline::cut_state is, std::string const& account, std::string const& why);

  // Runs `ask` on the pipeline's thread and waits: how other threads look at the machine. Throws std::runtime_error after 5 s.
  template <class F>
  auto look(F ask) -> decltype(ask(std::declval<pipeline::pipeline const&>())) {
    using answer = decltype(ask(std::declval<pipeline::pipeline const&>()));
    auto const task = std::make_shared<std::packaged_task<answer()>>([this, ask] { return ask(parts_.machine); });
    auto done = task->get_future();
    post([task] { (*task)(); });
    if (done.wait_for(std::chrono::seconds{5}) != std::future_status::ready) throw std::runtime_error("the pipeline does not answer");
    return done.get();
  }

  void database_is(bool up) { database_up_ = up; }
  // False while the database is away, or has not taken what was handed over for three seconds.
  bool database_keeps_up() const { return database_up_ && !lagging_; }
  bool caught_up() const { return caught_up_; }
  std::uint64_t alerts_raised() const { return alerts_raised_; }
  std::uint64_t commands_sent() const { return commands_sent_; }
  std::uint64_t requests_sent() const { return requests_sent_; }
  // Messages of this run that have been worked in; those appended but not yet are in flight.
  std::uint64_t taken() const { return taken_; }

 private:
  void run();
  void post(std::function<void()> ask);
  void take(journal::record const& r);
  void take_mark(journal::record const& r, bool stored_before);
  void take_change(pipeline::operation const& op, bool stored_before, operation_reply& reply);
  void take_flood(perceive::flood const& f, journal::record const& r);
  void take_cut(journal::record const& r, bool stored_before);
  void hand_over_cuts();
  bool keep_copy_of_surplus(core::time_point arrival);
  void take_security(journal::record const& r, std::string const& by, std::string detail_json);
  void flush();
  void show_and_store(std::string const& unit, pipeline::outcomes const& o, postgres::batch& b);
  void send(core::command_send const& s);
  void send_waiting();
  void note_receipts(perceive::verdict const& heard, journal::record const& r);
  void send_receipts();
  void send_requests();
  void refresh_devices(bool changed, bool all = false);
  void refresh_summaries();
  void store_devices();
  bool save_due() const;
  void save_state(bool last);

  parts parts_;
  journal::position at_;
  journal::position committed_;
  journal::position replay_until_;
  journal::position start_end_;  // what the journal held at the start lies below
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> database_up_{true};
  std::atomic<bool> caught_up_{false};
  std::atomic<bool> lagging_{false};
  std::atomic<std::uint64_t> alerts_raised_{0}, commands_sent_{0}, requests_sent_{0};
  double rate_ = 0;  // messages a second
  std::atomic<std::uint64_t> taken_{0};

  pipeline::site_outcomes now_;
  postgres::batch batch_;
  postgres::layout_book layouts_;
  std::unordered_set<core::device_ref> changed_devices_;
  std::set<core::device_ref> unstored_devices_;
  // What the hub was told of a device: with its text, or only that it is there; `connection` = hash of what was shown.
  struct face {
    bool known = false, drawn = false;
    std::size_t connection = 0;
  };
  std::unordered_map<core::device_ref, face> faces_;
  std::vector<perceive::decoded_request> requests_;  // of this run's messages: a replay asks the field nothing
  core::device_ref stored_last_;  // of unstored_devices_, how far this round has come
  std::chrono::steady_clock::time_point stored_round_{}, stored_at_ = std::chrono::steady_clock::now();
  double device_allowance_ = 0;
  std::map<std::pair<core::uuid, int>, core::command_send> waiting_sends_;  // found by the replay, not yet seen as sent
  std::vector<std::pair<journal::position, operation_reply>> answered_;
  // Alerts whose last change the database may not hold yet: shown as unsaved once that takes long.
  struct waiting_alert {
    std::uint64_t batch = 0;  // that carries it to the database
    std::chrono::steady_clock::time_point since;
    bool shown_unsaved = false;
  };
  std::map<core::uuid, waiting_alert> unsaved_;
  void refresh_unsaved();

  std::mutex asks_mutex_;
  std::vector<std::function<void()>> asks_;
  std::mutex replies_mutex_;
  std::map<journal::position, std::promise<operation_reply>> replies_;
  std::string ledger_;  // as of the last flush

  std::chrono::steady_clock::time_point last_screen_{}, last_quiet_{}, last_summary_{}, last_save_{}, last_rate_{};
  std::chrono::milliseconds save_every_{10'000};
  std::size_t saved_bytes_ = 0;  // of the last state
  std::uint64_t messages_ = 0, messages_at_rate_ = 0;
  struct handed {
    std::uint64_t batch;
    std::chrono::steady_clock::time_point since;
  };
  std::deque<handed> handed_over_;  // to the writer and not known to be written, ten a second
  journal::position saved_ = 0;                         // of the last saved state
  journal::position stored_ = 0, stored_before_ = 0;  // of the last one that the database holds, and of the one before
  sent_set sent_;
  receipts receipts_;
  std::set<core::device_ref> keepers_;  // registered for receipts, as of the last look at the registry
  bool registry_changed_ = false;  // who changed it sees it in his next question
  std::size_t next_quiet_ = 0;
  bool changed_since_save_ = false;
  core::time_point security_minute_;  // of the last security events; at most 60 a minute go into the audit log
  int security_events_ = 0;
  core::time_point surplus_minute_;  // of the last copies of surplus messages
  int surplus_copies_ = 0;
  bool cuts_changed_ = true;
  std::map<std::string, core::time_point> handed_cuts_;  // publisher → when its flood was decided
  std::map<std::string, std::vector<core::time_point>> raises_;  // last ten minutes, for the load bar
};

}  // namespace ioc::app
