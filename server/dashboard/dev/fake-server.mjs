// Development only: serves dist/ and the interface of proto/README.md with the flood night of the design
// pictures, twelve seconds after flood alarm 3. Answers to acts are played, not decided. Never part of a build.
//   node dev/fake-server.mjs [port]     users: officer, leader (any password); "first" must change it
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'

const here = fileURLToPath(new URL('..', import.meta.url))
const geo = fileURLToPath(new URL('../../../config/geo', import.meta.url))
const T0 = Date.parse('2027-07-24T22:00:00+07:00')
const OPENED = Date.parse('2027-07-24T23:50:12+07:00')
const started = Date.now()
const now = () => OPENED + Date.now() - started
const iso = (ms) => (ms === null ? null : new Date(ms).toISOString())
const at = (s) => T0 + s * 1000
const both = (vi, en) => ({ vi, en })
const U = '03478'

const LEVEL = [1.1, 1.1, 1.11, 1.12, 1.14, 1.16, 1.19, 1.22, 1.27, 1.33, 1.4, 1.48, 1.58, 1.7, 1.84, 2.0, 2.19, 2.45, 2.72, 2.98, 3.22, 3.44, 3.62]
const STUCK = [0.95, 0.96, 0.95, 0.97, 0.96, 0.98, 0.99, 1.0, 1.0, 1.01, 1.02, ...Array(12).fill(1.02)]
const RAIN = [1.2, 2.0, 3.4, 5.0, 8.2, 11.6, 14.0, 15.2, 13.8, 12.4, 9.6, 7.0]
const series = {
  'WL-01/level': { uom: 'm', points: LEVEL.map((v, i) => [at(i * 300), v, 'good']) },
  'WL-02/level': { uom: 'm', points: STUCK.map((v, i) => [at(i * 300), v, i > 10 ? 'suspect' : 'good']) },
  'RG-01/rain_mm': { uom: 'mm', points: RAIN.map((v, i) => [at(i * 600), v, 'good']) },
}
const latest = (metric, unit, vi, en) => (value, time, quality = 'good') => ({ [metric]: { value, unit, time: iso(time), known_at: iso(time + 800), quality, metric_name: both(vi, en) } })
const level = latest('level', 'm', 'Mực nước', 'Water level')
const rain = latest('rain_mm', 'mm', 'Mưa', 'Rain')
const volt = latest('voltage/L1', 'V', 'Điện áp pha 1', 'Voltage L1')
const dev = (device, type, zone, lat, lon, more = {}) => ({
  unit: U, device, name: device, type, zone, model: '', lat, lon, parent: null, connection: 'online', last_seen: iso(now() - 20_000), claimed: true,
  expected_interval_s: 300, stale_after_s: 900, tags: [], latest: {}, state: null, ...more,
})
const devices = [
  dev('RG-01', 'rain_gauge', 'Z1', 22.4085, 103.2957, { name: 'đỉnh đèo', latest: rain(7.0, at(6600)), expected_interval_s: 600 }),
  dev('WL-01', 'water_level_gauge', 'Z1', 22.3925, 103.2705, { name: 'thượng lưu', model: 'Milesight EM500-UDL', latest: { ...level(3.62, at(6600)), battery: { value: 87, unit: '%', time: iso(at(6600)), known_at: iso(at(6600)), quality: 'good', metric_name: both('Pin', 'Battery') } } }),
  dev('WL-02', 'water_level_gauge', 'Z1', 22.3302, 103.2312, { name: 'cầu tràn hạ lưu', latest: level(1.02, at(6600), 'suspect') }),
  dev('LS-01', 'loudspeaker', 'Z1', 22.3790, 103.2669, { coverage_m: 900 }),
  dev('LS-02', 'loudspeaker', 'Z1', 22.3661, 103.2436, { coverage_m: 900 }),
  dev('LS-03', 'loudspeaker', 'Z1', 22.3382, 103.2386, { coverage_m: 900, connection: 'offline', last_seen: iso(at(5160)) }),
  dev('LS-04', 'loudspeaker', 'Z2', 22.3737, 103.2034, { coverage_m: 900 }),
  dev('SIREN-01', 'siren', 'Z1', 22.3565, 103.2555),
  ...Array.from({ length: 24 }, (_, i) => dev(`PM-${String(i + 1).padStart(2, '0')}`, 'power_meter', 'Z2', null, null, { name: `Trạm biến áp ${i + 1}`, latest: volt(231.4 - i, now() - (i % 7 === 3 ? 420_000 : i % 11 === 5 ? 3_000_000 : 8000)), expected_interval_s: 60, connection: i % 11 === 5 ? 'offline' : 'online' })),
]
const rule = (id, type, severity, vi, en, devs, metric, value, more = {}) => ({ id, type, unit: U, severity, title: both(vi, en), label: null, devices: devs, metric, op: 'ge', value, hold_s: 0, window_s: null, clear: null, basis: null, ...more })
const rules = [
  rule('muc-nuoc-bd1', 'threshold', 'warning', 'Mực nước vượt báo động 1', 'Water level above flood alarm 1', ['WL-01'], 'level', 2.0, { label: both('BĐ1', 'FA1') }),
  rule('muc-nuoc-bd2', 'threshold', 'danger', 'Mực nước vượt báo động 2', 'Water level above flood alarm 2', ['WL-01'], 'level', 2.8, { label: both('BĐ2', 'FA2') }),
  rule('muc-nuoc-bd3', 'threshold', 'emergency', 'Mực nước vượt báo động 3', 'Water level above flood alarm 3', ['WL-01'], 'level', 3.5, { label: both('BĐ3', 'FA3') }),
  rule('nuoc-len-nhanh', 'rate', 'danger', 'Nước lên nhanh', 'Water rising fast', ['WL-01'], 'level', 0.8, { window_s: 1800 }),
  rule('mua-1h-30', 'sum', 'notice', 'Mưa 1 giờ vượt 30 mm', 'Rain above 30 mm in 1 hour', ['RG-01'], 'rain_mm', 30, { window_s: 3600 }),
  rule('mua-1h-50', 'sum', 'warning', 'Mưa 1 giờ vượt 50 mm', 'Rain above 50 mm in 1 hour', ['RG-01'], 'rain_mm', 50, { window_s: 3600 }),
  rule('mua-24h-100', 'sum', 'warning', 'Mưa 24 giờ vượt 100 mm', 'Rain above 100 mm in 24 hours', ['RG-01'], 'rain_mm', 100, { window_s: 86400 }),
  rule('nguy-co-lu-quet', 'correlate', 'emergency', 'Nguy cơ lũ quét', 'Flash flood risk', [], '', null),
  rule('cam-bien-ket', 'flatline', 'notice', 'Cảm biến kẹt', 'Sensor stuck', ['WL-01', 'WL-02'], 'level', null, { window_s: 1800 }),
]
const uuid = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const alert = (n, id, device, t, ackT, by, value, uom, more = {}) => {
  const r = rules.find((x) => x.id === id)
  return {
    id: uuid(n), rule: id, title: r.title, label: r.label, unit: U, zone: 'Z1', device, metric: r.metric || null, subject: device ?? 'Z1', subject_kind: device ? 'device' : 'zone', severity: r.severity,
    state: ackT === null ? 'active_unacked' : 'active_acked', value, threshold: r.value, unit_of_measure: uom, verified: true, retrospective: false, version: 1, raised_at: iso(at(t)), known_at: iso(at(t)),
    cleared_at: null, acked_at: ackT === null ? null : iso(at(ackT)), acked_by: by, ack_due: null, escalated_at: null, escalated_to: null, assigned_to: null, occurrences: 1, shelved: null, suppressed: null, out_of_service: null,
    incident: null, evidence: { readings: [], devices: device ? [device] : [], rule: { id, type: r.type, severity: r.severity, op: 'ge', value: r.value, window_s: r.window_s, hold_s: 0, metric: r.metric }, members: [], excluded: [] }, basis: null, comments: [], ...more,
  }
}
const excluded = [{ device: 'WL-02', reason: both('kẹt từ 22:50', 'stuck since 22:50') }]
const A9 = alert(9, 'muc-nuoc-bd3', 'WL-01', 6600, null, null, 3.62, 'm', { ack_due: iso(at(6660)), basis: { text: 'ngưỡng BĐ nội bộ', source: '' } })
A9.evidence.excluded = excluded
const A6 = alert(6, 'nguy-co-lu-quet', null, 5100, 5130, 'Hương', null, '')
A6.evidence.members = [uuid(2), uuid(5)]
A6.evidence.devices = ['WL-01', 'RG-01']
const alerts = [
  A9, alert(8, 'mua-24h-100', 'RG-01', 6600, null, null, 103.4, 'mm', { ack_due: iso(at(7200)) }), A6,
  alert(7, 'muc-nuoc-bd2', 'WL-01', 5700, 5860, 'Páo', 2.98, 'm', { escalated_at: iso(at(5820)), escalated_to: 'commune_leader' }),
  alert(5, 'nuoc-len-nhanh', 'WL-01', 5100, 5125, 'Hương', 1.43, 'm'), alert(2, 'mua-1h-50', 'RG-01', 4200, 4230, 'Hương', 72.0, 'mm'),
  alert(3, 'muc-nuoc-bd1', 'WL-01', 4500, 4560, 'Hương', 2.0, 'm'), alert(1, 'mua-1h-30', 'RG-01', 3000, 3060, 'Hương', 34.4, 'mm'), alert(4, 'cam-bien-ket', 'WL-02', 4500, 4590, 'Hương', 1.02, 'm'),
]
const target = (name, state, reason, attempts, sent, replied) => ({ target: name, name, state, reason, attempts, sent_at: sent, replied_at: replied, deadline: null, detail: null, proven: false })
const actions = [{
  id: uuid(101), unit: U, alert: uuid(6), recommendation: uuid(201), playbook: 'pb-canh-bao-lu-quet', step: 1, command: 'speaker.broadcast_emergency', args: {}, text: 'phát loa vùng trũng', drill: false, source: 'approved', state: 'partial',
  proposed_at: iso(at(5130)), proposed_by: 'Hương', approver: 'duty_officer', approved_at: iso(at(5160)), approved_by: 'Hương', rejected_by: null, reason: null, final_at: iso(at(5215)),
  targets: [target('LS-01', 'succeeded', null, 1, iso(at(5160)), iso(at(5163))), target('LS-02', 'succeeded', null, 1, iso(at(5160)), iso(at(5163))), target('LS-03', 'failed', 'no_reply', 3, iso(at(5160)), iso(at(5215)))],
}]
const tasks = process.argv.includes('--no-task') ? [] : [{ id: uuid(301), unit: U, alert: uuid(6), recommendation: uuid(201), action: uuid(101), target: 'LS-03', assignee: 'village_head', text: 'Cụm loa LS-03 không phản hồi: báo trực tiếp cho dân khu vực LS-03', created_at: iso(at(5215)), state: 'open' }]
const TEXT = 'Nước suối đã vượt báo động 3, bà con ven suối rời ngay đến điểm sơ tán.'
const ready = (name, ok = true) => ({ target: name, name, ready: ok, ...(ok ? {} : { why: 'no_reply' }) })
const P2 = {
  id: uuid(202), playbook: 'pb-so-tan-lu', title: both('Sơ tán lũ', 'Flood evacuation'), state: 'open', approver: 'commune_leader', delegated: false, recommended_at: iso(at(6600)), ended_at: null, basis: 'ngưỡng BĐ nội bộ',
  steps: [
    { n: 1, do: 'command', text: both('Bật còi hú', 'Sound the siren'), command: 'siren.on', targets: [ready('SIREN-01')], args: {}, action: null, task: null },
    { n: 2, do: 'command', text: both('Phát loa khẩn cấp toàn xã', 'Emergency broadcast, whole commune'), command: 'speaker.broadcast_emergency', targets: [ready('LS-01'), ready('LS-02'), ready('LS-03', false), ready('LS-04')], args: { text: TEXT }, action: null, task: null },
    { n: 3, do: 'command', text: both('Nhắn Zalo nhóm xã', 'Zalo message to the commune group'), command: 'zalo.send', targets: [ready('commune_group')], args: { text: TEXT }, action: null, task: null },
    { n: 4, do: 'task', text: both('Sơ tán các hộ ven suối', 'Evacuate homes along the stream'), assignee: 'response_team', action: null, task: null },
    { n: 5, do: 'manual', text: both('Dự thảo quyết định ban bố PTDS cấp độ 1', 'Draft the civil defence level 1 decision'), action: null, task: null },
    { n: 6, do: 'manual', text: both('Báo tổng đài 112', 'Call the 112 line'), action: null, task: null },
  ],
}
const P1 = {
  id: uuid(201), playbook: 'pb-canh-bao-lu-quet', title: both('Cảnh báo lũ quét', 'Flash flood warning'), state: 'approved', approver: 'commune_leader', delegated: true, recommended_at: iso(at(5100)), ended_at: null, basis: null,
  steps: [
    { n: 1, do: 'command', text: both('phát loa khẩn cấp vùng trũng', 'Emergency broadcast, low area'), command: 'speaker.broadcast_emergency', targets: [ready('LS-01'), ready('LS-02'), ready('LS-03', false)], args: {}, action: uuid(101), task: null },
    { n: 2, do: 'manual', text: both('cấm ngầm tràn WL-02', 'Close the ford WL-02'), action: null, task: null },
    { n: 3, do: 'manual', text: both('gọi trưởng bản', 'Call the hamlet head'), action: null, task: null },
    { n: 4, do: 'manual', text: both('mở điểm sơ tán', 'Open the shelter'), action: null, task: null },
  ],
}
function advice(id, role) {
  const r = id === uuid(9) ? P2 : id === uuid(6) ? P1 : null
  const may = role === 'commune_leader'
  const reading = (device, value, unit, used, why) => ({ device, metric: unit === 'm' ? 'level' : 'rain_mm', value, unit, time: iso(at(6600)), age_s: 12, quality: used ? 'good' : 'suspect', used, why })
  return {
    alert: id, evidence: [reading('WL-01', 3.62, 'm', true), reading('RG-01', 72, 'mm', true), reading('WL-02', 1.02, 'm', false, both('kẹt', 'stuck'))], next_threshold: null, similar: [], on_duty: [], basis: null,
    recommendations: r ? [{ ...r, may_approve: may && r.state === 'open', why_not: may ? null : both('Ngoài phạm vi ủy quyền, cần lãnh đạo xã', 'Outside the delegation, needs the commune leader') }] : [],
  }
}
const summary = () => ({
  unit: U, time: iso(now()), alerts: { open: alerts.length, unacked: 2 }, load: { last_10min: 2, buckets: [1, 0, 3, 2, 1, 0, 2] }, devices: { total: devices.length, online: devices.filter((d) => d.connection === 'online').length, offline: 3, unknown: 0 },
  rate: { per_s: 4 }, ledger: {}, database: { up: true, since: null }, broker: { up: true, since: null }, province: { up: false, since: iso(at(5000)), queued: 4 },
})

const sockets = new Set()
function push(channel, upsert, remove = []) {
  for (const s of sockets) for (const sub of s.subs.values()) if (sub.channel === channel) s.send(JSON.stringify({ type: 'delta', id: sub.id, seq: ++sub.seq, upsert, remove }))
}
const items = { alerts: () => alerts, devices: () => devices, summary: () => [summary()], actions: () => actions, tasks: () => tasks, readings: () => [] }

function playApproval(rec, who) {
  rec.state = 'approved'
  let n = 110
  for (const step of rec.steps) {
    if (step.do === 'task') {
      const t = { id: uuid(++n + 200), unit: U, alert: uuid(9), recommendation: rec.id, action: null, target: null, assignee: step.assignee, text: step.text.vi, created_at: iso(now()), state: 'open' }
      step.task = t.id
      tasks.push(t)
      push('tasks', [t])
    }
    if (step.do !== 'command') continue
    const a = { id: uuid(++n), unit: U, alert: uuid(9), recommendation: rec.id, playbook: rec.playbook, step: step.n, command: step.command, args: step.args, text: step.text.vi, drill: false, source: 'approved', state: 'sent', proposed_at: iso(now()), proposed_by: who, approver: 'commune_leader', approved_at: iso(now()), approved_by: who, reason: null, final_at: null, targets: step.targets.map((x) => target(x.target, 'sent', null, 1, iso(now()), null)) }
    step.action = a.id
    actions.push(a)
    push('actions', [a])
    setTimeout(() => { for (const t of a.targets) if (t.target !== 'LS-03') Object.assign(t, { state: 'succeeded', replied_at: iso(now()) }); push('actions', [a]) }, 1500)
    setTimeout(() => { for (const t of a.targets) if (t.state === 'sent') Object.assign(t, { state: 'failed', reason: 'no_reply', attempts: 3, replied_at: iso(now()) }); a.final_at = iso(now()); a.state = 'partial'; push('actions', [a]) }, 4000)
  }
}

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.topojson': 'application/json' }
const CSP = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; connect-src 'self'"
const users = { officer: { user: 'officer', name: 'Lò Thị Hương', role: 'duty_officer' }, leader: { user: 'leader', name: 'Giàng A Páo', role: 'commune_leader' }, first: { user: 'first', name: 'Lò Thị Hương', role: 'duty_officer', must_change_password: true } }
const me = (u) => ({ unit: U, units: [U], must_change_password: false, session_ends: iso(now() + 8 * 3600_000), server_time: iso(now()), ...users[u] })

const server = createServer(async (req, res) => {
  const url = new URL(req.url, 'http://x')
  const chunks = []
  for await (const c of req) chunks.push(c)
  const body = chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : {}
  const user = /ioc_session=(\w+)/.exec(req.headers.cookie ?? '')?.[1]
  const json = (status, value, headers = {}) => { res.writeHead(status, { 'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json', ...headers }); res.end(value === null ? '' : JSON.stringify(value)) }
  const problem = (status, title, more = {}) => json(status, { type: 'about:blank', title, status, detail: '', instance: 'dev-1', ...more })
  const p = url.pathname.replace('/api/v1', '')
  if (!url.pathname.startsWith('/api/v1')) {
    const root = url.pathname.startsWith('/geo/') ? geo : join(here, 'dist')
    const rest = url.pathname === '/' ? '/index.html' : url.pathname.replace(/^\/geo/, '')
    try {
      const file = await readFile(join(root, normalize(rest)))
      res.writeHead(200, { 'Content-Type': TYPES[extname(rest)] ?? 'application/octet-stream', 'Content-Security-Policy': CSP })
      return res.end(file)
    } catch { res.writeHead(404); return res.end() }
  }
  if (p === '/session' && req.method === 'POST') return users[body.user] ? json(200, { me: me(body.user) }, { 'Set-Cookie': `ioc_session=${body.user}; HttpOnly; SameSite=Strict; Path=/` }) : problem(401, 'Tên đăng nhập hoặc mật khẩu không đúng')
  if (p === '/session') return json(204, null, { 'Set-Cookie': 'ioc_session=; Max-Age=0; Path=/' })
  if (!user) return problem(401, 'Cần đăng nhập')
  if (p === '/me/password') { users[user].must_change_password = false; return json(204, null) }
  if (p === '/me') return json(200, me(user))
  if (p === '/units') return json(200, { items: [{ code: '12', name: 'Lai Châu', kind: 'province', parent: null, zones: [] }, { code: U, name: 'Xã Sìn Hồ', kind: 'commune', parent: '12', zones: [{ id: 'Z1', name: 'Vùng Z1, ven suối' }, { id: 'Z2', name: 'Vùng Z2' }] }] })
  if (p === '/rules') return json(200, { items: rules })
  if (p === '/readings') {
    const key = `${url.searchParams.get('device')}/${url.searchParams.get('metric')}`
    const s = series[key] ?? { uom: 'V', points: Array.from({ length: 60 }, (_, i) => [now() - (60 - i) * 60_000, 230 + 3 * Math.sin(i / 5), 'good']) }
    const from = Date.parse(url.searchParams.get('from')), to = Date.parse(url.searchParams.get('to'))
    if (to - from < 5 * 3_600_000) return json(200, { unit_of_measure: s.uom, step: null, points: s.points })
    const step = [60, 300, 900, 1800, 3600, 7200].find((x) => (to - from) / 1000 / x < Number(url.searchParams.get('points'))) * 1000
    const n = Math.floor((to - from) / step)
    return json(200, { unit_of_measure: s.uom, step: step / 1000, points: Array.from({ length: n }, (_, i) => { const v = (s.points[0]?.[1] ?? 1) * (1 + 0.02 * Math.sin(i / 9)); return [from + i * step, v - 0.05, v, v + 0.08, 12] }).filter((_, i) => i % 97 > 6) })
  }
  if (p === '/geo/' + U) return json(200, { type: 'FeatureCollection', features: [
    { type: 'Feature', properties: { role: 'river', main: true }, geometry: { type: 'LineString', coordinates: [[103.276, 22.4], [103.27, 22.3925], [103.264, 22.379], [103.25, 22.368], [103.241, 22.35], [103.237, 22.338], [103.231, 22.33], [103.229, 22.31]] } },
    { type: 'Feature', properties: { role: 'river' }, geometry: { type: 'LineString', coordinates: [[103.212, 22.385], [103.226, 22.372], [103.243, 22.366]] } }] })
  let m
  if ((m = /^\/alerts\/([^/]+)\/advice$/.exec(p))) return json(200, advice(m[1], users[user].role))
  if ((m = /^\/alerts\/([^/]+)\/(ack|comment)$/.exec(p))) {
    const a = alerts.find((x) => x.id === m[1])
    if (!a) return problem(404, 'Không có mục này trong địa bàn được giao')
    if (m[2] === 'comment') a.comments.push({ at: iso(now()), by: user, text: body.text })
    else if (a.acked_at) return problem(409, 'Cảnh báo đã được tiếp nhận', { state: a.state, acked_by: a.acked_by })
    else Object.assign(a, { state: 'active_acked', acked_at: iso(now()), acked_by: user, ack_due: null })
    a.version += 1
    setTimeout(() => push('alerts', [a]), 50)
    return json(200, a)
  }
  if ((m = /^\/recommendations\/([^/]+)\/(approve|reject)$/.exec(p))) {
    if (users[user].role !== 'commune_leader') return problem(403, 'Ngoài phạm vi ủy quyền, cần lãnh đạo xã')
    if (m[2] === 'approve') playApproval(P2, user)
    else { P2.state = 'ended'; push('alerts', [Object.assign(A9, { version: A9.version + 1 })]) }
    return json(200, {})
  }
  if ((m = /^\/devices\/([^/]+)\/([^/]+)$/.exec(p))) { const d = devices.find((x) => x.device === m[2]); return d ? json(200, d) : problem(404, 'Không có mục này trong địa bàn được giao') }
  if (p === '/dev/die') { for (const s of sockets) s.terminate(); server.close(); return setTimeout(() => process.exit(0), 100) }
  if (p === '/dev/raise') { const a = alert(50, 'mua-24h-100', 'RG-01', (now() - T0) / 1000, null, null, 120, 'mm', { ack_due: iso(now() + 600_000) }); alerts.push(a); push('alerts', [a]); return json(200, a) }
  return problem(404, 'Không có mục này trong địa bàn được giao')
})
new WebSocketServer({ server, path: '/api/v1/stream' }).on('connection', (ws) => {
  ws.subs = new Map()
  sockets.add(ws)
  ws.on('close', () => sockets.delete(ws))
  ws.send(JSON.stringify({ type: 'hello', protocol: 1, time: iso(now()) }))
  ws.on('message', (raw) => {
    const f = JSON.parse(String(raw))
    if (f.type === 'unsubscribe') ws.subs.delete(f.id)
    if (f.type !== 'subscribe') return
    ws.subs.set(f.id, { id: f.id, channel: f.channel, seq: 1 })
    ws.send(JSON.stringify({ type: 'snapshot', id: f.id, seq: 1, items: items[f.channel]() }))
  })
})
setInterval(() => push('summary', [summary()]), 2000)
server.listen(Number(process.argv[2] ?? 8790), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
