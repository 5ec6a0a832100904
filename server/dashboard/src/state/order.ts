// Which alert stands where, and what the counts say. Pure.
import type { Alert, Severity } from '../wire/types'
import { SEVERITIES } from '../wire/types'

export const rank = (s: Severity): number => SEVERITIES.indexOf(s)
export const unacked = (a: Alert): boolean => a.state === 'active_unacked' || a.state === 'cleared_unacked'
/** Out of the list but counted in its foot. */
export const beside = (a: Alert): boolean => a.shelved !== null || a.suppressed !== null || a.out_of_service !== null

/** Unacknowledged first, then the more severe, then active before cleared, then the newer; the id makes it total. */
export function compare(a: Alert, b: Alert): number {
  return (
    Number(unacked(b)) - Number(unacked(a)) ||
    rank(b.severity) - rank(a.severity) ||
    Number(a.state === 'cleared_unacked') - Number(b.state === 'cleared_unacked') ||
    b.raised_at - a.raised_at ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  )
}

export const ordered = (alerts: Record<string, Alert>): string[] =>
  Object.values(alerts).filter((a) => a.state !== 'closed' && !beside(a)).sort(compare).map((a) => a.id)

/**
 * The new order while a hand is on the list: rows keep their places, removed ones go, and new ones
 * wait, except an unacknowledged emergency, which is put on top.
 */
export function held(order: string[], waiting: string[], alerts: Record<string, Alert>): { order: string[]; waiting: string[] } {
  const now = ordered(alerts)
  const live = new Set(now)
  const kept = order.filter((id) => live.has(id))
  const known = new Set(kept)
  const fresh = now.filter((id) => !known.has(id))
  const urgent = (id: string): boolean => alerts[id]!.severity === 'emergency' && unacked(alerts[id]!)
  const still = waiting.filter((id) => fresh.includes(id) && !urgent(id))
  return {
    order: [...fresh.filter(urgent), ...kept],
    waiting: [...still, ...fresh.filter((id) => !urgent(id) && !still.includes(id))],
  }
}

export interface Count { severity: Severity; total: number; unacked: number }
/** Highest severity first; a count is shown filled while one of them is unacknowledged. */
export function counts(alerts: Iterable<Alert>): Count[] {
  const by = new Map<Severity, Count>(SEVERITIES.map((severity) => [severity, { severity, total: 0, unacked: 0 }]))
  for (const a of alerts) {
    if (a.state === 'closed' || beside(a)) continue
    const c = by.get(a.severity)!
    c.total += 1
    if (unacked(a)) c.unacked += 1
  }
  return [...by.values()].reverse()
}

/** The next id when `gone` leaves the list: its lower neighbour, else its upper one. */
export function neighbour(order: string[], gone: string): string | null {
  const i = order.indexOf(gone)
  if (i < 0) return order[0] ?? null
  return order[i + 1] ?? order[i - 1] ?? null
}
