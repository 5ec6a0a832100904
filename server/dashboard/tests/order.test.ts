import { describe, expect, it } from 'vitest'
import { counts, held, neighbour, ordered } from '../src/state/order'
import { alert } from './make'

const at = (s: number): string => new Date(Date.parse('2027-07-24T16:00:00Z') + s * 1000).toISOString()
const table = (...list: ReturnType<typeof alert>[]) => Object.fromEntries(list.map((a) => [a.id, a]))

describe('the list', () => {
  it('puts what nobody has first, then the worse, then the newer', () => {
    const all = table(
      alert('acked-emergency', { severity: 'emergency', state: 'active_acked' }), alert('old-warning', { raised_at: at(0) }), alert('new-warning', { raised_at: at(60) }),
      alert('danger', { severity: 'danger' }), alert('cleared-danger', { severity: 'danger', state: 'cleared_unacked' }), alert('closed', { severity: 'emergency', state: 'closed' }),
    )
    expect(ordered(all)).toEqual(['danger', 'cleared-danger', 'new-warning', 'old-warning', 'acked-emergency'])
  })
  it('leaves out the shelved but counts nothing twice', () => {
    const all = table(alert('a'), alert('b', { shelved: { until: at(900), by: 'x', reason: 'bảo trì' } }))
    expect(ordered(all)).toEqual(['a'])
    expect(counts(Object.values(all)).find((c) => c.severity === 'warning')).toEqual({ severity: 'warning', total: 1, unacked: 1 })
  })
  it('counts are hollow once somebody has all of them', () => {
    const c = counts([alert('a', { state: 'active_acked' }), alert('b', { state: 'active_acked' })]).find((x) => x.severity === 'warning')
    expect(c).toMatchObject({ total: 2, unacked: 0 })
  })
})
describe('the hand on the list', () => {
  const before = table(alert('a', { raised_at: at(2) }), alert('b', { raised_at: at(1) }))
  it('holds the order when one is acknowledged', () => {
    const after = { ...before, a: alert('a', { raised_at: at(2), state: 'active_acked' }) }
    expect(held(['a', 'b'], [], after).order).toEqual(['a', 'b'])
    expect(ordered(after)).toEqual(['b', 'a'])
  })
  it('lets a new danger wait and puts an emergency on top', () => {
    const after = { ...before, d: alert('d', { severity: 'danger' }), e: alert('e', { severity: 'emergency' }) }
    expect(held(['a', 'b'], [], after)).toEqual({ order: ['e', 'a', 'b'], waiting: ['d'] })
  })
  it('drops what has gone', () => expect(held(['a', 'b', 'gone'], ['gone2'], before)).toEqual({ order: ['a', 'b'], waiting: [] }))
  it('hands the place of a removed row to the next one', () => {
    expect(neighbour(['a', 'b', 'c'], 'b')).toBe('c')
    expect(neighbour(['a', 'b'], 'b')).toBe('a')
    expect(neighbour([], 'b')).toBeNull()
  })
})
