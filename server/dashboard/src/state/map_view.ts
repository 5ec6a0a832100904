// What the map shows, as plain data: one mark per device, the areas of zone alerts, speaker ranges. Pure.
import type { Action, Alert, Device, Severity } from '../wire/types'
import { quantity, type Lang } from '../wire/format'
import { freshness, isLevel } from './facts'
import { compare, rank, unacked } from './order'

export interface MapMark {
  key: string; device: string; type: string; lon: number; lat: number; label: string; strong: boolean
  severity: Severity | null; filled: boolean; ring: 'good' | 'stale' | 'unknown'; failed: boolean; alert: string | null
}
export interface MapArea { zone: string; severity: Severity; points: { lon: number; lat: number }[] }
export interface MapView { marks: MapMark[]; areas: MapArea[]; ranges: { lon: number; lat: number; metres: number; failed: boolean }[] }

/** Targets whose newest command result is a failure: they are crossed out until one succeeds. */
export function silent(actions: Iterable<Action>): Set<string> {
  const last = new Map<string, { at: number; bad: boolean }>()
  for (const a of actions) {
    for (const t of a.targets) {
      if (t.state !== 'failed' && t.state !== 'succeeded') continue
      const at = t.replied_at ?? a.final_at ?? t.sent_at ?? 0
      const old = last.get(t.target)
      if (!old || at >= old.at) last.set(t.target, { at, bad: t.state === 'failed' })
    }
  }
  return new Set([...last].filter(([, v]) => v.bad).map(([k]) => k))
}

export function mapView(unit: string, devices: Record<string, Device>, alerts: Record<string, Alert>, actions: Record<string, Action>, now: number, lang: Lang): MapView {
  const open = Object.values(alerts).filter((a) => a.unit === unit && a.state !== 'closed' && !a.shelved && !a.suppressed && !a.out_of_service).sort(compare)
  const failed = silent(Object.values(actions))
  const marks: MapMark[] = []
  const ranges: MapView['ranges'] = []
  for (const d of Object.values(devices)) {
    if (d.unit !== unit || d.lat === null || d.lon === null) continue
    const mine = open.filter((a) => a.device === d.device).sort((a, b) => rank(b.severity) - rank(a.severity) || Number(unacked(b)) - Number(unacked(a)))
    const worst = mine[0]
    const newest = Math.max(0, ...Object.values(d.latest).map((l) => l.time ?? 0))
    const fresh = freshness(d, newest === 0 ? d.last_seen : newest, now)
    const quiet = /speaker|siren/.test(d.type)
    const ring = d.connection === 'offline' ? 'unknown' : quiet ? (d.connection === 'online' ? 'good' : 'unknown') : fresh === 'fresh' ? 'good' : fresh === 'stale' ? 'stale' : 'unknown'
    const level = Object.entries(d.latest).find(([m, l]) => isLevel(m) && typeof l.value === 'number')?.[1]
    const strong = failed.has(d.device) || (worst !== undefined && (unacked(worst) || rank(worst.severity) >= rank('danger')))
    const value = strong && worst && level ? `\n${quantity(level.value as number, level.unit, lang)}` : ''
    marks.push({
      key: d.key, device: d.device, type: d.type, lon: d.lon, lat: d.lat, label: d.device + value, strong,
      severity: worst?.severity ?? null, filled: mine.some((a) => unacked(a) && a.severity === worst?.severity), ring, failed: failed.has(d.device), alert: worst?.id ?? null,
    })
    if (d.coverage_m !== null && /speaker/.test(d.type)) ranges.push({ lon: d.lon, lat: d.lat, metres: d.coverage_m, failed: failed.has(d.device) })
  }
  marks.sort((a, b) => (a.severity ? rank(a.severity) : -1) - (b.severity ? rank(b.severity) : -1))
  const zones = new Map<string, Severity>()
  for (const a of open) {
    const zone = a.subject_kind === 'zone' ? (a.zone ?? a.subject) : rank(a.severity) >= rank('emergency') ? a.zone : null
    if (zone && (!zones.has(zone) || rank(a.severity) > rank(zones.get(zone)!))) zones.set(zone, a.severity)
  }
  const areas = [...zones].map(([zone, severity]) => ({
    zone, severity,
    points: Object.values(devices).filter((d) => d.unit === unit && d.zone === zone && d.lat !== null && d.lon !== null && !/rain/.test(d.type)).map((d) => ({ lon: d.lon!, lat: d.lat! })),
  }))
  return { marks, areas: areas.filter((a) => a.points.length > 0), ranges }
}
