// Day or night. Night from 18:00 to 06:00 unless the officer pinned one; never switches by itself while
// an emergency is unacknowledged. Pure; the caller keeps the pin.
import { localHour } from '../wire/format'

export type Theme = 'night' | 'day'
export const byHour = (now: number): Theme => (localHour(now) >= 18 || localHour(now) < 6 ? 'night' : 'day')
export function theme(current: Theme | null, pinned: Theme | null, now: number, emergency: boolean): Theme {
  if (pinned) return pinned
  return current && emergency ? current : byHour(now)
}
