// The body of the function node: the same thresholds as iocd's rules, then one INSERT … UNNEST for 1,000 messages.
let state = context.get("state");
if (!state) {
  const pg = global.get("pg");
  state = { pool: new pg.Pool({ connectionString: env.get("BENCH_DATABASE"), max: 1 }), rows: [[], [], [], []], active: new Set(), alerts: 0, messages: 0 };
  context.set("state", state);
}
const rules = global.get("rules");
const device = msg.topic.split("/")[3];
const { ts, values } = msg.payload;
for (const [metric, limit] of rules) {
  const v = values[metric];
  if (v === undefined) continue;
  const key = device + "|" + metric;
  if (v >= limit && !state.active.has(key)) { state.active.add(key); state.alerts++; }
  else if (v < limit - 10 && state.active.has(key)) state.active.delete(key);
}
for (const metric of Object.keys(values)) {
  state.rows[0].push(device);
  state.rows[1].push(metric);
  state.rows[2].push(new Date(ts));
  state.rows[3].push(values[metric]);
}
if (++state.messages % 1000 === 0) {
  const rows = state.rows;
  state.rows = [[], [], [], []];
  await state.pool.query("insert into bench_reading (device, metric, ts, value) select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::float8[])", rows);
}
return null;
