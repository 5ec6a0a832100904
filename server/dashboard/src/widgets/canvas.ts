// What both charts share on a canvas: colours from the tokens, severity shapes, hatching, text with a halo.
import type { Severity } from '../wire/types'
import { SEVERITY_DASH, SEVERITY_PATH } from './shapes'

export type Paint = (token: string) => string
/** Reads tokens once per drawing, so that a theme switch needs no other wiring. */
export function paint(): Paint {
  const style = getComputedStyle(document.documentElement)
  const seen = new Map<string, string>()
  return (token) => {
    let v = seen.get(token)
    if (v === undefined) seen.set(token, (v = style.getPropertyValue(`--${token}`).trim() || '#888'))
    return v
  }
}
export const FONT = (weight: 400 | 500 | 600, px = 12): string => `${weight} ${px}px "IOC Sans"`
/** Canvas text is drawn once: it must not be drawn before its fonts are there. */
export const fonts = (): Promise<unknown> =>
  Promise.all([400, 500, 600].flatMap((w) => [document.fonts.load(`${w} 12px "IOC Sans"`, 'Mực nước'), document.fonts.load(`${w} 12px "IOC Sans"`, '0123')])).catch(() => undefined)

const paths = new Map<Severity, Path2D>()
const path = (s: Severity): Path2D => {
  let p = paths.get(s)
  if (!p) paths.set(s, (p = new Path2D(SEVERITY_PATH[s])))
  return p
}
export function shape(c: CanvasRenderingContext2D, p: Paint, s: Severity, x: number, y: number, size: number, filled: boolean, back = 's1'): void {
  c.save()
  c.translate(x - size / 2, y - size / 2)
  c.scale(size / 24, size / 24)
  c.lineJoin = 'round'
  c.fillStyle = filled ? p(`sev-${s}`) : p(back)
  c.fill(path(s))
  c.lineWidth = ((filled ? 1.2 : 2.2) * 24) / size
  c.strokeStyle = filled ? p('edge') : p(`line-${s}`)
  c.stroke(path(s))
  c.restore()
}
export function line(c: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number, colour: string, width = 1, dash: number[] = []): void {
  c.save()
  c.strokeStyle = colour
  c.lineWidth = width
  c.setLineDash(dash)
  c.lineCap = dash.length > 0 ? 'round' : 'butt'
  c.beginPath()
  c.moveTo(x1, y1)
  c.lineTo(x2, y2)
  c.stroke()
  c.restore()
}
export const severityLine = (c: CanvasRenderingContext2D, p: Paint, s: Severity, x1: number, x2: number, y: number): void =>
  line(c, x1, y, x2, y, p(`line-${s}`), 1.6, SEVERITY_DASH[s])

export function text(c: CanvasRenderingContext2D, words: string, x: number, y: number, o: { fill: string; align?: CanvasTextAlign; weight?: 400 | 500 | 600; halo?: string }): void {
  c.save()
  c.font = FONT(o.weight ?? 500)
  c.textAlign = o.align ?? 'left'
  c.textBaseline = 'alphabetic'
  if (o.halo) {
    c.strokeStyle = o.halo
    c.lineWidth = 4
    c.lineJoin = 'round'
    c.strokeText(words, x, y)
  }
  c.fillStyle = o.fill
  c.fillText(words, x, y)
  c.restore()
}
/** Diagonal strokes clipped to a rectangle: "nothing known here". */
export function hatch(c: CanvasRenderingContext2D, colour: string, x: number, y: number, w: number, h: number, alpha = 0.16): void {
  if (w <= 0 || h <= 0) return
  c.save()
  c.beginPath()
  c.rect(x, y, w, h)
  c.clip()
  c.globalAlpha = alpha
  c.strokeStyle = colour
  c.lineWidth = 1.5
  c.beginPath()
  for (let k = -h; k < w + h; k += 8.5) {
    c.moveTo(x + k, y + h)
    c.lineTo(x + k + h, y)
  }
  c.stroke()
  c.restore()
}
export function round(c: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, r: number): void {
  c.beginPath()
  c.roundRect(x, y, Math.max(0.5, w), h, r)
}
