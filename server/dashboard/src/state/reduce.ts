// The one place where state changes. Pure: the same state and event give the same state. Unchanged
// parts keep their identity, so that a screen redraws only what moved.
import { blank, blankLink, type Event, type Series, type State } from './model'
import { held, neighbour, ordered } from './order'
import type { Alert, Point } from '../wire/types'

const MAX_POINTS = 20_000
const index = <T>(items: T[], key: (t: T) => string): Record<string, T> => Object.fromEntries(items.map((i) => [key(i), i]))
const id = (x: { id: string }): string => x.id

function merge<T>(old: Record<string, T>, upsert: T[] | undefined, remove: string[], key: (t: T) => string): Record<string, T> {
  if (!upsert?.length && !remove.length) return old
  const next = { ...old }
  for (const r of remove) delete next[r]
  for (const u of upsert ?? []) next[key(u)] = u
  return next
}

/** A stream delta and an HTTP answer may cross: the higher version stands. */
function newest(old: Record<string, Alert>, incoming: Alert[] | undefined): Alert[] {
  return (incoming ?? []).filter((a) => (old[a.id]?.version ?? -1) <= a.version)
}

/** Recomputes order, selection and pending acknowledgements after the alerts changed. */
function settle(s: State, before: State): State {
  const place = s.hand ? held(s.order, s.waiting, s.alerts) : { order: ordered(s.alerts), waiting: [] }
  let selected = s.selected
  if (selected === null) selected = place.order[0] ?? null
  else if (!place.order.includes(selected) && !place.waiting.includes(selected)) {
    const next = neighbour(before.order, selected)
    selected = next !== null && place.order.includes(next) ? next : (place.order[0] ?? null)
  }
  const acks = Object.fromEntries(Object.entries(s.acks).filter(([a]) => s.alerts[a]?.acked_at === null && s.alerts[a]?.state !== 'closed'))
  return { ...s, ...place, selected, acks: Object.keys(acks).length === Object.keys(s.acks).length ? s.acks : acks }
}

/** Adds one reading in event-time order; the same time again replaces (a corrected value). */
export function insert(points: Point[], p: Point): Point[] {
  const last = points.at(-1)
  if (last === undefined || p[0] > last[0]) return [...points.slice(-MAX_POINTS), p]
  const at = points.findIndex((q) => q[0] >= p[0])
  const next = points.slice()
  next.splice(at, next[at]![0] === p[0] ? 1 : 0, p)
  return next
}

/** Union of two runs of readings by time; used when history arrives after the first live readings. */
export function join(a: Point[], b: Point[]): Point[] {
  const by = new Map<number, Point>()
  for (const p of a) by.set(p[0], p)
  for (const p of b) by.set(p[0], p)
  return [...by.values()].sort((x, y) => x[0] - y[0])
}

export function reduce(s: State, e: Event): State {
  switch (e.type) {
    case 'session': {
      // Logging out forgets everything of the unit; an ended session keeps the picture, greyed.
      if (e.session === 'out' && e.me === null) return { ...blank(s.lang), session: 'out', route: s.route, offset: s.offset }
      return { ...s, session: e.session, me: e.me === undefined ? s.me : e.me }
    }
    case 'units':
      return { ...s, units: e.units, unit: e.unit }
    case 'unit': {
      if (e.unit === s.unit) return s
      const clean = blank(s.lang)
      return {
        ...clean, session: s.session, me: s.me, units: s.units, unit: e.unit, route: s.route, offset: s.offset, link: { ...s.link, missed: [], missed_total: 0 },
      }
    }
    case 'route':
      return { ...s, route: e.route }
    case 'lang':
      return { ...s, lang: e.lang }
    case 'clock': {
      // Network jitter is not a new clock.
      const offset = e.server - e.browser
      return Math.abs(offset - s.offset) < 250 ? s : { ...s, offset }
    }
    case 'latency':
      return { ...s, link: { ...s.link, latency_ms: e.ms } }
    case 'link': {
      const l = s.link
      if (e.status === 'lost') {
        return { ...s, link: { ...l, status: 'lost', since: l.status === 'lost' ? l.since : e.at, attempt: e.attempt, restored_at: null, latency_ms: null } }
      }
      const back = l.status === 'lost'
      return { ...s, link: { ...blankLink(), status: 'live', since: e.at, restored_at: back ? e.at : l.restored_at, missed: l.missed, missed_total: back ? 0 : l.missed_total } }
    }
    case 'snapshot': {
      let next = s
      if (e.alerts) {
        const alerts = index(e.alerts, id)
        const blind = s.link.restored_at !== null && s.first.alerts !== null && s.first.alerts < s.link.restored_at
        const missed = blind ? e.alerts.filter((a) => !(a.id in s.alerts)).map(id) : s.link.missed
        next = {
          ...next, alerts, first: { ...next.first, alerts: e.at },
          link: blind ? { ...s.link, missed, missed_total: missed.length } : s.link,
        }
        next = settle(next, s)
      }
      if (e.devices) next = { ...next, devices: index(e.devices, (d) => d.key), first: { ...next.first, devices: e.at } }
      if (e.actions) next = { ...next, actions: index(e.actions, id), first: { ...next.first, actions: e.at } }
      if (e.tasks) next = { ...next, tasks: index(e.tasks, id) }
      if (e.summary) next = { ...next, summary: e.summary }
      return next
    }
    case 'delta': {
      const gone = (channel: string): string[] => (e.channel === channel ? e.remove : [])
      let next = s
      if (e.alerts || e.channel === 'alerts') next = settle({ ...s, alerts: merge(s.alerts, newest(s.alerts, e.alerts), gone('alerts'), id) }, s)
      if (e.devices || e.channel === 'devices') next = { ...next, devices: merge(s.devices, e.devices, gone('devices'), (d) => d.key) }
      if (e.actions || e.channel === 'actions') next = { ...next, actions: merge(s.actions, e.actions, gone('actions'), id) }
      if (e.tasks || e.channel === 'tasks') next = { ...next, tasks: merge(s.tasks, e.tasks, gone('tasks'), id) }
      if (e.summary) next = { ...next, summary: e.summary }
      return next
    }
    case 'rules':
      return { ...s, rules: e.rules }
    case 'series': {
      const live = s.series[e.key]
      const series: Series = live ? { uom: e.series.uom || live.uom, points: join(e.series.points, live.points) } : e.series
      return { ...s, series: { ...s.series, [e.key]: series } }
    }
    case 'reading': {
      const old = s.series[e.key] ?? { uom: '', points: [] }
      return { ...s, series: { ...s.series, [e.key]: { ...old, points: insert(old.points, e.point) } } }
    }
    case 'advice': {
      const { [e.alert]: _, ...errors } = s.advice_error
      if (e.error !== undefined) return { ...s, advice_error: { ...errors, [e.alert]: e.error } }
      return e.advice ? { ...s, advice: { ...s.advice, [e.alert]: e.advice }, advice_error: errors } : s
    }
    case 'select': {
      if (!(e.id in s.alerts)) return s
      const missed = s.link.missed.filter((m) => m !== e.id)
      return { ...s, selected: e.id, link: missed.length === s.link.missed.length ? s.link : { ...s.link, missed } }
    }
    case 'hand':
      if (e.on === s.hand) return s
      return settle({ ...s, hand: e.on }, s)
    case 'ack': {
      const { [e.id]: _, ...rest } = s.acks
      return { ...s, acks: e.ack === null ? rest : { ...rest, [e.id]: e.ack } }
    }
  }
}
