-- What the pipeline makes: objects of the wire (proto/README.md), their history, the refused, the engine's state.

-- kind: alert, action, task, recommendation. The columns are what is searched by; `doc` is the object as clients see it.
-- `at` = raised or created. A row changes only to a higher version.
create table wire_object (
  kind text not null,
  id uuid not null,
  unit text not null,
  version int not null,
  state text not null,
  severity smallint,
  rule text,
  subject text,
  device text,
  at timestamptz not null,
  alert uuid,
  open boolean not null,
  doc jsonb not null,
  primary key (kind, id)
);
create index wire_object_newest on wire_object (kind, at desc, id desc);
create index wire_object_unit on wire_object (kind, unit, at desc, id desc);
create index wire_object_device on wire_object (unit, device, at desc) where device is not null;
create index wire_object_alert on wire_object (alert) where alert is not null;
create index wire_object_open on wire_object (kind) where open;

create table change_log (
  kind text not null,
  id uuid not null,
  version int not null,
  at timestamptz not null,
  what text not null,
  by text,
  detail jsonb,
  unique (kind, id, version, what)
);

-- One row for each refused message or element of a batch; (position, part) is its place in the journal. payload: first 4 KiB.
create table rejected (
  id bigint generated always as identity primary key,
  position bigint not null,
  part int not null,
  received_at timestamptz not null,
  topic text not null,
  payload bytea not null,
  payload_bytes int not null,
  reason text not null,
  source text,
  unit text,
  unique (position, part)
);

create table device_live (
  unit text not null,
  device text not null,
  doc jsonb not null,
  seen timestamptz not null,
  primary key (unit, device)
) with (fillfactor = 70);  -- rewritten all the time: room on the page keeps the index out of it

-- `position`: everything of the journal up to here is in the database. `writer` is the run of iocd that wrote last:
-- each transaction checks that it is still its own, so a second one can never write unseen.
create table position (
  shard int primary key,
  position bigint not null,
  ledger jsonb,
  writer uuid not null,
  committed_at timestamptz not null
) with (fillfactor = 50);

create table engine_state (
  shard int primary key,
  position bigint not null,
  format int not null,
  bytes bytea not null
);
-- Already compressed or too changeable to gain from it.
alter table engine_state alter column bytes set storage external;
