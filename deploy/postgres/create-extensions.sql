-- What the database needs from a superuser, once; iocd itself never is one. Run it through deploy/postgres/create-extensions.
-- pg_partman lives in a schema of its own. The owner of `ioc` may use it, and may keep its table rows; it gains nothing else.
-- Variable `role`: the account iocd logs in with.
\set ON_ERROR_STOP on

create schema if not exists partman;
create extension if not exists pg_partman with schema partman;

grant usage, create on schema partman to :"role";
grant select, insert, update, delete on all tables in schema partman to :"role";
grant usage, select on all sequences in schema partman to :"role";
grant execute on all functions in schema partman to :"role";
grant execute on all procedures in schema partman to :"role";
