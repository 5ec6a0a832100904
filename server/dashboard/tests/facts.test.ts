import { describe, expect, it } from 'vitest'
import { delta, freshness, isLevel, isRain, pace, pastWindow, rainFor, subject, sum, thresholds } from '../src/state/facts'
import { matches } from '../src/state/device_filter'
import { mapView } from '../src/state/map_view'
import { parseRoute } from '../src/state/route'
import { hull, box } from '../src/wire/geo'
import { fit, range, steps, ticks, type HydroData } from '../src/widgets/hydrograph_draw'
import * as parse from '../src/wire/parse'
import type { Point } from '../src/wire/types'
import { alert, device } from './make'

const M = 60_000
const pts = (step: number, ...v: number[]): Point[] => v.map((x, i) => [i * step, x, 'good'])

describe('what a chart shows', () => {
  const wl = device('WL-01', { latest: { level: { value: 3.6, unit: 'm' } } })
  const rg = device('RG-01', { latest: { rain_mm: { value: 1, unit: 'mm' } } })
  const devices = { [wl.key]: wl, [rg.key]: rg }
  it('a correlation shows its member with the water level', () => {
    const rain = alert('r', { device: 'RG-01', metric: 'rain_mm', severity: 'danger' })
    const level = alert('l', { severity: 'warning' })
    const zone = alert('z', { device: null, metric: null, subject: 'Z1', subject_kind: 'zone', evidence: { members: ['r', 'l'] } })
    expect(subject(zone, { r: rain, l: level, z: zone }, devices)).toEqual({ device: 'WL-01', metric: 'level' })
    expect(subject(alert('x', { device: null, metric: null }), {}, devices)).toBeNull()
  })
  it('finds the rain of the same zone', () => expect(rainFor({ device: 'WL-01', metric: 'level' }, devices, '03478')).toEqual({ device: 'RG-01', metric: 'rain_mm' }))
  it('sound level is not water level', () => {
    expect([isLevel('level'), isLevel('water_level'), isLevel('sound_level'), isLevel('battery_level'), isRain('rain_mm'), isRain('drain')]).toEqual([true, true, false, false, true, false])
  })
  it('thresholds are those of the device, lowest first', () => {
    const r = (id: string, value: number, devices: string[]) => parse.rule({ id, type: 'threshold', metric: 'level', devices, value })!
    expect(thresholds({ device: 'WL-01', metric: 'level' }, [r('b', 3, ['WL-01']), r('a', 2, ['WL-01']), r('c', 1, ['WL-09'])]).map((x) => x.id)).toEqual(['a', 'b'])
  })
  it('the window follows the pace, so a night played fast fills the chart too', () => {
    expect(pace(pts(5 * M, 1, 2, 3, 4))).toBe(5 * M)
    expect(pace(pts(M, 1, 2))).toBeNull()
    expect(pastWindow(5 * M)).toBe(7_200_000)
    expect(pastWindow(5000)).toBe(120_000)
    expect(pastWindow(null)).toBe(7_200_000)
  })
})
describe('sums and changes', () => {
  it('change over a window needs a reading at or before its start', () => {
    expect(delta(pts(5 * M, 1, 2, 4), 10 * M)).toBe(3)
    expect(delta(pts(5 * M, 1, 2, 4), 11 * M)).toBeNull()
  })
  it('a sum leaves out the older end of its window', () => expect(sum(pts(10 * M, 5, 1, 1, 1), 30 * M, 30 * M)).toBe(3))
})
describe('freshness', () => {
  const d = device('WL-01')
  it.each([[null, 'never'], [0, 'fresh'], [400, 'fresh'], [600, 'stale'], [901, 'unknown']] as const)('%s s old is %s', (age, want) => expect(freshness(d, age === null ? null : 1e9 - age * 1000, 1e9)).toBe(want))
})
describe('the scale', () => {
  const base: HydroData = { points: pts(M, 1.1, 3.62), uom: 'm', rain: null, others: [], limits: [2, 2.8, 3.5, 4.2, 9].map((value) => ({ value, label: '', severity: 'danger' as const })), marks: [], rows: [], acts: { label: '', items: [] }, now: M, from: 0, to: M, gauge: true, lang: 'vi' }
  it('holds the data and the nearest threshold above, not the farthest', () => {
    const [lo, hi] = range(base)
    expect(lo).toBeLessThan(1.1)
    expect(hi).toBeGreaterThan(4.2)
    expect(hi).toBeLessThan(6)
  })
  it('noise of a centimetre never looks like a flood', () => {
    const [lo, hi] = range({ ...base, limits: [], points: pts(M, 1.1, 1.11) })
    expect(hi - lo).toBeGreaterThanOrEqual(1)
  })
  it('on a low screen drops the least severe band first and keeps the curve', () => {
    const row = (severity: 'notice' | 'emergency', label: string) => ({ label, spans: [{ from: 0, to: 1, severity }] })
    const many = { ...base, rows: [row('emergency', 'a'), row('notice', 'b')] }
    expect(fit(many, 400).rows).toHaveLength(2)
    expect(fit(many, 170).rows.map((r) => r.label)).toEqual(['a'])
    expect(fit(many, 100).rows).toEqual([])
  })
  it('labels round numbers and whole clock times', () => {
    expect(steps(0.8, 4.9)).toEqual([1, 2, 3, 4])
    const { times } = ticks(Date.parse('2027-07-24T15:00:00Z'), Date.parse('2027-07-24T17:05:00Z'))
    expect(times.map((t) => new Date(t).toISOString().slice(11, 16))).toEqual(['15:00', '15:30', '16:00', '16:30', '17:00'])
  })
})
describe('map, table, addresses', () => {
  it('marks the worst alert of a device, filled while nobody has it, and crosses out the silent', () => {
    const d = device('WL-01', { lat: 22, lon: 103, latest: { level: { value: 3.62, unit: 'm', time: 1000 } } })
    const ls = device('LS-03', { lat: 22.1, lon: 103, type: 'loudspeaker' })
    const act = parse.action({ id: 'x', targets: [{ target: 'LS-03', state: 'failed', replied_at: 900 }] })!
    const v = mapView('03478', { [d.key]: d, [ls.key]: ls }, { a: alert('a', { severity: 'emergency', zone: 'Z1' }), b: alert('b', { severity: 'notice', state: 'active_acked' }) }, { x: act }, 2000, 'vi')
    expect(v.marks.find((m) => m.device === 'WL-01')).toMatchObject({ severity: 'emergency', filled: true, ring: 'good', label: 'WL-01\n3,62\u00a0m' })
    expect(v.marks.find((m) => m.device === 'LS-03')).toMatchObject({ failed: true, severity: null })
    expect(v.areas).toMatchObject([{ zone: 'Z1', severity: 'emergency' }])
  })
  it('a zone without a drawn border is the hull of its devices', () => {
    const b = box({ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [hull([{ lon: 103, lat: 22 }, { lon: 103.1, lat: 22 }], 1000)!] } })!
    expect(b[0]).toBeLessThan(103)
    expect(b[2]).toBeGreaterThan(103.1)
    expect(b[3] - b[1]).toBeCloseTo(2 * 1000 / 111_320, 3)
  })
  it('finds without marks, in any order', () => {
    const d = device('RG-01', { name: 'Trạm đo mưa đỉnh đèo' })
    expect(matches(d, 'mua rg', 'all', 0, '')).toBe(true)
    expect(matches(d, 'deo', 'all', 0, '')).toBe(true)
    expect(matches(d, 'gio', 'all', 0, '')).toBe(false)
    expect(matches(d, '', 'offline', 0, '')).toBe(false)
  })
  it('reads addresses, and a broken one is the duty page', () => {
    expect(parseRoute('#/thiet-bi/03478/WL-01')).toEqual({ page: 'device', unit: '03478', device: 'WL-01' })
    expect(parseRoute('#/thiet-bi')).toEqual({ page: 'devices' })
    expect(parseRoute('')).toEqual({ page: 'duty' })
    expect(parseRoute('#/%E0%A4%A')).toEqual({ page: 'duty' })
  })
})
