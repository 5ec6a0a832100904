// What the chart and the fact row show for one alert: which series, how long, by how much it changed.
// Pure: from alerts, devices, rules and readings.
import type { Alert, Device, Point, Rule } from '../wire/types'
import { rank } from './order'

export const seriesKey = (unit: string, device: string, metric: string): string => `${unit}/${device}/${metric}`
export const isRain = (metric: string): boolean => /^rain/.test(metric)
export const isLevel = (metric: string): boolean => /(^|_)level/.test(metric) && !/(sound|noise|battery|signal|fuel)/.test(metric)

export interface Subject { device: string; metric: string }

/** The measured thing behind an alert; for a correlation that of its member with a water level, else its worst member. */
export function subject(a: Alert, alerts: Record<string, Alert>, devices: Record<string, Device>): Subject | null {
  if (a.device !== null && devices[`${a.unit}/${a.device}`]) {
    const metric = a.metric || a.evidence.rule?.metric || a.evidence.readings.find((r) => r.device === a.device)?.metric
    if (metric) return { device: a.device, metric }
    const first = Object.entries(devices[`${a.unit}/${a.device}`]!.latest).find(([, l]) => typeof l.value === 'number')
    if (first) return { device: a.device, metric: first[0] }
  }
  const members = a.evidence.members.map((m) => alerts[m]).filter((m): m is Alert => m !== undefined && m.id !== a.id && m.device !== null && m.metric !== null)
  const best = members.sort((x, y) => Number(isLevel(y.metric!)) - Number(isLevel(x.metric!)) || rank(y.severity) - rank(x.severity))[0]
  if (best) return { device: best.device!, metric: best.metric! }
  const read = a.evidence.readings.find((r) => isLevel(r.metric)) ?? a.evidence.readings.find((r) => typeof r.value === 'number')
  return read ? { device: read.device, metric: read.metric } : null
}

/** The rain series drawn with a level: same zone first, else any gauge of the unit. */
export function rainFor(s: Subject, devices: Record<string, Device>, unit: string): Subject | null {
  const zone = devices[`${unit}/${s.device}`]?.zone
  const found = Object.values(devices)
    .filter((d) => d.unit === unit && d.device !== s.device)
    .map((d) => ({ d, metric: Object.keys(d.latest).find(isRain) }))
    .filter((x): x is { d: Device; metric: string } => x.metric !== undefined)
    .sort((x, y) => Number(y.d.zone === zone) - Number(x.d.zone === zone) || (x.d.device < y.d.device ? -1 : 1))[0]
  return found ? { device: found.d.device, metric: found.metric } : null
}

/** Horizontal lines of a series: its threshold rules, lowest first. */
export const thresholds = (s: Subject, rules: Rule[]): Rule[] =>
  rules.filter((r) => r.type === 'threshold' && r.value !== null && r.metric === s.metric && (r.devices.length === 0 || r.devices.includes(s.device)))
    .sort((a, b) => a.value! - b.value!)

/** The window of the rule of `type` on this series, in seconds: the facts speak the rule's own time. */
export const ruleOf = (type: string, s: Subject, rules: Rule[]): Rule | undefined =>
  rules.filter((r) => r.type === type && r.metric === s.metric && r.devices.includes(s.device) && r.window_s).sort((a, b) => a.window_s! - b.window_s!)[0]

/** The usual distance of two readings in ms, or null with fewer than three. */
export function pace(points: Point[]): number | null {
  const recent = points.slice(-30)
  if (recent.length < 3) return null
  const gaps = recent.slice(1).map((p, i) => p[0] - recent[i]![0]).filter((g) => g > 0).sort((a, b) => a - b)
  return gaps[Math.floor(gaps.length / 2)] ?? null
}

const NICE_S = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400]
/** How much past the chart shows: about two dozen readings, in a round length, at most a day. */
export function pastWindow(paceMs: number | null): number {
  const wanted = paceMs === null ? 7200 : (paceMs / 1000) * 22
  return (NICE_S.find((n) => n >= wanted) ?? 86400) * 1000
}

/** Value in force at `t`: the latest reading at or before it. */
export function at(points: Point[], t: number): number | null {
  for (let i = points.length - 1; i >= 0; i--) if (points[i]![0] <= t) return points[i]![1]
  return null
}
/** Change over the window that ends at the last reading; null when history is too short. */
export function delta(points: Point[], windowMs: number): number | null {
  const last = points.at(-1)
  if (!last || last[1] === null) return null
  const then = at(points, last[0] - windowMs)
  return then === null ? null : last[1] - then
}
/** Sum of the readings in (end − window, end]. */
export function sum(points: Point[], end: number, windowMs: number): number | null {
  const inside = points.filter((p) => p[0] > end - windowMs && p[0] <= end && p[1] !== null)
  return inside.length === 0 ? null : inside.reduce((n, p) => n + p[1]!, 0)
}

/** How the data of a device stand: a value without age and quality is not shown. */
export type Freshness = 'fresh' | 'stale' | 'unknown' | 'never'
export function freshness(d: Device, time: number | null, now: number): Freshness {
  if (time === null) return 'never'
  const age = (now - time) / 1000
  const usual = d.expected_interval_s ?? 300
  const grace = d.stale_after_s ?? Math.max(3 * usual, 600)
  if (age > grace) return 'unknown'
  return age > Math.max(1.5 * usual, 60) ? 'stale' : 'fresh'
}

/** Alerts of the same device and metric, or zone, for the bands under the axis. */
export function related(a: Alert, s: Subject, rain: Subject | null, { alerts, zone }: { alerts: Record<string, Alert>; zone: string | null }): Alert[] {
  return Object.values(alerts).filter(
    (b) => b.unit === a.unit &&
      ((b.device === s.device && (b.metric === s.metric || b.metric === null)) ||
        (rain !== null && b.device === rain.device && b.metric === rain.metric) ||
        (b.subject_kind === 'zone' && zone !== null && (b.zone === zone || b.subject === zone))),
  )
}
