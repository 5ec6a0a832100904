#pragma once
#include "core/time.hpp"
#include "core/value.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace ioc::web {

// The database is away. Becomes a 503 problem with Retry-After; any other exception becomes a 500.
struct unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A person who may log in. `password_hash` is libsodium's crypto_pwhash_str text (password.hpp makes it).
// `locked_until` is what the backend remembers of a lock across a restart; the web adapter counts failures itself.
struct account {
  std::string name;
  std::string full_name;
  std::string role;
  std::string unit;
  std::string password_hash;
  bool must_change = false;
  bool disabled = false;
  std::optional<core::time_point> locked_until;
};

struct stored_session {
  std::string user;
  core::time_point ends_at;
};

struct unit_zone {
  std::string id;
  std::string name;
};

// One place of the tree; `parent` is empty at the root. Parents may be absent from the list.
struct unit_node {
  std::string code;
  std::string name;
  std::string parent;
  std::string kind;  // "commune" or "province"
  std::vector<unit_zone> zones;
};

enum class op_kind {
  ack, close, comment,
  approve_action, reject_action, cancel_action,
  approve_recommendation, reject_recommendation,
  propose_action
};

// What a user asks to change. The web adapter has checked session, role, body and, where it can see the object, its unit;
// the implementer answers 404 for anything whose unit is not in `units` (the user's unit and those below).
// `text` is the reason or comment; `body_json` is the checked body as it came.
struct operation {
  op_kind kind = op_kind::ack;
  std::string id;  // empty for propose_action
  std::string user;
  std::string role;
  std::string unit;
  std::vector<std::string> units;
  std::string text;
  std::string body_json;
};

// 200, 201 or 202 with the object as it now is, or 4xx with {"state":…, "title":…}, which become members of the problem.
struct op_result {
  int status = 200;
  std::string json;
};

// What is asked for is older than what is kept. Becomes a 422 problem; `what()` says from when on there is something.
struct not_kept : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class registry_call { create, change, withdraw, revert, import, claim, make_account, disable_account, enable_account };

// A change of the registry that an admin asks for. The web adapter has checked session and role and, for calls that name a device,
// that its unit is among `units`; the implementer refuses rows of an import that are not. `body` is JSON, of an import the table.
struct registry_request {
  registry_call what = registry_call::create;
  std::string unit;    // of the device; of an import: for rows that name none, may be empty
  std::string device;  // empty for create and import
  std::string user;
  std::string role;
  std::string own_unit;
  std::vector<std::string> units;
  std::string reason;
  std::string body;
  bool dry_run = false;
  bool all_or_nothing = false;
  bool accounts_made = false;  // import: the rows' accounts are being written into the broker's file by who asks
};

// What is known of an Idempotency-Key that came before. `repeat`: `status` and `body` are the answer that was given.
struct key_claim {
  enum class verdict { fresh, repeat, in_flight, other_request } what = verdict::fresh;
  int status = 0;
  std::string body;
};

struct readings_query {
  std::string unit;
  std::string device;
  std::string metric;
  core::time_point from;
  core::time_point to;  // exclusive
  std::optional<core::duration> step;
  std::optional<std::size_t> points;  // without `step`: at most so many, the backend takes a step where there are more
  std::optional<core::time_point> as_of;
  std::size_t limit = 50'000;  // single readings: the backend stops at limit + 1
};

struct reading_point {
  core::time_point t;
  core::value v;
  core::quality q = core::quality::good;
};
struct reading_bucket {
  core::time_point t;  // start
  std::optional<double> min, avg, max;
  std::uint64_t count = 0;
};
struct readings_answer {
  std::string unit_of_measure;
  std::optional<core::duration> step;   // of the buckets
  std::vector<reading_point> points;    // without a step, oldest first
  std::vector<reading_bucket> buckets;  // with a step
};

enum class object_kind { alert, action, task };

// One object of history: its unit decides who may see it.
struct object {
  std::string id;
  std::string unit;
  std::string json;
};
struct object_filter {
  std::vector<std::string> units;       // always set: nothing outside it may be answered
  std::vector<std::string> states;      // any of; empty = all
  std::vector<std::string> severities;  // any of; empty = all
  std::string rule;
  std::string device;
  std::string alert;
  std::optional<core::time_point> from, to;  // of the raise or the proposal, [from, to)
};
struct object_page {
  std::vector<object> items;  // newest first
  std::string next;           // opaque; empty = the end
};

struct dependency {
  std::string name;
  bool ok = true;
  std::string detail;
  bool degraded = false;  // something is to be looked at, and the server serves all the same
};

// What the web adapter asks of the rest of the server; the app implements it. Every call may block (database, pipeline) and
// is made on the adapter's own threads, several at a time: implementations are thread-safe and end within their own deadline.
// Any call may throw `unavailable`. Unknown cursors throw std::invalid_argument (400); readings() may throw `not_kept`.
class backend {
 public:
  virtual ~backend() = default;

  virtual std::optional<account> find_account(std::string const& name) = 0;
  // Also clears must_change.
  virtual void set_password(std::string const& name, std::string const& password_hash) = 0;
  // For the audit log and for a lock that outlives a restart; `name` may be of nobody.
  virtual void note_login(std::string const& name, bool ok) = 0;
  virtual void save_session(std::string const& token_hash, std::string const& user, core::time_point ends_at) = 0;
  virtual std::optional<stored_session> find_session(std::string const& token_hash) = 0;
  virtual void delete_session(std::string const& token_hash) = 0;
  // After a change of password: all of the user's sessions but this one.
  virtual void delete_other_sessions(std::string const& user, std::string const& token_hash) = 0;

  virtual std::vector<unit_node> units() = 0;
  virtual op_result operate(operation const& op) = 0;
  virtual op_result registry(registry_request const& r) = 0;
  // What the registry holds of a device, as the JSON of further members of it: "registry", "account" …; nothing for no such device.
  virtual std::optional<std::string> registered_json(std::string const& unit, std::string const& device) = 0;
  // Keys outlive a restart. Each throws `unavailable` while they cannot be kept; `print` tells one request from another.
  virtual key_claim claim_key(std::string const& key, std::string const& user, std::string const& print) = 0;
  virtual void finish_key(std::string const& key, std::string const& user, int status, std::string const& body) = 0;
  virtual void free_key(std::string const& key, std::string const& user) = 0;
  virtual readings_answer readings(readings_query const& q) = 0;
  virtual object_page list_objects(object_kind kind, object_filter const& filter, std::size_t limit, std::string const& cursor) = 0;
  virtual std::optional<object> get_object(object_kind kind, std::string const& id) = 0;
  // Without `units`: all, also what names no unit or an unknown one.
  virtual object_page rejected(std::optional<std::vector<std::string>> const& units, std::size_t limit, std::string const& cursor) = 0;
  virtual std::string ledger_json() = 0;
  // The alert's decision card as this role of these units sees it.
  virtual std::optional<std::string> advice(std::string const& alert_id, std::string const& role, std::vector<std::string> const& units) = 0;
  virtual std::string rules_json(std::string const& unit) = 0;  // {"items":[…]}
  virtual std::string metrics_text() = 0;
  virtual std::vector<dependency> readiness() = 0;
};

}  // namespace ioc::web
