#include "adapters/postgres/registry_store.hpp"

#include "adapters/postgres/connections.hpp"
#include "adapters/postgres/link.hpp"
#include "adapters/postgres/text.hpp"

#include <map>

namespace ioc::postgres {

namespace {
constexpr auto put_rows =
    "insert into registry_device (unit, device, definition, withdrawn, account, account_by, account_at, created_by, created_at, changed_by, changed_at) "
    "select u, d, nullif(doc -> 'definition', 'null'::jsonb), (doc ->> 'withdrawn')::boolean, doc ->> 'account', doc ->> 'account_by', (doc ->> 'account_at')::timestamptz, "
    "doc ->> 'created_by', (doc ->> 'created_at')::timestamptz, doc ->> 'changed_by', (doc ->> 'changed_at')::timestamptz "
    "from unnest($1::text[], $2::text[], $3::jsonb[]) as r (u, d, doc) "
    "on conflict (unit, device) do update set definition = excluded.definition, withdrawn = excluded.withdrawn, account = excluded.account, "
    "account_by = excluded.account_by, account_at = excluded.account_at, created_by = excluded.created_by, created_at = excluded.created_at, "
    "changed_by = excluded.changed_by, changed_at = excluded.changed_at";
constexpr auto delete_rows = "delete from registry_device r using unnest($1::text[], $2::text[]) as g (u, d) where r.unit = g.u and r.device = g.d";
#define IOC_ISO(column) "to_char(" column " at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
constexpr auto all_rows =
    "select unit, device, jsonb_build_object('definition', definition, 'withdrawn', withdrawn, 'account', account, 'account_by', account_by, "
    "'account_at', " IOC_ISO("account_at") ", 'created_by', created_by, 'created_at', " IOC_ISO("created_at") ", 'changed_by', changed_by, "
    "'changed_at', " IOC_ISO("changed_at") ")::text from registry_device order by unit, device";
#undef IOC_ISO
}  // namespace

void put_registry(link& l, std::vector<registry_row const*> const& rows) {
  if (rows.empty()) return;
  std::map<std::pair<std::string, std::string>, registry_row const*> last;
  for (auto const* r : rows) last[{r->unit, r->device}] = r;
  array_text units, devices, docs, gone_units, gone_devices;
  bool puts = false, deletes = false;
  for (auto const& [key, r] : last) {
    auto& u = r->doc.empty() ? gone_units : units;
    auto& d = r->doc.empty() ? gone_devices : devices;
    u.add(clean_text(r->unit));
    d.add(clean_text(r->device));
    (r->doc.empty() ? deletes : puts) = true;
    if (!r->doc.empty()) docs.add(clean_json(r->doc));
  }
  if (puts) l.run(put_rows, {units.take(), devices.take(), docs.take()});
  if (deletes) l.run(delete_rows, {gone_units.take(), gone_devices.take()});
}

std::vector<registry_row> read_registry(std::shared_ptr<pool> const& p) {
  return p->run(pool::kind::read, [&](pqxx::nontransaction& t) {
    std::vector<registry_row> out;
    for (auto const& row : t.exec(all_rows)) out.push_back({row[0].c_str(), row[1].c_str(), row[2].c_str()});
    return out;
  });
}

}  // namespace ioc::postgres
