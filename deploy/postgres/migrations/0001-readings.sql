-- Readings and events of devices. What a migration holds is never changed once it was applied anywhere: add the next number.
-- Runs as the account of iocd, in one transaction, with the time zone UTC.

-- Partition bounds and names are days in UTC. pg_partman computes them in the session's zone, so the database says which.
do $$
begin
  execute format('alter database %I set timezone = ''UTC''', current_database());
exception when insufficient_privilege then
  raise notice 'not the owner of the database: whoever runs partman.run_maintenance must set timezone to UTC';
end $$;

-- One channel of one device: `metric` is metric/channel as in the contract. Only the writer adds rows.
create table series (
  id int generated always as identity primary key,
  unit text not null,
  device text not null,
  metric text not null,
  unique (unit, device, metric)
);

-- Wide columns first: no padding. value = number, or 0/1 where is_bool; text = text; both null = the device sent null.
-- quality: 0 good, 1 suspect, 2 bad. The same series and ts may come twice (a correction): the one known last counts.
create table reading (
  ts timestamptz not null,
  known_at timestamptz not null,
  value float8,
  seq bigint,
  series_id int not null,
  quality smallint not null,
  late boolean not null,
  is_bool boolean not null,
  text text
) partition by range (ts);
create index reading_series_ts on reading (series_id, ts);

-- Days by pg_partman, without a default partition: one row in it would stop run_maintenance for good. The writer makes a missing day.
-- The template table serves unlogged tables and unique indexes that we do not have.
select partman.create_parent('public.reading', 'ts', 'native', 'daily', p_premake := 3);
drop table reading_default;
do $$
declare template text;
begin
  select template_table into template from partman.part_config where parent_table = 'public.reading';
  update partman.part_config set template_table = null, infinite_time_partitions = true where parent_table = 'public.reading';
  execute 'drop table ' || template;
end $$;

create table device_event (
  ts timestamptz not null,
  known_at timestamptz not null,
  unit text not null,
  device text not null,
  name text not null,
  data jsonb
);
create index device_event_device_ts on device_event (unit, device, ts);
