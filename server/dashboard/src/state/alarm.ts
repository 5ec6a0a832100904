// Which sound the state asks for. Pure. `silenced_from` = when S was pressed; an alert raised after
// that sounds again even within the two minutes.
import type { State } from './model'
import { rank, unacked } from './order'
import type { Alert } from '../wire/types'

export const SILENCE_MS = 120_000
export type Wanted = 'lost' | 'emergency' | 'danger' | null

/** A drill or a retrospective alert never calls people out of a chair. */
const audible = (a: Alert): boolean => unacked(a) && a.state !== 'cleared_unacked' && !a.retrospective && rank(a.severity) >= rank('danger') && !a.shelved && !a.suppressed && !a.out_of_service

export function wanted(s: State, silencedFrom: number | null, now: number): Wanted {
  const quiet = silencedFrom !== null && now - silencedFrom < SILENCE_MS
  if (s.link.status === 'lost') return quiet && silencedFrom >= s.link.since ? null : 'lost'
  const loud = Object.values(s.alerts).filter((a) => audible(a) && !(quiet && (a.known_at ?? a.raised_at) <= silencedFrom))
  if (loud.length === 0) return null
  return loud.some((a) => a.severity === 'emergency') ? 'emergency' : 'danger'
}
