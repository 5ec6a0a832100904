// Node-RED for the bench: no editor's extras, no telemetry, PostgreSQL's client at hand for the function node. Everything else is default.
module.exports = {
  flowFile: "flows.json",
  credentialSecret: false,
  uiHost: "127.0.0.1",
  uiPort: Number(process.env.BENCH_PORT),
  httpAdminRoot: false,
  disableEditor: true,
  telemetry: { enabled: false, updateNotification: false },
  functionGlobalContext: { pg: require("pg"), rules: JSON.parse(process.env.BENCH_RULES) },
  logging: { console: { level: "warn", metrics: false, audit: false } },
};
