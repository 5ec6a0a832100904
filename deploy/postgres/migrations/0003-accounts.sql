-- People and programs that log in. password_hash is libsodium's Argon2id text.
create table user_account (
  name text primary key,
  full_name text not null,
  role text not null,
  unit text not null,
  password_hash text not null,
  must_change boolean not null default true,
  disabled boolean not null default false,
  failed int not null default 0,
  locked_until timestamptz,
  last_login timestamptz,
  password_set_at timestamptz,
  created_at timestamptz not null default now()
);

-- Only the hash of a token is kept: whoever reads this table can log in as nobody.
create table session (
  token_hash bytea primary key,
  user_name text not null references user_account (name) on delete cascade on update cascade,
  created_at timestamptz not null,
  ends_at timestamptz not null,
  kind text not null,
  last_used timestamptz not null
);
create index session_by_user on session (user_name);
create index session_by_end on session (ends_at);

-- Answers to writes with an Idempotency-Key, for 24 h. status null = the first request is still running.
create table idempotency (
  key text not null,
  user_name text not null,
  request_hash bytea not null,
  status int,
  body text,
  created_at timestamptz not null,
  primary key (key, user_name)
);
create index idempotency_age on idempotency (created_at);
