// Map symbols drawn on a canvas at twice the size: a ringed glyph, the severity shape at its upper right,
// a cross for no answer, a question mark for unknown. The name of an image says all it shows.
import type { Severity } from '../wire/types'
import type { MapMark } from '../state/map_view'
import { FONT, shape, type Paint } from './canvas'
import { GLYPHS, glyphOf, type Glyph } from './shapes'

export const RATIO = 2
const SIZE = 44
export const iconName = (m: MapMark, theme: string): string =>
  [theme, glyphOf(m.type), m.ring, m.failed ? 'x' : '', m.severity ?? '', m.filled ? 'f' : 'h'].join('|')

export function icon(name: string, p: Paint): ImageData {
  const [, glyph, ring, failed, severity, filled] = name.split('|') as [string, Glyph, MapMark['ring'], string, Severity | '', string]
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIZE * RATIO
  const c = canvas.getContext('2d')!
  c.scale(RATIO, RATIO)
  const mid = SIZE / 2
  const r = severity === 'emergency' && filled === 'f' ? 12 : 10
  c.beginPath()
  c.arc(mid, mid, r, 0, 7)
  c.fillStyle = p('s1')
  c.fill()
  c.strokeStyle = p('ink2')
  c.lineWidth = 1.3
  if (ring !== 'good') c.setLineDash([3, 2.6])
  c.stroke()
  c.setLineDash([])
  c.save()
  c.translate(mid - 6.5, mid - 6.5)
  c.scale(0.65, 0.65)
  c.strokeStyle = p(ring === 'good' ? 'ink' : 'ink3')
  c.lineWidth = 2.1
  c.lineCap = c.lineJoin = 'round'
  c.stroke(new Path2D(GLYPHS[glyph] ?? GLYPHS.dot))
  c.restore()
  if (ring === 'unknown' && !failed) badge(c, p, mid - 9, mid - 8, '?')
  if (failed) badge(c, p, mid + 8, mid - 8, '')
  if (severity) shape(c, p, severity, mid + (failed ? 10 : r - 0.5), mid + (failed ? 8 : -r + 0.5), filled === 'f' ? 17 : 14, filled === 'f', `tint-${severity}`)
  return c.getImageData(0, 0, canvas.width, canvas.height)
}

function badge(c: CanvasRenderingContext2D, p: Paint, x: number, y: number, sign: string): void {
  c.beginPath()
  c.arc(x, y, 6, 0, 7)
  c.fillStyle = p('ink')
  c.fill()
  if (sign) {
    c.font = FONT(600, 10)
    c.fillStyle = p('bg')
    c.textAlign = 'center'
    c.fillText(sign, x, y + 3.6)
    return
  }
  c.strokeStyle = p('bg')
  c.lineWidth = 1.8
  c.beginPath()
  c.moveTo(x - 2.5, y - 2.5)
  c.lineTo(x + 2.5, y + 2.5)
  c.moveTo(x + 2.5, y - 2.5)
  c.lineTo(x - 2.5, y + 2.5)
  c.stroke()
}

/** A tile of 45-degree strokes that repeats without a seam. */
export function hatchTile(colour: string): ImageData {
  const n = 17
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = n
  const c = canvas.getContext('2d')!
  c.strokeStyle = colour
  c.globalAlpha = 0.6
  c.lineWidth = 3.4
  for (const k of [-n, 0, n]) {
    c.beginPath()
    c.moveTo(k - 2, n + 2)
    c.lineTo(k + n + 2, -2)
    c.stroke()
  }
  return c.getImageData(0, 0, n, n)
}
