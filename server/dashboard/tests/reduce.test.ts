import { describe, expect, it } from 'vitest'
import { blank, type Event, type State } from '../src/state/model'
import { insert, join, reduce } from '../src/state/reduce'
import { SILENCE_MS, wanted } from '../src/state/alarm'
import { theme } from '../src/state/theme'
import type { Point } from '../src/wire/types'
import { alert, device } from './make'

const run = (events: Event[], s: State = blank()): State => events.reduce(reduce, s)
const snap = (...alerts: ReturnType<typeof alert>[]): Event => ({ type: 'snapshot', at: 1000, alerts })
const delta = (alerts: ReturnType<typeof alert>[], remove: string[] = []): Event => ({ type: 'delta', channel: 'alerts', alerts, remove })

describe('alerts', () => {
  it('nothing is called empty before the first snapshot', () => {
    expect(blank().first.alerts).toBeNull()
    expect(run([snap()]).first.alerts).toBe(1000)
  })
  it('selects the worst at first and keeps the selection by id', () => {
    let s = run([snap(alert('a'), alert('b', { severity: 'danger' }))])
    expect(s.selected).toBe('b')
    s = run([delta([alert('c', { severity: 'emergency' })])], s)
    expect([s.selected, s.order[0]]).toEqual(['b', 'c'])
  })
  it('moves a removed selection to the next row', () => {
    const s = run([snap(alert('a', { severity: 'danger' }), alert('b'), alert('c', { state: 'active_acked' })), delta([], ['a'])])
    expect(s.selected).toBe('b')
    expect(Object.keys(s.alerts)).toEqual(['b', 'c'])
  })
  it('an older version that arrives late changes nothing', () => {
    const s = run([snap(alert('a', { version: 3, state: 'active_acked' })), delta([alert('a', { version: 2 })])])
    expect(s.alerts.a!.state).toBe('active_acked')
  })
  it('an acknowledgement is pending until the alert says so', () => {
    let s = run([snap(alert('a')), { type: 'ack', id: 'a', ack: { phase: 'sending', at: 1, why: '' } }])
    expect(s.alerts.a!.state).toBe('active_unacked')
    expect(s.acks.a!.phase).toBe('sending')
    s = run([delta([alert('a', { version: 2, state: 'active_acked', acked_at: 5, acked_by: 'Hương' })])], s)
    expect(s.acks).toEqual({})
  })
  it('new rows wait while the hand is on the list, then join', () => {
    let s = run([snap(alert('a')), { type: 'hand', on: true }, delta([alert('b', { severity: 'danger' })])])
    expect([s.order, s.waiting]).toEqual([['a'], ['b']])
    s = run([{ type: 'hand', on: false }], s)
    expect([s.order, s.waiting]).toEqual([['b', 'a'], []])
  })
})
describe('the connection', () => {
  it('keeps since when it is lost, through every attempt', () => {
    const s = run([{ type: 'link', status: 'live', attempt: 0, at: 1 }, { type: 'link', status: 'lost', attempt: 1, at: 50 }, { type: 'link', status: 'lost', attempt: 2, at: 90 }])
    expect(s.link).toMatchObject({ status: 'lost', since: 50, attempt: 2 })
  })
  it('on return counts what was missed, and unmarks a row when it is read', () => {
    let s = run([{ type: 'link', status: 'live', attempt: 0, at: 1 }, snap(alert('a')), { type: 'link', status: 'lost', attempt: 1, at: 2000 }, { type: 'link', status: 'live', attempt: 0, at: 3000 }, { type: 'snapshot', at: 3001, alerts: [alert('a'), alert('b'), alert('c')] }])
    expect(s.link).toMatchObject({ missed: ['b', 'c'], missed_total: 2, restored_at: 3000 })
    s = run([{ type: 'select', id: 'b' }], s)
    expect(s.link).toMatchObject({ missed: ['c'], missed_total: 2 })
  })
  it('the first snapshot of all is not "missed"', () => {
    expect(run([{ type: 'link', status: 'live', attempt: 0, at: 1 }, snap(alert('a'))]).link.missed_total).toBe(0)
  })
  it('jitter of the network does not set the clock', () => {
    const s = run([{ type: 'clock', server: 60_000, browser: 0 }, { type: 'clock', server: 60_100, browser: 0 }])
    expect(s.offset).toBe(60_000)
  })
})
describe('other objects', () => {
  it('parts that did not change keep their identity', () => {
    const a = run([snap(alert('a')), { type: 'snapshot', at: 1, devices: [device('WL-01')] }])
    const b = run([{ type: 'latency', ms: 12 }, { type: 'delta', channel: 'alerts', alerts: [alert('b')], remove: [] }], a)
    expect(b.devices).toBe(a.devices)
    expect(b.alerts).not.toBe(a.alerts)
  })
  it('devices are keyed by unit and name', () => {
    const s = run([{ type: 'snapshot', at: 1, devices: [device('WL-01')] }, { type: 'delta', channel: 'devices', remove: ['03478/WL-01'] }])
    expect(s.devices).toEqual({})
  })
  it('another unit starts clean, the session stays', () => {
    const s = run([{ type: 'session', session: 'in', me: { user: 'u', name: 'u', role: 'duty_officer', unit: '1', units: ['1', '2'], must_change_password: false, session_ends: null, server_time: null } }, snap(alert('a')), { type: 'unit', unit: '2' }])
    expect([Object.keys(s.alerts).length, s.unit, s.session, s.first.alerts]).toEqual([0, '2', 'in', null])
  })
})
describe('readings', () => {
  it('go in by event time, a repeat replaces', () => {
    const p: Point[] = [[10, 1, 'good'], [30, 3, 'good']]
    expect(insert(p, [20, 2, 'late']).map((x) => x[0])).toEqual([10, 20, 30])
    expect(insert(p, [30, 9, 'good']).at(-1)![1]).toBe(9)
    expect(insert(p, [40, 4, 'good'])).toHaveLength(3)
  })
  it('history that arrives after live readings joins them', () => {
    expect(join([[1, 1, 'good'], [2, 2, 'good']], [[2, 5, 'good'], [3, 3, 'good']])).toEqual([[1, 1, 'good'], [2, 5, 'good'], [3, 3, 'good']])
  })
})
describe('alarm', () => {
  const live: Event = { type: 'link', status: 'live', attempt: 0, at: 0 }
  const loud = (more = {}) => run([live, snap(alert('a', { severity: 'emergency', known_at: 1000, ...more }))])
  it('sounds for danger and above until acknowledged', () => {
    expect(wanted(loud(), null, 2000)).toBe('emergency')
    expect(wanted(loud({ severity: 'danger' }), null, 2000)).toBe('danger')
    expect(wanted(loud({ severity: 'warning' }), null, 2000)).toBeNull()
    expect(wanted(loud({ state: 'active_acked' }), null, 2000)).toBeNull()
    expect(wanted(loud({ retrospective: true }), null, 2000)).toBeNull()
  })
  it('silence lasts two minutes, and a new alert sounds again', () => {
    expect(wanted(loud(), 1500, 2000)).toBeNull()
    expect(wanted(loud({ known_at: 1800 }), 1500, 2000)).toBe('emergency')
    expect(wanted(loud(), 1500, 1500 + SILENCE_MS)).toBe('emergency')
  })
  it('a lost server is louder than any alarm', () => expect(wanted(run([{ type: 'link', status: 'lost', attempt: 1, at: 5 }], loud()), null, 10)).toBe('lost'))
})
describe('theme', () => {
  const noon = Date.parse('2027-07-24T05:00:00Z')
  it('follows the local hour, unless pinned, and never turns during an emergency', () => {
    expect(theme(null, null, noon, false)).toBe('day')
    expect(theme(null, null, noon + 8 * 3_600_000, false)).toBe('night')
    expect(theme('night', null, noon, true)).toBe('night')
    expect(theme('night', 'day', noon + 8 * 3_600_000, true)).toBe('day')
  })
})
