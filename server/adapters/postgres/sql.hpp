#pragma once
// Every statement the server sends to PostgreSQL outside migrations. Values go in as parameters, nothing is pasted.

namespace ioc::postgres::sql {

// --- start -----------------------------------------------------------------------------------------------------------
inline constexpr auto has_partman = "select 1 from pg_extension where extname = 'pg_partman'";
inline constexpr auto make_migration_table =
    "create table if not exists migration (number int primary key, name text not null, sha256 text not null, "
    "applied_at timestamptz not null default now())";
inline constexpr auto migrations = "select number, name, sha256 from migration order by number";
inline constexpr auto sha256 = "select encode(sha256(convert_to($1, 'UTF8')), 'hex')";
inline constexpr auto add_migration = "insert into migration (number, name, sha256) values ($1, $2, $3)";

// Two keys: "IOC" in ASCII and what is locked. The database is part of an advisory lock's name by itself.
inline constexpr auto lock = "select pg_advisory_lock(4804419, $1)";
inline constexpr auto lock_holder =
    "select a.pid, coalesce(host(a.client_addr), 'local'), a.application_name from pg_locks l join pg_stat_activity a using (pid) "
    "where l.locktype = 'advisory' and l.classid = 4804419 and l.objid = $1 and l.objsubid = 2 and l.granted "
    "and l.database = (select oid from pg_database where datname = current_database())";
inline constexpr auto terminate = "select pg_terminate_backend($1)";

inline constexpr auto claim_position =
    "insert into position (shard, position, writer, committed_at) values ($1, 0, $2, now()) "
    "on conflict (shard) do update set writer = excluded.writer returning position, ledger";
inline constexpr auto read_position = "select position, ledger, writer from position where shard = $1";
inline constexpr auto read_engine = "select position, format, bytes, turn, parts from engine_state where shard = $1";
inline constexpr auto read_engine_part = "select bytes from engine_part where shard = $1 and turn = $2 and n = $3";

// --- the writer's transaction ----------------------------------------------------------------------------------------
// First in each transaction: no row = another process has claimed the position, nothing may be written.
inline constexpr auto advance =
    "update position set position = greatest(position, $2), ledger = coalesce($3::jsonb, ledger), committed_at = now() "
    "where shard = $1 and writer = $4";
inline constexpr auto device_ids =
    "with wanted as (select * from unnest($1::text[], $2::text[]) as w (unit, device)), "
    "made as (insert into reading_device (unit, device) select unit, device from wanted on conflict do nothing returning id, unit, device) "
    "select id, unit, device from made union all "
    "select d.id, d.unit, d.device from reading_device d join wanted using (unit, device)";
inline constexpr auto layout_id = "select layout_id($1::text[])";
inline constexpr auto copy_readings = "copy reading (ts, known_at, seq, device_id, layout_id, numbers, marks, texts) from stdin (format binary)";
inline constexpr auto days = "select partition_tablename from partman.show_partitions('public.reading')";
// pg_partman's own function underneath: names, bounds and indexes are what run_maintenance expects to find.
inline constexpr auto make_partitions = "select make_partitions($1::timestamptz[])";
inline constexpr auto set_retention =
    "update partman.part_config set retention = $2, retention_keep_table = false where parent_table = $1 "
    "and (retention is distinct from $2 or retention_keep_table)";
inline constexpr auto maintain = "select partman.run_maintenance($1, false)";
inline constexpr auto drop_old_events =
    "delete from device_event where ctid = any (array(select ctid from device_event where ts < $1::timestamptz limit 10000))";
inline constexpr auto drop_old_rejected =
    "delete from rejected where ctid = any (array(select ctid from rejected where received_at < $1::timestamptz limit 10000))";
inline constexpr auto store_sizes = "select pg_database_size(current_database()), pg_total_relation_size('rejected')";

// --- roll-ups --------------------------------------------------------------------------------------------------------
// The first time: from the oldest reading there is.
inline constexpr auto rollup_state =
    "with made as (insert into rollup_state (shard, minute_until, hour_until, day_until, newest) "
    "select $1, date_trunc('minute', first), date_trunc('hour', first), date_trunc('day', first), date_trunc('minute', last) + interval '1 minute' "
    "from (select coalesce(min(ts), now() - interval '1 hour') as first, coalesce(max(ts), now() - interval '1 hour') as last from reading "
    "where not exists (select from rollup_state where shard = $1)) r on conflict do nothing returning *) "
    "select (extract(epoch from minute_until) * 1000000)::bigint, (extract(epoch from hour_until) * 1000000)::bigint, "
    "(extract(epoch from day_until) * 1000000)::bigint, (extract(epoch from newest) * 1000000)::bigint "
    "from (select * from made union all select * from rollup_state where shard = $1) s";
inline constexpr auto note_newest = "update rollup_state set newest = greatest(newest, $2::timestamptz) where shard = $1";
inline constexpr auto copy_minutes = "copy reading_minute (ts, device_id, layout_id, numbers) from stdin (format binary)";
inline constexpr auto add_due =
    "insert into rollup_due (level, ts, device_id) select $1::smallint, ts, device_id from unnest($2::timestamptz[], $3::int[]) as d (ts, device_id) "
    "on conflict do nothing";
inline constexpr auto close_minutes = "update rollup_state set minute_until = greatest(minute_until, $2::timestamptz) where shard = $1";
inline constexpr auto close_hours = "update rollup_state set hour_until = greatest(hour_until, $2::timestamptz) where shard = $1";
inline constexpr auto close_days = "update rollup_state set day_until = greatest(day_until, $2::timestamptz) where shard = $1";
inline constexpr auto most_device = "select coalesce(max(id), 0) from reading_device";
inline constexpr auto plan_rollup = "select rollup_plan($1::int, $2::timestamptz, $3::timestamptz, $4::int, $5::int)";
inline constexpr auto next_due = "select level from rollup_due order by level, ts limit 1";
inline constexpr auto last_due = "select level from rollup_due order by level desc, ts limit 1";
inline constexpr auto mend_rollup = "select rollup_mend($1::int, $2::int, $3::int)";

// --- other rows ------------------------------------------------------------------------------------------------------
inline constexpr auto add_events =
    "insert into device_event (unit, device, ts, known_at, name, data) "
    "select unit, device, ts, known_at, name, data from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], "
    "$5::text[], $6::jsonb[]) as n (unit, device, ts, known_at, name, data)";
inline constexpr auto add_rejected =
    "insert into rejected (position, part, received_at, topic, payload, payload_bytes, reason, source, unit) "
    "select * from unnest($1::bigint[], $2::int[], $3::timestamptz[], $4::text[], $5::bytea[], $6::int[], $7::text[], $8::text[], "
    "$9::text[]) on conflict do nothing";
inline constexpr auto rejected_by_day =
    "select coalesce(source, ''), (extract(epoch from received_at) / 86400)::bigint, count(*) from "
    "(select source, date_trunc('day', received_at) as received_at from rejected where received_at >= now() - interval '1 day') r group by 1, 2";
inline constexpr auto put_objects =
    "insert into wire_object as o (kind, id, unit, version, state, severity, rule, subject, device, at, alert, open, doc) "
    "select * from unnest($1::text[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::smallint[], $7::text[], $8::text[], "
    "$9::text[], $10::timestamptz[], $11::uuid[], $12::boolean[], $13::jsonb[]) "
    "on conflict (kind, id) do update set unit = excluded.unit, version = excluded.version, state = excluded.state, "
    "severity = excluded.severity, rule = excluded.rule, subject = excluded.subject, device = excluded.device, at = excluded.at, "
    "alert = excluded.alert, open = excluded.open, doc = excluded.doc where excluded.version > o.version";
inline constexpr auto add_log =
    "insert into change_log (kind, id, version, at, what, by, detail) "
    "select * from unnest($1::text[], $2::uuid[], $3::int[], $4::timestamptz[], $5::text[], $6::text[], $7::jsonb[]) "
    "on conflict do nothing";
inline constexpr auto put_devices =
    "insert into device_live as d (unit, device, doc, seen) "
    "select * from unnest($1::text[], $2::text[], $3::jsonb[], $4::timestamptz[]) "
    "on conflict (unit, device) do update set doc = excluded.doc, seen = excluded.seen where excluded.seen >= d.seen";
inline constexpr auto put_engine =
    "insert into engine_state as e (shard, position, format, bytes, turn, parts) values ($1, $2, $3, '', $4, $5) "
    "on conflict (shard) do update set position = excluded.position, format = excluded.format, bytes = excluded.bytes, turn = excluded.turn, "
    "parts = excluded.parts where excluded.position >= e.position";
inline constexpr auto next_turn = "select coalesce(max(turn), 0) + 1 from (select turn from engine_state where shard = $1 union all select turn from engine_part where shard = $1) t";
inline constexpr auto drop_unfinished =
    "delete from engine_part where shard = $1 and turn is distinct from (select turn from engine_state where shard = $1)";
inline constexpr auto drop_old_parts = "delete from engine_part where shard = $1 and turn <> (select turn from engine_state where shard = $1)";
inline constexpr auto copy_state = "copy engine_part (shard, turn, n, bytes) from stdin (format binary)";

// --- readings --------------------------------------------------------------------------------------------------------
// Of two rows for one time the one known last wins, then the one written last; $6 (as_of) hides what came later. Whoever reads keeps
// the last of the rows with equal ts. The numbers are the place of the metric in each layout.
#define IOC_OF_METRIC                                                                                             \
  "join (select id, array_position(metrics, $3) as i from reading_layout where metrics @> array[$3]) l on l.id = r.layout_id " \
  "where r.device_id = (select id from reading_device where unit = $1 and device = $2) "                          \
  "and r.ts >= $4::timestamptz and r.ts < $5::timestamptz "
#define IOC_MICROSECONDS "(date_part('epoch', r.ts) * 1000000)::bigint"
inline constexpr auto readings =
    "select " IOC_MICROSECONDS ", r.numbers[l.i], r.texts[l.i], get_byte(r.marks, l.i - 1) from reading r " IOC_OF_METRIC
    "and ($6::timestamptz is null or r.known_at <= $6::timestamptz) order by r.ts, r.known_at, r.ctid limit $7::bigint";
// A roll-up's table is no value: three statements.
// Either a value, or count, min, sum, max, last.
#define IOC_ROLLUP(table)                                                                                          \
  "select " IOC_MICROSECONDS ", r.numbers[l.i], r.numbers[l.i][1], r.numbers[l.i][2], r.numbers[l.i][3], " \
  "r.numbers[l.i][4], r.numbers[l.i][5] from " table " r " IOC_OF_METRIC "order by r.ts"
inline constexpr char const* rollups[] = {IOC_ROLLUP("reading_minute"), IOC_ROLLUP("reading_hour"), IOC_ROLLUP("reading_day")};
// Until when a level is closed, and from when on something of it or below it is due for this device and not to be trusted.
inline constexpr auto rollup_valid =
    "select (extract(epoch from s.until) * 1000000)::bigint, (select (extract(epoch from min(d.ts)) * 1000000)::bigint from rollup_due d "
    "where d.level <= s.level and d.device_id = (select id from reading_device where unit = $1 and device = $2) and d.ts >= $3::timestamptz) "
    "from (select 0 as level, min(minute_until) as until from rollup_state union all select 1, min(hour_until) from rollup_state "
    "union all select 2, min(day_until) from rollup_state) s order by s.level";
#undef IOC_ROLLUP
#undef IOC_OF_METRIC
#undef IOC_MICROSECONDS

// --- objects ---------------------------------------------------------------------------------------------------------
inline constexpr auto objects =
    "select doc, (extract(epoch from at) * 1000000)::bigint, id from wire_object where kind = $1 "
    "and ($2::text[] is null or unit = any($2::text[])) and ($3::boolean is null or open = $3::boolean) "
    "and ($4::text is null or state = $4::text) and ($5::int is null or severity = $5::int) "
    "and ($6::text is null or rule = $6::text) and ($7::text is null or device = $7::text) "
    "and ($8::uuid is null or alert = $8::uuid) and ($9::timestamptz is null or at >= $9::timestamptz) "
    "and ($10::timestamptz is null or at < $10::timestamptz) "
    "and ($11::timestamptz is null or (at, id) < ($11::timestamptz, $12::uuid)) "
    "order by at desc, id desc limit $13::bigint";
inline constexpr auto object = "select doc from wire_object where kind = $1 and id = $2::uuid";
inline constexpr auto open_objects = "select kind, id, version, doc from wire_object where open order by kind, at, id";
inline constexpr auto live_devices = "select unit, device, doc from device_live order by unit, device";
inline constexpr auto rejected =
    "select id, position, part, (extract(epoch from received_at) * 1000000)::bigint, topic, payload, payload_bytes, reason, source, unit "
    "from rejected where ($1::bigint is null or id < $1::bigint) and ($2::text[] is null or unit = any($2::text[])) "
    "order by id desc limit $3::bigint";
inline constexpr auto change_log =
    "select version, (extract(epoch from at) * 1000000)::bigint, what, by, detail from change_log "
    "where kind = $1 and id = $2::uuid order by version, at, what";

// --- accounts --------------------------------------------------------------------------------------------------------
#define IOC_USER_COLUMNS                                                                                      \
  "name, full_name, role, unit, password_hash, must_change, disabled, failed, "                               \
  "(extract(epoch from locked_until) * 1000000)::bigint, (extract(epoch from last_login) * 1000000)::bigint"
inline constexpr auto find_user = "select " IOC_USER_COLUMNS " from user_account where name = $1";
inline constexpr auto list_users =
    "select " IOC_USER_COLUMNS " from user_account where ($1::text[] is null or unit = any($1::text[])) order by name";
inline constexpr auto upsert_user =
    "insert into user_account as u (name, full_name, role, unit, password_hash, must_change, disabled) values ($1, $2, $3, $4, $5, $6, $7) "
    "on conflict (name) do update set full_name = excluded.full_name, role = excluded.role, unit = excluded.unit, disabled = excluded.disabled";
inline constexpr auto set_password =
    "update user_account set password_hash = $2, must_change = $3, failed = 0, locked_until = null, password_set_at = $4::timestamptz "
    "where name = $1";
// One statement, so that parallel attempts cannot share a count. While locked nothing changes and no success counts.
// The fifth failure locks and starts a new count.
inline constexpr auto note_login =
    "update user_account set "
    "failed = case when locked_until > $3::timestamptz then failed when $2::boolean or failed + 1 >= $4::int then 0 else failed + 1 end, "
    "locked_until = case when locked_until > $3::timestamptz then locked_until "
    "when not $2::boolean and failed + 1 >= $4::int then $3::timestamptz + make_interval(secs => $5::float8) else null end, "
    "last_login = case when $2::boolean and not coalesce(locked_until > $3::timestamptz, false) then $3::timestamptz else last_login end "
    "where name = $1 returning failed, (extract(epoch from locked_until) * 1000000)::bigint";
#define IOC_SESSION_COLUMNS                                                                                             \
  "encode(s.token_hash, 'hex'), s.user_name, s.kind, (extract(epoch from s.created_at) * 1000000)::bigint, "            \
  "(extract(epoch from s.ends_at) * 1000000)::bigint, (extract(epoch from s.last_used) * 1000000)::bigint"
inline constexpr auto save_session =
    "insert into session (token_hash, user_name, created_at, ends_at, kind, last_used) "
    "values (decode($1, 'hex'), $2, $3::timestamptz, $4::timestamptz, $5, $3::timestamptz)";
inline constexpr auto find_session =
    "select " IOC_SESSION_COLUMNS " from session s join user_account u on u.name = s.user_name and not u.disabled "
    "where s.token_hash = decode($1, 'hex') and s.ends_at > $2::timestamptz";
inline constexpr auto touch_session =
    "update session set last_used = greatest(last_used, $2::timestamptz) where token_hash = decode($1, 'hex')";
inline constexpr auto delete_session = "delete from session where token_hash = decode($1, 'hex')";
inline constexpr auto delete_sessions_of =
    "delete from session where user_name = $1 and ($2::text is null or token_hash <> decode($2::text, 'hex'))";
inline constexpr auto delete_ended = "delete from session where ends_at <= $1::timestamptz";
// A key older than 24 h is free again.
inline constexpr auto claim_key =
    "insert into idempotency as i (key, user_name, request_hash, created_at) values ($1, $2, decode($3, 'hex'), $4::timestamptz) "
    "on conflict (key, user_name) do update set request_hash = excluded.request_hash, status = null, body = null, created_at = excluded.created_at "
    "where i.created_at <= excluded.created_at - interval '24 hours' returning 1";
inline constexpr auto read_key =
    "select encode(request_hash, 'hex'), status, body from idempotency where key = $1 and user_name = $2";
inline constexpr auto finish_key = "update idempotency set status = $3::int, body = $4 where key = $1 and user_name = $2";
inline constexpr auto free_key = "delete from idempotency where key = $1 and user_name = $2 and status is null";
inline constexpr auto delete_old_keys = "delete from idempotency where created_at <= $1::timestamptz - interval '24 hours'";
#undef IOC_USER_COLUMNS
#undef IOC_SESSION_COLUMNS

}  // namespace ioc::postgres::sql
