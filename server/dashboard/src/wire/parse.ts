// From unknown JSON to the types of types.ts. Never throws on a missing or odd field of an object: a
// screen that shows the rest is worth more at night than a blank one. An object without its key is
// refused (null), and lists drop those.
import type * as T from './types'
import { SEVERITIES } from './types'

type Obj = Record<string, unknown>
const obj = (x: unknown): Obj => (x !== null && typeof x === 'object' && !Array.isArray(x) ? (x as Obj) : {})
const arr = (x: unknown): unknown[] => (Array.isArray(x) ? x : [])
const str = (x: unknown, or = ''): string => (typeof x === 'string' ? x : typeof x === 'number' ? String(x) : or)
const text = (x: unknown): string | null => (typeof x === 'string' && x !== '' ? x : null)
const number = (x: unknown): number | null => (typeof x === 'number' && Number.isFinite(x) ? x : null)
const count = (x: unknown): number => number(x) ?? 0
const strings = (x: unknown): string[] => arr(x).filter((s): s is string => typeof s === 'string')

/** ISO 8601 or epoch milliseconds to epoch milliseconds; anything else is null. */
export function time(x: unknown): number | null {
  if (typeof x === 'number') return Number.isFinite(x) ? x : null
  if (typeof x !== 'string') return null
  const ms = Date.parse(x)
  return Number.isNaN(ms) ? null : ms
}

export function both(x: unknown): T.Both | null {
  if (typeof x === 'string') return x === '' ? null : { vi: x, en: x }
  const o = obj(x)
  const vi = text(o.vi) ?? text(o.en)
  return vi === null ? null : { vi, en: text(o.en) ?? vi }
}

const severity = (x: unknown): T.Severity => {
  const s = str(x) as T.Severity
  return SEVERITIES.includes(s) ? s : 'info'
}
const scalar = (x: unknown): T.Latest['value'] =>
  typeof x === 'number' || typeof x === 'string' || typeof x === 'boolean' ? x : null
const beside = (x: unknown): T.Beside | null =>
  x === null || x === undefined ? null : { by: str(obj(x).by), reason: str(obj(x).reason), until: time(obj(x).until) }
const basis = (x: unknown): { text: string; source: string } | null => {
  if (typeof x === 'string') return x === '' ? null : { text: x, source: '' }
  const words = text(obj(x).text)
  return words === null ? null : { text: words, source: str(obj(x).source) }
}

export function reading(x: unknown): T.EvidenceReading {
  const o = obj(x)
  return {
    device: str(o.device), metric: str(o.metric), value: scalar(o.value), unit: str(o.unit), time: time(o.time),
    quality: str(o.quality, 'good'), used: o.used !== false, why: both(o.why),
  }
}

export function me(x: unknown): T.Me | null {
  const o = obj(x)
  const user = text(o.user)
  if (user === null) return null
  const units = strings(o.units)
  const unit = str(o.unit)
  return {
    user, name: text(o.name) ?? user, role: str(o.role), unit, units: units.length > 0 ? units : unit ? [unit] : [],
    must_change_password: o.must_change_password === true, session_ends: time(o.session_ends), server_time: time(o.server_time),
  }
}

export function unit(x: unknown): T.Unit | null {
  const o = obj(x)
  const code = text(o.code)
  if (code === null) return null
  const zones = arr(o.zones).map(obj).map((z) => ({ id: str(z.id), name: text(z.name) ?? both(z.name)?.vi ?? str(z.id) }))
  return { code, name: str(o.name, code), kind: o.kind === 'province' ? 'province' : 'commune', parent: text(o.parent), zones }
}

export function alert(x: unknown): T.Alert | null {
  const o = obj(x)
  const id = text(o.id)
  if (id === null) return null
  const e = obj(o.evidence)
  const r = obj(e.rule)
  const rule = str(o.rule)
  const state = str(o.state) as T.AlertState
  return {
    id, rule, title: both(o.title) ?? { vi: rule, en: rule }, label: both(o.label), unit: str(o.unit), zone: text(o.zone),
    device: text(o.device), metric: text(o.metric), subject: str(o.subject, str(o.device)), subject_kind: str(o.subject_kind, 'device'),
    severity: severity(o.severity), state: ['active_unacked', 'active_acked', 'cleared_unacked', 'closed'].includes(state) ? state : 'active_unacked',
    value: number(o.value), threshold: number(o.threshold), uom: str(o.unit_of_measure),
    verified: o.verified !== false, retrospective: o.retrospective === true, unsaved: o.unsaved === true, version: count(o.version),
    raised_at: time(o.raised_at) ?? 0, known_at: time(o.known_at), cleared_at: time(o.cleared_at),
    acked_at: time(o.acked_at), acked_by: text(o.acked_by), ack_due: time(o.ack_due),
    escalated_at: time(o.escalated_at), escalated_to: text(o.escalated_to), assigned_to: text(o.assigned_to),
    occurrences: number(o.occurrences) ?? 1,
    shelved: beside(o.shelved), suppressed: beside(o.suppressed), out_of_service: beside(o.out_of_service),
    evidence: {
      readings: arr(e.readings).map(reading), devices: strings(e.devices), members: strings(e.members),
      rule: e.rule ? { type: str(r.type), op: str(r.op), value: number(r.value), window_s: number(r.window_s), metric: str(r.metric) } : null,
      excluded: arr(e.excluded).map(obj).map((d) => ({ device: str(d.device), reason: both(d.reason) ?? { vi: '', en: '' } })),
    },
    basis: basis(o.basis),
    comments: arr(o.comments).map(obj).map((c) => ({ at: time(c.at) ?? 0, by: str(c.by), text: str(c.text) })),
  }
}

export function device(x: unknown): T.Device | null {
  const o = obj(x)
  const id = text(o.device)
  if (id === null) return null
  const latest: Record<string, T.Latest> = {}
  for (const [metric, raw] of Object.entries(obj(o.latest))) {
    const l = obj(raw)
    latest[metric] = {
      value: scalar(l.value), unit: str(l.unit), time: time(l.time), known_at: time(l.known_at),
      quality: str(l.quality, 'good'), quality_reason: text(l.quality_reason), metric_name: both(l.metric_name),
    }
  }
  const connection = str(o.connection)
  return {
    key: `${str(o.unit)}/${id}`, unit: str(o.unit), device: id, name: text(o.name) ?? id, type: str(o.type), zone: text(o.zone), model: str(o.model),
    lat: number(o.lat), lon: number(o.lon), connection: connection === 'online' || connection === 'offline' ? connection : 'unknown',
    last_seen: time(o.last_seen), claimed: o.claimed !== false, expected_interval_s: number(o.expected_interval_s),
    stale_after_s: number(o.stale_after_s), coverage_m: number(o.coverage_m), latest, state: text(o.state),
  }
}

function step(x: unknown, index: number): T.AdviceStep {
  const o = obj(x)
  const kind = str(o.do)
  const args = obj(o.args)
  return {
    n: number(o.n) ?? index + 1, do: kind === 'command' || kind === 'task' ? kind : 'manual', text: both(o.text) ?? { vi: str(o.command), en: str(o.command) },
    command: text(o.command), auto: o.auto === true, action: text(o.action), assignee: text(o.assignee), task: text(o.task), dangerous: o.dangerous === true,
    message: text(args.text) ?? text(args.text_vi) ?? text(args.message),
    targets: arr(o.targets).map(obj).map((t) => ({ target: str(t.target), name: text(t.name) ?? str(t.target), ready: t.ready !== false, why: text(t.why) })),
  }
}

export function advice(x: unknown): T.Advice {
  const o = obj(x)
  const next = o.next_threshold ? obj(o.next_threshold) : null
  return {
    alert: typeof o.alert === 'string' ? o.alert : str(obj(o.alert).id), evidence: arr(o.evidence).map(reading), basis: basis(o.basis),
    next_threshold: next && { label: both(next.label) ?? { vi: '', en: '' }, value: number(next.value), eta_s: number(next.eta_s), refused: both(next.refused) },
    recommendations: arr(o.recommendations).map(obj).map((r) => ({
      id: str(r.id), playbook: str(r.playbook), title: both(r.title) ?? { vi: str(r.playbook), en: str(r.playbook) },
      state: r.state === 'approved' || r.state === 'ended' ? r.state : 'open', approver: text(r.approver), delegated: r.delegated === true,
      may_approve: r.may_approve === true, why_not: both(r.why_not), recommended_at: time(r.recommended_at),
      basis: text(r.basis) ?? basis(r.basis)?.text ?? null, steps: arr(r.steps).map(step),
    })),
  }
}

export function action(x: unknown): T.Action | null {
  const o = obj(x)
  const id = text(o.id)
  if (id === null) return null
  return {
    id, unit: str(o.unit), alert: text(o.alert), recommendation: text(o.recommendation), step: number(o.step), command: str(o.command), text: str(o.text),
    drill: o.drill === true, source: str(o.source), state: str(o.state), proposed_at: time(o.proposed_at), proposed_by: text(o.proposed_by),
    approved_at: time(o.approved_at), approved_by: text(o.approved_by), final_at: time(o.final_at), reason: text(o.reason),
    targets: arr(o.targets).map(obj).map((t) => ({
      target: str(t.target), name: text(t.name) ?? str(t.target), state: str(t.state, 'proposed') as T.TargetState, reason: text(t.reason),
      attempts: count(t.attempts), sent_at: time(t.sent_at), replied_at: time(t.replied_at), detail: text(t.detail),
    })),
  }
}

export function task(x: unknown): T.Task | null {
  const o = obj(x)
  const id = text(o.id)
  if (id === null) return null
  return {
    id, unit: str(o.unit), alert: text(o.alert), recommendation: text(o.recommendation), action: text(o.action), target: text(o.target),
    assignee: str(o.assignee), text: both(o.text)?.vi ?? '', created_at: time(o.created_at) ?? 0, state: o.state === 'done' ? 'done' : 'open',
  }
}

export function summary(x: unknown): T.Summary | null {
  const o = obj(x)
  if (Object.keys(o).length === 0) return null
  const load = obj(o.load)
  const d = obj(o.devices)
  const link = (l: unknown): T.LinkState | null =>
    l === null || l === undefined ? null : { up: obj(l).up !== false, since: time(obj(l).since), queued: count(obj(l).queued) }
  return {
    unit: str(o.unit), time: time(o.time), last_10min: count(load.last_10min), buckets: arr(load.buckets).map(count),
    devices: { total: count(d.total), online: count(d.online), offline: count(d.offline), unknown: count(d.unknown) },
    per_s: number(obj(o.rate).per_s), database: link(o.database), broker: link(o.broker), province: link(o.province),
  }
}

export function rule(x: unknown): T.Rule | null {
  const o = obj(x)
  const id = text(o.id)
  if (id === null) return null
  return {
    id, type: str(o.type), severity: severity(o.severity), title: both(o.title) ?? { vi: id, en: id }, label: both(o.label), devices: strings(o.devices),
    metric: str(o.metric), op: str(o.op, 'ge'), value: number(o.value), window_s: number(o.window_s), basis: basis(o.basis)?.text ?? null,
  }
}

export const point = (x: unknown): T.Point => [count(arr(x)[0]), number(arr(x)[1]), str(arr(x)[2], 'good')]
export const bucket = (x: unknown): T.Bucket => {
  const a = arr(x)
  return [count(a[0]), number(a[1]), number(a[2]), number(a[3]), count(a[4])]
}
/** Parses every element and drops the refused ones. */
export const list = <R>(x: unknown, one: (e: unknown) => R | null): R[] => arr(x).map(one).filter((r): r is Awaited<R> & R => r !== null)
/** The `items` of a list answer. */
export const items = <R>(x: unknown, one: (e: unknown) => R | null): R[] => list(obj(x).items, one)
export const field = (x: unknown, name: string): unknown => obj(x)[name]
