import { describe, expect, it } from 'vitest'
import * as f from '../src/wire/format'

const T = Date.parse('2027-07-24T16:50:12.000Z')
describe('numbers', () => {
  const rows: [string, string, string][] = [
    ['thousands and decimals, vi', f.decimal(1234.5, 1, 'vi'), '1.234,5'],
    ['thousands and decimals, en', f.decimal(1234567.5, 1, 'en'), '1,234,567.5'],
    ['always its decimals', f.decimal(3.5, 2, 'vi'), '3,50'],
    ['a true minus', f.decimal(-0.18, 2, 'vi'), '\u22120,18'],
    ['no minus zero', f.decimal(-0.001, 2, 'vi'), '0,00'],
    ['unit after a no-break space', f.quantity(3.62, 'm', 'vi'), '3,62\u00a0m'],
    ['UCUM degrees', f.quantity(36.64, 'Cel', 'vi'), '36,6\u00a0°C'],
    ['an annotation is a count', f.quantity(12, '{people}', 'vi'), '12'],
    ['a change with its sign', f.change(1.43, 'm', 'vi'), '+1,43\u00a0m'],
    ['three figures without a rule', f.quantity(123.456, 'kPa', 'vi'), '123\u00a0kPa'],
  ]
  it.each(rows)('%s', (_, got, want) => expect(got).toBe(want))
})
describe('times', () => {
  it('shows the local zone', () => {
    expect(f.clock(T)).toBe('23:50:12')
    expect(f.date(T)).toBe('24/07/2027')
    expect(f.weekday(T, 'vi')).toBe('Thứ Bảy')
    expect(f.weekday(T, 'en')).toBe('Saturday')
  })
  it('turns the date at local midnight', () => {
    expect(f.date(Date.parse('2027-07-24T16:59:59.999Z'))).toBe('24/07/2027')
    expect(f.date(Date.parse('2027-07-24T17:00:00.000Z'))).toBe('25/07/2027')
  })
  it('gives the day when it is another day', () => {
    expect(f.moment(T, T)).toBe('23:50')
    expect(f.moment(T - 86_400_000, T)).toBe('23/07 23:50')
  })
})
describe('ages', () => {
  const rows: [number, string][] = [[12_400, '12\u00a0giây'], [59_999, '59\u00a0giây'], [60_000, '1\u00a0phút'], [26 * 60_000 + 59_999, '26\u00a0phút'], [3_600_000, '1\u00a0giờ'], [49 * 3_600_000, '2\u00a0ngày'], [-5, '0\u00a0giây']]
  it.each(rows)('%d ms is %s, floored', (ms, want) => expect(f.span(ms, 'vi')).toBe(want))
  it('counts time left upwards, so that nothing left means over', () => {
    expect(f.left(47_001, 'vi')).toBe('48\u00a0giây')
    expect(f.left(588_000, 'vi')).toBe('9\u00a0phút\u00a048')
    expect(f.left(0, 'vi')).toBe('0\u00a0giây')
  })
  it('names rule windows', () => {
    expect(f.window(3600, 'vi')).toBe('1\u00a0giờ')
    expect(f.window(300, 'vi')).toBe('5\u00a0phút')
    expect(f.window(1.5, 'vi')).toBe('1,5\u00a0giây')
    expect(f.window(60, 'en')).toBe('1\u00a0minute')
  })
})
it('uses the name colleagues use', () => expect(f.shortName('Lò Thị Hương')).toBe('Hương'))
