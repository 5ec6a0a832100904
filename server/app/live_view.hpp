#pragma once
#include "adapters/journal/journal.hpp"
#include "adapters/postgres/rows.hpp"
#include "adapters/web/hub.hpp"
#include "pipeline/pipeline.hpp"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ioc::app {

// From what the pipeline brought about to what screens are shown and the database is given. Called on the pipeline's thread only.

void show(web::hub& h, core::alert const& a, pipeline::unit_machine const& unit, bool unsaved);
void show(web::hub& h, core::action const& a, pipeline::unit_machine const& unit);
void show(web::hub& h, core::task const& t);
// A task as the database has it: the machine keeps no tasks.
void show_stored_task(web::hub& h, std::string const& doc);
void show_device(web::hub& h, pipeline::pipeline const& p, core::device_ref const& d, core::time_point now);
// As show_device, for one that nobody follows: it is drawn when somebody looks.
void touch_device(web::hub& h, pipeline::pipeline const& p, core::device_ref const& d, core::time_point now);
void show_readings(web::hub& h, core::observation const& o);

void add_rows(core::observation const& o, postgres::layout_book& layouts, postgres::batch& b);
void add_rows(core::alert_change const& c, pipeline::unit_machine const& unit, postgres::batch& b);
void add_rows(alert::suppression const& s, std::string const& unit, postgres::batch& b);
void add_rows(core::recommendation const& r, postgres::batch& b);
void add_rows(core::action const& a, pipeline::unit_machine const& unit, postgres::batch& b);
void add_rows(core::task const& t, postgres::batch& b);
void add_rejection(perceive::verdict const& v, journal::record const& r, postgres::batch& b);
void add_device(pipeline::pipeline const& p, core::device_ref const& d, core::time_point now, postgres::batch& b);

// Whether a device is there at `now`, as rules and its own messages tell, and why.
perceive::presence_state connection_of(pipeline::pipeline const& p, core::device const& d, core::time_point now);
std::string device_json(pipeline::pipeline const& p, core::device_ref const& d, core::time_point now);
std::string summary_json(pipeline::pipeline const& p, pipeline::unit_machine const& unit, std::vector<core::time_point> const& raises, double rate,
                         bool database_up, core::time_point now);
// What is known to have been lost before it reached us: holes in the devices' counters, and what the broker dropped (nothing = it has
// not said so far).
struct known_losses {
  std::uint64_t gaps = 0, gap_devices = 0;
  std::optional<std::uint64_t> broker_dropped;
};
std::string ledger_text(perceive::ledger const& l, std::uint64_t in_flight, known_losses const* lost = nullptr);

// What an operation left behind: the object's JSON, and its state for a refusal.
std::string object_after(pipeline::pipeline const& p, pipeline::operation const& op, pipeline::site_outcomes const& out);
std::string state_of(pipeline::pipeline const& p, pipeline::operation const& op);

// The machine's saved state with the commands that went out.
using sent_set = std::set<std::pair<core::uuid, int>>;
// `expected` bytes are reserved: the size of the last one.
std::string saved_text(pipeline::pipeline const& p, sent_set const& sent, std::size_t expected = 0);
void restore_saved(pipeline::pipeline& p, sent_set& sent, std::string_view bytes);

}  // namespace ioc::app
