// Draws everything of the hydrograph that is not the curve itself: rain from the top, thresholds, the
// hatched future, marks, the staff gauge, alert bands and acts under the axis. CSS pixels; `Frame` maps
// time and value to them. Pure drawing, no state.
import { SEVERITIES, type Point, type Severity } from '../wire/types'
import { hour, clock, decimal, digits, unitText, type Lang } from '../wire/format'
import { hatch, line, round, severityLine, shape, text, type Paint } from './canvas'

export interface Mark { t: number; v: number; severity: Severity; filled: boolean }
export interface Limit { value: number; label: string; severity: Severity }
export interface BandRow { label: string; spans: { from: number; to: number; severity: Severity }[] }
export interface HydroData {
  points: Point[]; uom: string
  rain: { points: Point[]; step_ms: number; label: string } | null
  others: { label: string; points: Point[] }[]
  limits: Limit[]; marks: Mark[]; rows: BandRow[]
  acts: { label: string; items: { t: number; text: string }[] }
  now: number; from: number; to: number; gauge: boolean; lang: Lang
}
export interface Frame {
  left: number; right: number; top: number; bottom: number; width: number
  x(t: number): number
  y(v: number): number
  value_at_top: number; value_at_bottom: number
}
type C = CanvasRenderingContext2D

export const BAND = 15
export const under = (d: HydroData): number => 27 + d.rows.length * BAND + (d.acts.items.length > 0 ? BAND + 2 : 0)

/** On a low screen the bands give way, the least severe first: the curve stays readable. */
export function fit(d: HydroData, height: number): HydroData {
  const worst = (r: BandRow): number => Math.max(...r.spans.map((s) => SEVERITIES.indexOf(s.severity)))
  let out = d
  while (height - under(out) < 125 && out.rows.length > 0) {
    const least = out.rows.reduce((m, r) => (worst(r) < worst(m) ? r : m))
    out = { ...out, rows: out.rows.filter((r) => r !== least) }
  }
  return out
}

/** Range of the scale: the data, every threshold up to the nearest above, room for rain, a smallest span. */
export function range(d: HydroData): [number, number] {
  const seen = [...d.points, ...d.others.flatMap((o) => o.points)].filter((p) => p[1] !== null && p[0] >= d.from).map((p) => p[1]!)
  if (seen.length === 0) seen.push(...d.limits.map((l) => l.value))
  if (seen.length === 0) return [0, 1]
  let lo = Math.min(...seen)
  let hi = Math.max(...seen)
  const above = d.limits.filter((l) => l.value >= hi).map((l) => l.value)
  if (above.length > 0) hi = Math.min(...above)
  hi = Math.max(hi, ...d.limits.filter((l) => l.value <= hi).map((l) => l.value), lo)
  lo = Math.min(lo, ...d.limits.filter((l) => l.value < lo && lo - l.value < (hi - lo) * 0.5).map((l) => l.value))
  const smallest = d.uom === 'm' ? 1 : Math.max(Math.abs(hi) * 0.1, 1e-3)
  if (hi - lo < smallest) {
    const mid = (hi + lo) / 2
    lo = mid - smallest / 2
    hi = mid + smallest / 2
  }
  const size = hi - lo
  return [lo - size * 0.06, hi + size * (d.rain ? 0.5 : 0.18)]
}

/** Steps of 1, 2 or 5 times a power of ten that leave about four lines. */
export function steps(lo: number, hi: number, wanted = 4): number[] {
  const raw = (hi - lo) / wanted
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.85) ?? power * 10
  const out: number[] = []
  for (let v = Math.ceil(lo / step) * step; v <= hi + step * 1e-6; v += step) out.push(Math.round(v / step) * step)
  return out
}
/** Whole divisions of the clock that leave four to six labels. */
export function ticks(from: number, to: number): { times: number[]; seconds: boolean } {
  const every = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400].find((s) => (to - from) / 1000 / s <= 5.5) ?? 86400
  const zone = 7 * 3_600_000
  const times: number[] = []
  for (let t = Math.ceil((from + zone) / 1000 / every) * every * 1000 - zone; t <= to; t += every * 1000) times.push(t)
  return { times, seconds: every < 60 }
}

export function behind(c: C, p: Paint, f: Frame, d: HydroData): void {
  const now = Math.min(f.right, f.x(d.now))
  hatch(c, p('ink3'), now, f.top, f.right - now, f.bottom - f.top)
  const values = steps(f.value_at_bottom, f.value_at_top)
  const whole = values.every((v) => Number.isInteger(v))
  const shown = values.filter((v) => f.y(v) > f.top + 20 && f.y(v) < f.bottom)
  shown.forEach((v, i) => {
    line(c, f.left, f.y(v), f.right, f.y(v), p('line'))
    const words = decimal(v, whole ? 0 : Math.max(1, digits('', v)), d.lang)
    const unit = unitText(d.uom)
    text(c, i === shown.length - 1 && unit ? `${words} ${unit}` : words, f.left - 8, f.y(v) + 4.3, { fill: p('ink3'), align: 'right' })
  })
  if (d.rain) rain(c, p, f, d.rain, d)
}

function rain(c: C, p: Paint, f: Frame, r: NonNullable<HydroData['rain']>, d: HydroData): void {
  const inside = r.points.filter((q) => q[1] !== null && q[0] + r.step_ms > d.from && q[0] - r.step_ms < d.now)
  const peak = inside.reduce<Point | null>((m, q) => (m === null || q[1]! > m[1]! ? q : m), null)
  if (!peak || peak[1]! <= 0) return
  const scale = ((f.bottom - f.top) * 0.224) / peak[1]!
  c.fillStyle = p('rain')
  // A reading tells what fell in the step before it.
  for (const q of inside) {
    const x1 = Math.max(f.left, f.x(q[0] - r.step_ms) + 1)
    const x2 = Math.min(f.x(d.now), f.x(q[0]) - 1)
    if (x2 > x1 && q[1]! > 0) c.fillRect(x1, f.top, x2 - x1, Math.max(1, q[1]! * scale))
  }
  const mid = f.x(peak[0] - r.step_ms / 2)
  if (mid > f.left + 110 && mid < f.right && f.right - f.left > 330) text(c, decimal(peak[1]!, 1, d.lang), mid, f.top + peak[1]! * scale + 12, { fill: p('ink3'), align: 'center' })
  // Beside the label of a threshold that runs at this height, not on it.
  const taken = d.limits.some((l) => Math.abs(f.y(l.value) - 5 - (f.top + 30)) < 15)
  text(c, r.label, f.left + (taken ? 84 : 6), f.top + 30, { fill: p('ink3'), halo: p('s1') })
}

/** The water under the curve, before the thresholds: a line that is passed must stay visible. */
function water(c: C, p: Paint, f: Frame, d: HydroData): void {
  c.save()
  c.beginPath()
  c.rect(f.left, f.top, f.right - f.left, f.bottom - f.top)
  c.clip()
  c.fillStyle = p('water')
  let run: [number, number][] = []
  const flush = (): void => {
    if (run.length > 1) {
      c.beginPath()
      c.moveTo(run[0]![0], f.bottom)
      for (const [x, y] of run) c.lineTo(x, y)
      c.lineTo(run.at(-1)![0], f.bottom)
      c.fill()
    }
    run = []
  }
  for (const q of d.points) {
    if (q[1] === null) flush()
    else run.push([f.x(q[0]), f.y(q[1])])
  }
  const last = run.at(-1)
  if (last && holds(d)) run.push([f.x(d.now), last[1]])
  flush()
  c.restore()
}
/** The newest value holds until now, as the server holds it, unless it is long past. */
export const holds = (d: HydroData): boolean => {
  const last = d.points.at(-1)
  return last !== undefined && last[1] !== null && last[0] < d.now && d.now - last[0] < (d.now - d.from) / 3
}

export function middle(c: C, p: Paint, f: Frame, d: HydroData): void {
  water(c, p, f, d)
  for (const o of d.others) {
    c.save()
    c.strokeStyle = p('ink3')
    c.lineWidth = 1.5
    c.setLineDash([2, 4])
    c.beginPath()
    let pen = false
    for (const q of o.points) {
      if (q[1] === null || q[0] < d.from) { pen = false; continue }
      if (pen) c.lineTo(f.x(q[0]), f.y(q[1]))
      else c.moveTo(f.x(q[0]), f.y(q[1]))
      pen = true
    }
    const last = o.points.at(-1)
    if (pen && last && last[1] !== null) c.lineTo(Math.min(f.x(d.now), f.right), f.y(last[1]))
    c.stroke()
    c.restore()
  }
  for (const l of d.limits) {
    const y = f.y(l.value)
    if (y < f.top + 2 || y > f.bottom) continue
    severityLine(c, p, l.severity, f.left, f.right + 6, y)
    text(c, l.label, f.left + 6, y - 5, { fill: p('ink'), weight: 600, halo: p('s1') })
  }
}

export function front(c: C, p: Paint, f: Frame, d: HydroData): void {
  suspect(c, p, f, d)
  d.others.forEach((o, i) => {
    const last = o.points.at(-1)
    if (last && last[1] !== null) text(c, o.label, f.x(d.now) - 9.5, Math.min(f.bottom - 4, f.y(last[1]) - 6) - i * 16, { fill: p('ink2'), align: 'right', halo: p('water') })
  })
  for (const m of d.marks) if (!m.filled && m.t >= d.from) shape(c, p, m.severity, f.x(m.t), f.y(m.v), 15, false)
  const now = f.x(d.now)
  if (now <= f.right) line(c, now, f.top, now, f.bottom + 4, p('ink2'))
  for (const m of d.marks) if (m.filled && m.t >= d.from) shape(c, p, m.severity, f.x(m.t), f.y(m.v), 18.5, true)
  axis(c, p, f, d)
  if (d.gauge) gauge(c, p, f, d)
  rows(c, p, f, d)
}

/** Suspect readings stand dotted on the line, so that doubt is seen where it lies. */
function suspect(c: C, p: Paint, f: Frame, d: HydroData): void {
  c.fillStyle = p('ink')
  for (const q of d.points) {
    if (q[1] === null || q[0] < d.from || q[2] === 'good' || q[2] === '') continue
    c.beginPath()
    c.arc(f.x(q[0]), f.y(q[1]), q[2] === 'late' ? 3 : 2.4, 0, 7)
    if (q[2] === 'late') { c.strokeStyle = p('ink'); c.lineWidth = 1.4; c.stroke() } else c.fill()
  }
}

function axis(c: C, p: Paint, f: Frame, d: HydroData): void {
  const { times, seconds } = ticks(d.from, d.to)
  const words = (t: number): string => (seconds ? clock(t) : hour(t))
  const now = f.x(d.now)
  const room = seconds ? 58 : 40
  for (const t of times) {
    const x = f.x(t)
    line(c, x, f.bottom, x, f.bottom + 4, p('line2'))
    if (Math.abs(x - now) < room) continue
    const align = x < f.left + 16 ? 'left' : x > f.right - 14 ? 'right' : 'center'
    text(c, words(t), x, f.bottom + 18, { fill: p('ink3'), align })
  }
  text(c, words(d.now), now, f.bottom + 18, { fill: p('ink'), weight: 600, align: now > f.width - 20 ? 'right' : 'center' })
}

function gauge(c: C, p: Paint, f: Frame, d: HydroData): void {
  const x = f.right + 24
  const w = 26
  const last = [...d.points].reverse().find((q) => q[1] !== null)
  c.fillStyle = p('s3')
  round(c, x, f.top, w, f.bottom - f.top, 3)
  c.fill()
  if (last) {
    const y = Math.max(f.top, Math.min(f.bottom, f.y(last[1]!)))
    c.save()
    c.globalAlpha = 0.55
    c.fillStyle = p('water-line')
    c.beginPath()
    c.roundRect(x, y, w, f.bottom - y, [0, 0, 3, 3])
    c.fill()
    c.restore()
  }
  const minor = (steps(f.value_at_bottom, f.value_at_top)[1]! - steps(f.value_at_bottom, f.value_at_top)[0]!) / 10
  c.save()
  c.globalAlpha = 0.8
  for (let i = Math.ceil(f.value_at_bottom / minor); i * minor < f.value_at_top; i++) {
    const y = f.y(i * minor)
    if (y > f.bottom - 1 || y < f.top + 1) continue
    const long = i % 5 === 0
    line(c, x + (long ? 13 : 18.7), y, x + w, y, p('ink2'), long ? 1.4 : 0.8)
  }
  c.restore()
  for (const l of d.limits) {
    const y = f.y(l.value)
    if (y < f.top || y > f.bottom) continue
    line(c, x - 2, y, x + w + 2, y, p(`line-${l.severity}`), 2)
    shape(c, p, l.severity, x - 9, y, 12, true)
  }
  if (last) {
    const y = f.y(last[1]!)
    c.fillStyle = p('ink')
    c.beginPath()
    c.moveTo(x + w + 3, y)
    c.lineTo(x + w + 11, y - 5)
    c.lineTo(x + w + 11, y + 5)
    c.fill()
  }
}

function rows(c: C, p: Paint, f: Frame, d: HydroData): void {
  let y = f.bottom + 27
  for (const row of d.rows) {
    const start = Math.min(...row.spans.map((s) => Math.max(f.left, f.x(s.from))))
    const width = (c.font = '500 12px "IOC Sans"', c.measureText(row.label).width)
    const fits = start - 6 - width > f.left
    for (const s of row.spans) {
      const x1 = Math.max(f.left, f.x(s.from))
      const x2 = Math.min(f.x(d.now), f.x(s.to))
      const short = x2 - x1 < 5
      c.fillStyle = p(`sev-${s.severity}`)
      c.strokeStyle = p('edge')
      c.lineWidth = 0.6
      round(c, short ? Math.min(x1, x2) - 1 : x1, y - (short ? 1 : 0), short ? 5 : x2 - x1 - 1, short ? 11 : 9, 1.5)
      c.fill()
      c.stroke()
    }
    if (fits) text(c, row.label, start - 6, y + 8.5, { fill: p('ink3'), align: 'right' })
    else text(c, row.label, f.left, y + 8.5, { fill: p('ink2'), halo: p('s1') })
    y += BAND
  }
  if (d.acts.items.length === 0) return
  const first = Math.max(f.left, f.x(d.acts.items[0]!.t))
  if (first > f.left + 50) text(c, d.acts.label, first - 6, y + 11, { fill: p('ink3'), align: 'right' })
  let free = -1
  for (const a of d.acts.items) {
    const x = Math.max(f.left, f.x(a.t))
    line(c, x, y, x, y + 13, p('ink'), 2.5)
    c.font = '500 12px "IOC Sans"'
    const wide = c.measureText(a.text).width
    if (x + 7 < free) continue
    const at = x + 7 + wide > f.width ? f.width - wide : x + 7
    if (at < x + 6 && at < free) continue
    if (at < x + 6) text(c, a.text, x - 6, y + 11, { fill: p('ink2'), align: 'right', halo: p('s1') })
    else text(c, a.text, at, y + 11, { fill: p('ink2') })
    free = at + wide + 10
  }
}
