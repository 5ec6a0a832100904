import { describe, expect, it } from 'vitest'
import * as parse from '../src/wire/parse'
import { toFeatures } from '../src/wire/geo'

describe('parsing', () => {
  it('reads times as text, milliseconds, or nothing', () => {
    expect(parse.time('2027-07-24T16:50:00.000Z')).toBe(1816447800000)
    expect(parse.time(5)).toBe(5)
    expect(parse.time('gibberish')).toBeNull()
    expect(parse.time(undefined)).toBeNull()
  })
  it('fills every field of an alert that came with three', () => {
    const a = parse.alert({ id: 'a', rule: 'muc-nuoc', severity: 'danger' })!
    expect(a).toMatchObject({ title: { vi: 'muc-nuoc' }, state: 'active_unacked', verified: true, acked_at: null, shelved: null, occurrences: 1 })
    expect(a.evidence).toEqual({ readings: [], devices: [], members: [], rule: null, excluded: [] })
  })
  it('takes a title as text or in two languages', () => {
    expect(parse.alert({ id: 'a', title: 'Lũ' })!.title).toEqual({ vi: 'Lũ', en: 'Lũ' })
    expect(parse.alert({ id: 'a', title: { vi: 'Lũ', en: 'Flood' } })!.title.en).toBe('Flood')
  })
  it('refuses an object without its key and keeps the others', () => {
    expect(parse.list([{ rule: 'x' }, null, { id: 'b' }, 7], parse.alert).map((a) => a.id)).toEqual(['b'])
    expect(parse.items({ items: [{ device: 'D' }, {}] }, parse.device)).toHaveLength(1)
    expect(parse.items(null, parse.device)).toEqual([])
  })
  it('does not invent severity, connection or zero', () => {
    expect(parse.alert({ id: 'a', severity: 'terrible', value: 'NaN' })).toMatchObject({ severity: 'info', value: null })
    expect(parse.device({ device: 'D', connection: 'maybe' })).toMatchObject({ connection: 'unknown', last_seen: null })
    expect(parse.point([5, null])).toEqual([5, null, 'good'])
  })
  it('reads advice with its steps, targets and message', () => {
    const a = parse.advice({ alert: 'a', recommendations: [{ id: 'r', title: { vi: 'Sơ tán lũ' }, may_approve: true, steps: [{ n: 2, do: 'command', text: { vi: 'phát' }, args: { text: 'rời ngay' }, targets: [{ target: 'LS-03', ready: false, why: 'offline' }] }] }] })
    expect(a.recommendations[0]).toMatchObject({ title: { vi: 'Sơ tán lũ', en: 'Sơ tán lũ' }, state: 'open', may_approve: true })
    expect(a.recommendations[0]!.steps[0]).toMatchObject({ message: 'rời ngay', targets: [{ target: 'LS-03', ready: false, why: 'offline' }] })
  })
  it('finds the only object of a TopoJSON file by whatever name', () => {
    const f = toFeatures({ type: 'Topology', arcs: [[[0, 0], [1, 0], [1, 1], [0, 0]]], objects: { '12': { type: 'GeometryCollection', geometries: [{ type: 'Polygon', arcs: [[0]], properties: { code: '03478' } }] } } } as never)
    expect(f.features[0]!.properties).toEqual({ code: '03478' })
  })
})
