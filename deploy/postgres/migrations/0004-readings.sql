-- Readings as one row per message of a device, and their roll-ups of a minute, an hour and a day. docs/decisions/0003-readings-table.md
-- holds the measurements behind it. The rows of the first shape are taken over.

create temp table old_reading on commit drop as
  select s.unit, s.device, s.metric, r.ts, r.known_at, r.value, r.seq, r.quality, r.late, r.is_bool, r.text from reading r join series s on s.id = r.series_id;
delete from partman.part_config where parent_table = 'public.reading';
drop table reading;
drop table series;

create table reading_device (
  id int generated always as identity primary key,
  unit text not null,
  device text not null,
  unique (unit, device)
);

-- Which metrics stand in `numbers`, in which order; shared by all devices that send the same. A list may be longer than an
-- index entry, so its digest is what is unique.
create table reading_layout (
  id int generated always as identity primary key,
  metrics text[] not null,
  digest uuid not null unique
);
create index reading_layout_metrics on reading_layout using gin (metrics);

create function layout_id(wanted text[]) returns int language plpgsql as $$
declare found_id int; wanted_digest uuid := md5(array_to_string(wanted, chr(31)))::uuid;
begin
  select id into found_id from reading_layout where digest = wanted_digest;
  if found_id is null then
    insert into reading_layout (metrics, digest) values (wanted, wanted_digest) on conflict do nothing;
    select id into found_id from reading_layout where digest = wanted_digest;
  end if;
  return found_id;
end $$;

-- What a device said of its metrics at one time. Only the writer adds rows, none is ever changed. values: the number, or 0/1 of a
-- boolean, null for a text or a missing value. marks: null = plain good numbers in time, else one byte a value:
-- 1-2 quality (0 good, 1 suspect, 2 bad), 4 late, 8 boolean, 16 text. texts: null = none, else as long as numbers.
-- The same device and ts may come twice (a correction): of each metric the row known last counts, then the one written last.
create table reading (
  ts timestamptz not null,
  known_at timestamptz not null,
  seq bigint,
  device_id int not null,
  layout_id int not null,
  numbers float8[] not null,
  marks bytea,
  texts text[]
) partition by range (ts);
create index reading_device_ts on reading (device_id, ts);

-- Roll-ups of the good and suspect numbers and booleans of a device: one row for all its metrics. numbers is k x 5
-- (count, min, sum, max, last) for k metrics, or, where each was said once, just the k values.
create table reading_minute (
  ts timestamptz not null,
  device_id int not null,
  layout_id int not null,
  numbers float8[] not null
) partition by range (ts);
create unique index reading_minute_device_ts on reading_minute (device_id, ts);
create table reading_hour (like reading_minute) partition by range (ts);
create unique index reading_hour_device_ts on reading_hour (device_id, ts);
create table reading_day (like reading_minute) partition by range (ts);
create unique index reading_day_device_ts on reading_day (device_id, ts);

-- Partitions by pg_partman, without a default one: a row in it would stop run_maintenance for good. The writer makes what is missing.
-- The template table serves unlogged tables and unique indexes on other columns, which we do not have.
create function make_parent(name text, width text) returns void language plpgsql as $$
declare template text;
begin
  perform partman.create_parent('public.' || name, 'ts', 'native', width, p_premake := 3);
  execute 'drop table ' || name || '_default';
  select template_table into template from partman.part_config where parent_table = 'public.' || name;
  update partman.part_config set template_table = null, infinite_time_partitions = true where parent_table = 'public.' || name;
  execute 'drop table ' || template;
end $$;
select make_parent('reading', 'daily');
select make_parent('reading_minute', 'daily');
select make_parent('reading_hour', 'monthly');
select make_parent('reading_day', 'yearly');
drop function make_parent;

create function make_partitions(times timestamptz[]) returns void language plpgsql as $$
begin
  perform partman.create_partition_time('public.reading', times, false);
  perform partman.create_partition_time('public.reading_minute', times, false);
  perform partman.create_partition_time('public.reading_hour', times, false);
  perform partman.create_partition_time('public.reading_day', times, false);
end $$;

-- How far the roll-ups go: below *_until every bucket is closed, and right unless rollup_due names it. newest: the latest ts ever
-- stored, so that a start knows which minutes it has not seen whole.
create table rollup_state (
  shard int primary key,
  minute_until timestamptz not null,
  hour_until timestamptz not null,
  day_until timestamptz not null,
  newest timestamptz not null
) with (fillfactor = 50);

-- Buckets to be made again from what lies below them. level: 0 minute, 1 hour, 2 day. Rows that make a closed bucket wrong and the
-- entry here are committed together.
create table rollup_due (
  level smallint not null,
  ts timestamptz not null,
  device_id int not null,
  primary key (level, ts, device_id)
);
create index rollup_due_device on rollup_due (device_id, level, ts);

-- Names the buckets of a level between two times for which there is anything, of the devices lo < id <= hi. The settings keep the
-- planner on the index of each device: tables of this size must not be read whole.
create function rollup_plan(lvl int, begin_ts timestamptz, end_ts timestamptz, lo int, hi int) returns void language plpgsql
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
declare
  below text := (array['reading', 'reading_minute', 'reading_hour'])[lvl + 1];
  width interval := (array[interval '1 minute', interval '1 hour', interval '24 hours'])[lvl + 1];
begin
  execute format('insert into rollup_due select $1, b.ts, d.id from reading_device d cross join lateral '
    '(select distinct date_bin($2, r.ts, ''epoch'') as ts from %I r where r.device_id = d.id and r.ts >= $3 and r.ts < $4) b '
    'where d.id > $5 and d.id <= $6 on conflict do nothing', below) using lvl, width, begin_ts, end_ts, lo, hi;
end $$;

-- Makes up to `most` due buckets of a level again: minutes from the readings, hours from minutes, days from hours. A closed bucket
-- above one of them becomes due in turn. Returns how many.
create function rollup_mend(lvl int, most int, shard_no int) returns int language plpgsql
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
declare
  target text := (array['reading_minute', 'reading_hour', 'reading_day'])[lvl + 1];
  below text := (array['reading', 'reading_minute', 'reading_hour'])[lvl + 1];
  width interval := (array[interval '1 minute', interval '1 hour', interval '24 hours'])[lvl + 1];
  above interval := (array[interval '1 hour', interval '24 hours', null::interval])[lvl + 1];
  closed timestamptz;
  buckets timestamptz[];
  devices int[];
  one text;
begin
  with gone as (
    delete from rollup_due q using (select level, ts, device_id from rollup_due where level = lvl order by level, ts, device_id limit most) c
    where q.level = c.level and q.ts = c.ts and q.device_id = c.device_id returning q.ts, q.device_id)
  select array_agg(ts), array_agg(device_id) into buckets, devices from gone;
  if buckets is null then return 0; end if;
  execute format('delete from %I m using unnest($1, $2) as d (ts, device_id) where m.device_id = d.device_id and m.ts = d.ts', target) using buckets, devices;
  if lvl = 0 then
    one := 'select device_id, bucket, metric, count(*)::float8 as n, min(v) as lo, sum(v) as total, max(v) as hi, (array_agg(v order by ts desc))[1] as last from ('
      'select distinct on (d.device_id, d.ts, m.metric, r.ts) d.device_id, d.ts as bucket, m.metric, r.ts, r.numbers[m.i] as v, '
      'coalesce(get_byte(r.marks, m.i::int - 1), 0) & 3 as quality '
      'from unnest($1, $2) as d (ts, device_id) cross join lateral '
      '(select x.*, x.ctid as place from reading x where x.device_id = d.device_id and x.ts >= d.ts and x.ts < d.ts + $3) r '
      'join reading_layout l on l.id = r.layout_id cross join lateral unnest(l.metrics) with ordinality as m (metric, i) '
      'order by d.device_id, d.ts, m.metric, r.ts, r.known_at desc, r.place desc) known '
      'where quality < 2 and v is not null group by 1, 2, 3';
  else
    one := format('select device_id, bucket, metric, sum(n) as n, min(lo) as lo, sum(total) as total, max(hi) as hi, (array_agg(last order by ts desc))[1] as last from ('
      'select d.device_id, d.ts as bucket, m.metric, r.ts, case when r.wide then r.numbers[m.i][1] else 1 end as n, '
      'case when r.wide then r.numbers[m.i][2] else r.numbers[m.i] end as lo, case when r.wide then r.numbers[m.i][3] else r.numbers[m.i] end as total, '
      'case when r.wide then r.numbers[m.i][4] else r.numbers[m.i] end as hi, case when r.wide then r.numbers[m.i][5] else r.numbers[m.i] end as last '
      'from unnest($1, $2) as d (ts, device_id) cross join lateral '
      '(select x.*, array_ndims(x.numbers) = 2 as wide from %I x where x.device_id = d.device_id and x.ts >= d.ts and x.ts < d.ts + $3) r '
      'join reading_layout l on l.id = r.layout_id cross join lateral unnest(l.metrics) with ordinality as m (metric, i)) parts group by 1, 2, 3', below);
  end if;
  execute format('insert into %I (ts, device_id, layout_id, numbers) select bucket, device_id, layout_id(metrics), case when most = 1 then once else all_of end from ('
    'select device_id, bucket, array_agg(metric order by metric) as metrics, max(n) as most, array_agg(last order by metric) as once, '
    'array_agg(array[n, lo, total, hi, last] order by metric) as all_of from (%s) one group by 1, 2) made', target, one) using buckets, devices, width;
  if above is not null then
    select case lvl when 0 then hour_until else day_until end into closed from rollup_state where shard = shard_no;
    insert into rollup_due select distinct lvl + 1, date_bin(above, d.ts, 'epoch'), d.device_id from unnest(buckets, devices) as d (ts, device_id)
    where date_bin(above, d.ts, 'epoch') < closed on conflict do nothing;
  end if;
  return array_length(buckets, 1);
end $$;

-- One row a value, for people and reports.
create view reading_value as
  select d.unit, d.device, m.metric, r.ts, r.known_at, r.seq, r.numbers[m.i] as value, r.texts[m.i] as text,
    (coalesce(get_byte(r.marks, m.i::int - 1), 0) & 3)::smallint as quality, coalesce(get_byte(r.marks, m.i::int - 1), 0) & 4 <> 0 as late,
    coalesce(get_byte(r.marks, m.i::int - 1), 0) & 8 <> 0 as is_bool
  from reading r join reading_device d on d.id = r.device_id join reading_layout l on l.id = r.layout_id
    cross join lateral unnest(l.metrics) with ordinality as m (metric, i);

-- Old events and refused messages go by age: a block index finds them.
create index device_event_ts on device_event using brin (ts);
create index rejected_received on rejected using brin (received_at);

insert into reading_device (unit, device) select distinct unit, device from old_reading;
select make_partitions(array_agg(day)) from (select distinct date_trunc('day', ts) as day from old_reading) days having count(*) > 0;
insert into reading (ts, known_at, seq, device_id, layout_id, numbers, marks, texts)
  select o.ts, o.known_at, o.seq, d.id, l.id, array[o.value],
    set_byte('\x00'::bytea, 0, o.quality | case when o.late then 4 else 0 end | case when o.is_bool then 8 else 0 end | case when o.text is not null then 16 else 0 end),
    case when o.text is not null then array[o.text] end
  from old_reading o join reading_device d using (unit, device) join (select metric, layout_id(array[metric]) as id from old_reading group by 1) l using (metric)
  order by o.ts, o.known_at;
