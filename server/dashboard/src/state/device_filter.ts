// Which devices the table shows. Pure.
import type { Device } from '../wire/types'
import { freshness } from './facts'

export type DeviceFilter = 'all' | 'online' | 'offline' | 'stale' | 'unclaimed'

/** Without marks and case: "mua" finds "mưa", as people type in a hurry. */
export const fold = (s: string): string => s.normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/đ/g, 'd').replace(/Đ/g, 'D').toLowerCase()

export function matches(d: Device, q: string, filter: DeviceFilter, now: number, typeWords: string): boolean {
  if (filter === 'online' || filter === 'offline') { if (d.connection !== filter) return false }
  if (filter === 'unclaimed' && d.claimed) return false
  if (filter === 'stale') {
    const times = Object.values(d.latest).map((l) => l.time).filter((t): t is number => t !== null)
    if (times.length === 0 || freshness(d, Math.max(...times), now) === 'fresh') return false
  }
  const hay = fold([d.device, d.name, d.type, typeWords, d.zone ?? '', d.model].join(' '))
  return fold(q).split(/\s+/).every((word) => hay.includes(word))
}
