#include "app/app.hpp"

#include "adapters/config/load.hpp"
#include "adapters/journal/journal.hpp"
#include "adapters/mqtt/broker_accounts.hpp"
#include "adapters/mqtt/broker_figures.hpp"
#include "adapters/mqtt/broker_log.hpp"
#include "adapters/mqtt/client.hpp"
#include "adapters/mqtt/sparkplug_host.hpp"
#include "adapters/postgres/accounts.hpp"
#include "adapters/postgres/queries.hpp"
#include "adapters/postgres/server_clock.hpp"
#include "adapters/postgres/registry_store.hpp"
#include "adapters/postgres/writer.hpp"
#include "adapters/web/server.hpp"
#include "app/account_cutter.hpp"
#include "app/backend.hpp"
#include "app/clock_watch.hpp"
#include "app/logging.hpp"
#include "app/registry/device_text.hpp"
#include "app/runner.hpp"
#include "app/sparkplug_sources.hpp"
#include "app/start_checks.hpp"
#include "core/archive.hpp"
#include "perceive/catalogue.hpp"

#include <boost/json.hpp>
#include <spdlog/spdlog.h>

#include <malloc.h>

#include <csignal>

namespace ioc::app {

namespace {

postgres::options postgres_options(config::server_settings const& s) {
  postgres::options o;
  o.url = s.postgres.url;
  o.password_file = s.postgres.password_file;
  o.migrations_dir = s.migrations_dir;
  o.keep = {s.retention.raw_days, s.retention.minute_days, s.retention.hour_days, s.retention.day_days, s.retention.event_days, s.retention.rejected_days};
  o.spill_dir = s.data_dir + "/waiting";
  // As large as what the whole journal can become: then alerts go on for as long as the journal takes messages.
  o.spill_bytes = static_cast<std::size_t>(s.shares.waiting_mib ? s.shares.waiting_mib : 2 * static_cast<std::int64_t>(s.journal.max_mib)) << 20;
  return o;
}

mqtt::options mqtt_options(config::server_settings const& s, config::site const& site) {
  mqtt::options o;
  o.host = s.mqtt.host;
  o.port = s.mqtt.port;
  o.client_id = s.mqtt.client_id;
  o.user = s.mqtt.user;
  o.password = config::read_secret(s.mqtt.password_file, "mqtt.password_file", s.path);
  o.filters = {"ioc/v1/#", "ioc/raw/v1/#"};
  for (auto const& source : site.sources)  // sources that come unbridged name their one unit
    if (!source.unit.empty() && !(s.sparkplug.on() && source.decoder == "sparkplug_b")) o.filters.insert(o.filters.end(), source.filters.begin(), source.filters.end());
  o.ca_file = s.mqtt.ca;
  o.certificate_file = s.mqtt.certificate;
  o.key_file = s.mqtt.key;
  o.allow_plain_outside = s.mqtt.allow_plain_outside;
  o.broker_pid_file = s.mqtt.broker_pid_file;
  return o;
}

// The same broker with the administrator's account.
mqtt::options admin_options(config::server_settings const& s, config::site const& site) {
  auto o = mqtt_options(s, site);
  o.user = s.mqtt.admin_user;
  o.password = config::read_secret(s.mqtt.admin_password_file, "mqtt.admin_password_file", s.path);
  return o;
}

std::string device_address(config::server_settings const& s) {
  if (!s.mqtt.device_address.empty()) return s.mqtt.device_address;
  return (s.mqtt.ca.empty() ? "mqtt://" : "mqtts://") + s.mqtt.host + ":" + std::to_string(s.mqtt.port);
}

// What people changed, where the database knows it and no saved state does.
void adopt_registry(pipeline::pipeline& machine, std::shared_ptr<postgres::pool> const& pool) {
  pipeline::device_registry::entry_map entries;
  for (auto const& r : postgres::read_registry(pool))
    if (auto e = entry_from(boost::json::parse(r.doc), {r.unit, r.device})) entries[{r.unit, r.device}] = std::move(*e);
  machine.adopt(std::move(entries));
}

web::options web_options(config::server_settings const& s) {
  web::options o;
  o.address = s.http.address;
  o.port = s.http.port;
  o.certificate = s.http.certificate;
  o.key = s.http.key;
  o.allow_plain_outside = s.http.allow_plain_outside;
  o.dashboard_dir = s.http.dashboard_dir;
  o.geo_dir = s.http.geo_dir;
  return o;
}

core::time_point wall_clock() { return std::chrono::floor<core::duration>(std::chrono::system_clock::now()); }

// Once a second; PostgreSQL's clock is asked once in ten.
void look_at_clock(clock_watch& clocks, journal::journal& log, std::shared_ptr<postgres::pool> const& pool, int ticks, spdlog::logger& out) {
  if (auto const step = clocks.look(wall_clock(), std::chrono::steady_clock::now()))
    out.warn("the system clock was stepped by {:.1f} s; records are stamped on without going back", static_cast<double>(step->count()) / 1000);
  clocks.journal_is(std::chrono::floor<std::chrono::milliseconds>(wall_clock() - log.arrival_now()));
  if (ticks % 10 != 0) return;
  try {
    auto const before = std::chrono::steady_clock::now();
    auto const theirs = postgres::server_clock(*pool);
    auto const half = (std::chrono::steady_clock::now() - before) / 2;
    clocks.database_is(std::chrono::floor<std::chrono::milliseconds>(theirs - wall_clock() + half));
  } catch (std::exception const&) {
    return;  // away: the database's own line of /readyz says so
  }
}

perceive::catalogue catalogue_of(config::site const& site, config::quota_settings const& quotas) {
  auto out = site.catalogue();
  out.device_per_s = quotas.device_per_s;
  out.gateway_per_s = quotas.gateway_per_s;
  out.publisher_quotas = quotas.publishers;
  return out;
}

std::string_view to_text(mqtt::phase p) {
  constexpr std::string_view names[] = {"stopped", "connecting", "connected", "waiting", "paused"};
  return names[static_cast<std::size_t>(p)];
}

}  // namespace

std::string check(config::server_settings const& settings) {
  auto site = config::load_site(settings.config_dir);
  bind_sparkplug(settings, site);
  auto const catalogue = site.catalogue();
  std::string warning;
  try {
    check_port(settings);
  } catch (port_taken const& e) {
    warning = e.what();  // most likely by the very iocd whose next configuration this is
  }
  check_database(settings, postgres_options(settings));
  return warning;
}

int run(config::server_settings const& settings) {
  // Signals are taken by this thread alone; every thread made below inherits the mask.
  sigset_t signals;
  sigemptyset(&signals);
  for (int const s : {SIGINT, SIGTERM}) sigaddset(&signals, s);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  auto const out = make_log(settings.log);
  auto site = config::load_site(settings.config_dir);
  bind_sparkplug(settings, site);
  check_port(settings);

  // The journal: what came in, and what people did. Damage at its tail is cut and said.
  journal::options journal_options;
  journal_options.dir = settings.data_dir + "/journal";
  journal_options.max_bytes = std::uint64_t{settings.journal.max_mib} << 20;
  journal_options.segment_bytes = std::uint64_t{settings.journal.segment_mib} << 20;
  journal_options.sync_every = settings.journal.sync;
  std::filesystem::create_directories(journal_options.dir);
  std::string report;
  auto const log = journal::journal::open(journal_options, report);
  if (!report.empty()) out->warn("{}", report);

  // The database's one writer; its lock is taken before the position is read.
  std::atomic<bool> fatal{false};
  std::atomic<bool> database_up{true};
  runner* pipeline_runner = nullptr;
  std::mutex runner_mutex;
  postgres::writer writer{postgres_options(settings),
                          {.on_state =
                               [&](bool up, std::string why) {
                                 if (database_up.exchange(up) != up) up ? out->info("PostgreSQL is back") : out->error("PostgreSQL is away: {}", why);
                                 std::lock_guard const lock{runner_mutex};
                                 if (pipeline_runner) pipeline_runner->database_is(up);
                               },
                           .on_fatal =
                               [&](std::string why) {
                                 out->critical("{}", why);
                                 fatal = true;
                                 kill(getpid(), SIGTERM);
                               },
                           .on_warning = [&](std::string what) { out->warn("{}", what); },
                           // The database never holds a position that the journal could lose: new records would take it again.
                           .before_commit = [&](std::uint64_t position) { log->sync(position); }}};
  auto start = start_writer(settings, writer);
  if (start.position > log->end()) {
    out->warn("the journal ends at {} and the database holds up to {}: the unsynced end was lost with the power", log->end(), start.position);
    log->advance(start.position);
  }

  // The machine, as it was at the saved position.
  auto const catalogue = std::make_shared<perceive::catalogue const>(catalogue_of(site, settings.quotas));
  pipeline::pipeline machine{catalogue, site.units, wall_clock()};
  sent_set sent;
  receipts told;
  auto from = log->begin();
  if (start.snapshot) {
    if (start.snapshot->format != pipeline::pipeline::format)
      throw std::runtime_error("the saved state has format " + std::to_string(start.snapshot->format) + ", this iocd reads " +
                               std::to_string(pipeline::pipeline::format) + ": start the version that wrote it, or restore a backup");
    restore_saved(machine, sent, told.restore(start.snapshot->bytes));
    from = start.snapshot->position;
    start.snapshot.reset();
    malloc_trim(0);  // the state as text was as large as the state
  } else {
    adopt_registry(machine, postgres::open_pool(postgres_options(settings), 1));
  }
  for (auto const& why : machine.set_aside()) out->warn("{}", why);
  out->info("{} units, {} devices; replaying the journal from {} to {}, the database holds up to {}", machine.units().size(),
            machine.ears().known().devices.devices().size(), from, log->end(), start.position);

  // Screens, and the broker's connection: the callback appends to the journal and returns.
  web::hub hub;
  std::atomic<std::uint64_t> messages_in{0};
  bool hears = false;  // the broker's thread only
  mqtt::sink const take = [&](mqtt::incoming const& m) {
    if (!log->append(journal::record_kind::message, m.topic, m.payload, m.qos, m.dup, m.retain)) return mqtt::taken::refused;
    ++messages_in;
    return log->nearly_full() ? mqtt::taken::stored_nearly_full : mqtt::taken::stored;
  };
  mqtt::client broker{mqtt_options(settings, site), take,
                      [&](mqtt::client_state const& s) {
                        out->info("broker: {}{}{}", to_text(s.phase), s.reason.empty() ? "" : ": ", s.reason);
                        if (!s.save_trouble.empty()) out->warn("{}", s.save_trouble);
                        // What waited in the broker comes now; no timer calls a device silent before it was heard.
                        if (s.connected() != hears) {
                          hears = s.connected();
                          bool const nothing_lost = s.session_present && s.connects <= 1;  // only we were away, the broker kept all
                          log->append(journal::record_kind::mark, !hears ? mark_deaf : nothing_lost ? mark_resumed : mark_rejoined, "");
                        }
                      }};
  std::unique_ptr<mqtt::sparkplug_host> field;
  if (settings.sparkplug.on()) {
    auto o = mqtt_options(settings, site);
    o.client_id += "-sparkplug";
    field = std::make_unique<mqtt::sparkplug_host>(std::move(o), settings.sparkplug.host_id, take, [&](mqtt::client_state const& s) {
      out->info("Sparkplug host {}: {}{}{}", settings.sparkplug.host_id, to_text(s.phase), s.reason.empty() ? "" : ": ", s.reason);
      // What the edge nodes said meanwhile was never heard: they are asked for their births.
      if (s.connected()) log->append(journal::record_kind::mark, host_connected_mark, "");
    });
  }
  mqtt::broker_watch broker_says{mqtt_options(settings, site), [&](std::uint64_t more, std::uint64_t dropped) {
                                   out->warn("the broker dropped {} messages ({} since its start): a client's queue was full", more, dropped);
                                 }};
  std::unique_ptr<mqtt::broker_accounts> accounts;
  std::unique_ptr<account_cutter> cutter;
  runner pipeline{{machine, *log, writer, hub,
                   [&](std::string const& topic, std::string const& payload, std::chrono::seconds expiry) {
                     return broker.publish(topic, payload, 1, false, expiry);
                   },
                   field ? request_function([&field](std::string const& topic, std::string const& payload) { return field->request(topic, payload); }) : nullptr,
                   [&cutter](std::string const& publisher, pipeline::flood_case const& f) { cutter->want(publisher, f); }, out},
                  from, start.position, std::move(sent)};
  pipeline.restore(std::move(told));
  {
    std::lock_guard const lock{runner_mutex};
    pipeline_runner = &pipeline;
  }

  // The way in for people.
  auto const pool = postgres::open_pool(postgres_options(settings));
  postgres::queries const queries{pool};
  web::server* web_server = nullptr;
  clock_watch clocks{wall_clock(), std::chrono::steady_clock::now()};
  try {
    postgres::accounts{pool}.free_unfinished_keys();
  } catch (postgres::unavailable const& e) {
    out->warn("keys of repeated writes that an earlier run left unfinished stay claimed for a day: {}", e.what());
  }

  // Accounts of devices, and what the broker refused.
  backend* asked = nullptr;
  if (!settings.mqtt.admin_user.empty()) accounts = std::make_unique<mqtt::broker_accounts>(admin_options(settings, site), [&] { cutter->broker_is_back(); });
  cutter = std::make_unique<account_cutter>(account_cutter::calls{
      .disable = [&](std::string const& account) -> account_cutter::answer {
        using pipeline::cut_state;
        if (!accounts) return {false, cut_state::impossible, "mqtt.admin_user and mqtt.admin_password_file are not set"};
        auto const a = accounts->disable(account);
        if (a.done) return {false, a.missing ? cut_state::no_account : cut_state::disabled, a.missing ? "Client not found" : ""};
        if (a.away) out->warn("account {} is not disabled yet: {}", account, a.why);
        return {a.away, cut_state::impossible, a.why};
      },
      .still_wanted =
          [&](std::string const& publisher) {
            try {
              return pipeline_runner->look([publisher](pipeline::pipeline const& p) {
                auto const f = p.floods().find(publisher);
                return f != p.floods().end() && f->second.cut == pipeline::cut_state::wanted;
              });
            } catch (std::exception const&) {
              return true;  // too busy to say
            }
          },
      .done = [&](std::string const& publisher, pipeline::cut_state is, std::string const& account,
                  std::string const& why) { pipeline_runner->account_cut(publisher, is, account, why); },
      .may_repeat = [&] { return pipeline_runner->caught_up(); },
      .repeat =
          [&] {
            try {
              asked->repeat_disabled();
            } catch (std::exception const& e) {
              out->warn("accounts that were disabled are not checked at the broker: {}", e.what());
            }
          }});
  std::unique_ptr<mqtt::broker_log> denied;
  if (!settings.mqtt.broker_log.empty())
    denied = std::make_unique<mqtt::broker_log>(settings.mqtt.broker_log, [&](mqtt::denied_publish const& d) {
      pipeline.security_event(d.account, boost::json::serialize(boost::json::object{{"account", d.account}, {"client", d.client}, {"topic", d.topic},
                                                                                    {"reason", "the broker refused a publish that only the server may make"}}));
    });
  backend answers{{site, pipeline, *log, writer, queries, postgres::accounts{pool}, broker, [&] { return database_up.load(); },
                   [&] { return messages_in.load(); }, [&] { return web_server ? web_server->metrics() : std::string{}; },
                   settings.first_login_changes_password, postgres_options(settings).keep,
                   {settings.shares.database_mib, settings.shares.rejected_mib, static_cast<std::int64_t>(postgres_options(settings).spill_bytes)}, &clocks,
                   accounts.get(), denied.get(), field.get(), device_address(settings), &broker_says}};
  asked = &answers;
  web::server web{web_options(settings), answers, hub};
  web_server = &web;
  for (auto const& o : queries.open_objects())
    if (o.kind == "task") show_stored_task(hub, o.doc);

  hub.make_by(web::channel::devices, [&](std::vector<std::string> const& keys) {
    return pipeline.look([keys](pipeline::pipeline const& p) {  // a copy: it may run after the wait was given up
      std::vector<std::string> texts;
      texts.reserve(keys.size());
      for (auto const& k : keys) {
        auto const slash = k.find('/');
        texts.push_back(device_json(p, {k.substr(0, slash), k.substr(slash + 1)}, wall_clock()));
      }
      return texts;
    });
  });

  pipeline.start();
  broker.start();
  broker_says.start();
  if (field) field->start();
  cutter->start();
  if (accounts) accounts->start();
  if (denied) denied->start();
  try {
    web.start();
  } catch (std::exception const& e) {
    cutter->stop();  // it asks the pipeline, which goes before it
    throw std::runtime_error(web_fault(settings, e.what()));
  }
  out->info("listening on {}:{}", settings.http.address, web.port());

  for (int ticks = 0;; ++ticks) {
    timespec const second{1, 0};
    if (sigtimedwait(&signals, nullptr, &second) > 0) break;
    if (!log->nearly_full()) {
      if (broker.state().phase == mqtt::phase::paused) broker.resume();
      if (field && field->state().phase == mqtt::phase::paused) field->resume();
    }
    look_at_clock(clocks, *log, pool, ticks, *out);
    if (ticks % 600 == 0) {
      try {
        postgres::accounts{pool}.delete_ended(wall_clock());
      } catch (std::exception const& e) {
        out->debug("ended sessions stay for now: {}", e.what());
      }
    }
  }

  out->info("stopping");
  web.stop();       // nobody asks any more
  if (field) field->stop();  // the edge nodes are told
  cutter->stop();
  broker_says.stop();
  if (accounts) accounts->stop();
  if (denied) denied->stop();
  broker.stop();    // nothing comes any more; the broker keeps our session
  pipeline.stop();  // works in what is left and saves its state
  if (!writer.drain(std::chrono::seconds{10})) out->warn("not all is in PostgreSQL yet; the journal keeps the rest");
  {
    std::lock_guard const lock{runner_mutex};
    pipeline_runner = nullptr;
  }
  writer.stop();
  out->info("stopped");
  return fatal ? 1 : 0;
}

}  // namespace ioc::app
