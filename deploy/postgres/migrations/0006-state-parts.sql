-- The saved state in parts of a megabyte: with 100,000 devices it is tens of megabytes, and rows must not wait until all of it is
-- written. engine_state names the turn whose parts are whole; parts of another turn are of a state that was not finished.
-- parts = 0: the state stands in engine_state.bytes, as it was written before.
create table engine_part (
  shard int not null,
  turn int not null,
  n int not null,
  bytes bytea not null,
  primary key (shard, turn, n)
);
alter table engine_part alter column bytes set storage external;
alter table engine_state add column turn int not null default 0, add column parts int not null default 0;
