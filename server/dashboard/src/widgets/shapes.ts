// The silhouettes: severities on a 24 grid, glyphs on a 20 grid. One table for SVG, canvas and map.
import type { Severity } from '../wire/types'

export const SEVERITY_PATH: Record<Severity, string> = {
  emergency: 'M7.7 2h8.6L22 7.7v8.6L16.3 22H7.7L2 16.3V7.7z',
  danger: 'M12 1.5 22.5 12 12 22.5 1.5 12z',
  warning: 'M12 2.5 22.8 21.5H1.2z',
  notice: 'M4 4h16v16H4z',
  info: 'M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0z',
}
/** Lines in charts: a threshold is told by its dash, not by its hue alone. */
export const SEVERITY_DASH: Record<Severity, number[]> = { emergency: [], danger: [8, 5], warning: [1.5, 4], notice: [2, 7], info: [1, 8] }

const LEVEL = 'M2 15c2 0 2 1.5 4 1.5s2-1.5 4-1.5 2 1.5 4 1.5 2-1.5 4-1.5M8 2v9.5M8 3.5h5M8 7.5h4'
export const GLYPHS = {
  speaker: 'M3 8v4h3l6 4V4L6 8zM15 7.2a4 4 0 0 1 0 5.6',
  siren: 'M6 14v-4a4 4 0 0 1 8 0v4zM4 17h12M10 2.5v1.2M3.6 5.2l.9.8M16.4 5.2l-.9.8',
  rain: 'M6 11a3.4 3.4 0 0 1-.3-6.8 4.6 4.6 0 0 1 8.8 1A2.9 2.9 0 0 1 14.3 11zM7 14l-1 3M10.5 14l-1 3M14 14l-1 3',
  level: LEVEL,
  person: 'M7 6.5a3 3 0 1 0 6 0a3 3 0 1 0-6 0zM4 17c.5-3.5 2.8-5 6-5s5.5 1.5 6 5',
  document: 'M5 2.5h6.500L15 6v11.500H5zM11.500 2.500V6H15M7.500 10h5M7.500 13h5',
  phone: 'M4 3.5h3l1.500 4-2 1.300a9 9 0 0 0 4.700 4.700l1.300-2 4 1.500v3c0 .8-.7 1-1.500 1A12 12 0 0 1 3 5c0-.8.2-1.500 1-1.500z',
  chat: 'M3 4h14v10H9l-4 3v-3H3zM6.500 9h.01M10 9h.01M13.500 9h.01',
  check: 'm4 10.500 4 4 8-9',
  cross: 'm5 5 10 10M15 5 5 15',
  minus: 'M5 10h10',
  clock: 'M3 10a7 7 0 1 0 14 0a7 7 0 1 0-14 0zM10 6v4l2.800 1.800',
  unlink: 'M8 12l-1.600 1.600a2.800 2.800 0 0 1-4-4L4.500 7.500M12 8l1.600-1.600a2.800 2.800 0 0 1 4 4L15.500 12.500M7.500 2.500 8 5M2.500 5 5 6M12.500 17.500 12 15M17.500 15 15 14',
  search: 'M3.500 9a5.500 5.500 0 1 0 11 0a5.500 5.500 0 1 0-11 0zm9.700 4.200 4 4',
  sound: 'M3 8v4h3l4 3.500v-11L6 8zM13 7.500a3.500 3.500 0 0 1 0 5M15.500 5a7 7 0 0 1 0 10',
  mute: 'M3 8v4h3l4 3.500v-11L6 8zM13 7.500l5 5M18 7.500l-5 5',
  moon: 'M16 12.500A7 7 0 0 1 7.500 4 7 7 0 1 0 16 12.500z',
  sun: 'M6.500 10a3.500 3.500 0 1 0 7 0a3.500 3.500 0 1 0-7 0zM10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18M4.300 4.300l1.100 1.100M14.600 14.600l1.100 1.100M4.300 15.700l1.100-1.100M14.600 5.400l1.100-1.100',
  pulse: 'M2 10h4l2-5 4 10 2-5h4',
  chevron: 'm8 5 5 5-5 5',
  lock: 'M5 9h10v8H5zM7 9V6.500a3 3 0 0 1 6 0V9',
  exit: 'M8 3H4v14h4M12 6l4 4-4 4M16 10H8',
  database: 'M4 5c0-1.400 2.700-2.500 6-2.500S16 3.600 16 5v10c0 1.400-2.700 2.500-6 2.500S4 16.400 4 15zM4 5c0 1.400 2.700 2.500 6 2.500S16 6.400 16 5M4 10c0 1.400 2.700 2.500 6 2.500s6-1.100 6-2.500',
  bolt: 'M11 2 5 11h4l-1 7 6-9h-4z',
  camera: 'M3 6h9v8H3zM12 9l5-2.500v7L12 11z',
  smoke: 'M4 9a6 6 0 0 1 12 0zM4 9h12M8 12c0 1.500 1.500 1.500 1.500 3S8 16.500 8 18M12 12c0 1.500 1.500 1.500 1.500 3s-1.500 1.500-1.500 3',
  door: 'M5 2.500h10v15H5zM12 10h.01',
  network: 'M3 12h14v5H3zM6 14.500h.01M9 14.500h.01M10 12V8M5.500 6a6.500 6.500 0 0 1 9 0M7.500 8a3.500 3.500 0 0 1 5 0',
  drop: 'M10 2.500c3 4 4.500 6.200 4.500 8.800a4.500 4.500 0 0 1-9 0c0-2.600 1.500-4.800 4.500-8.800z',
  dot: 'M7 10a3 3 0 1 0 6 0a3 3 0 1 0-6 0z',
  task: 'M4 4h12v13H4zM7.500 2.500h5V5h-5zM7 10.500l2 2 4-4',
} as const
export type Glyph = keyof typeof GLYPHS

/** The glyph of a device type; an unknown type is a dot, never somebody else's sign. */
export function glyphOf(type: string): Glyph {
  if (/siren/.test(type)) return 'siren'
  if (/speaker/.test(type)) return 'speaker'
  if (/rain/.test(type)) return 'rain'
  if (/level|reservoir/.test(type)) return 'level'
  if (/smoke|fire/.test(type)) return 'smoke'
  if (/camera|people|crowd/.test(type)) return 'camera'
  if (/door|gate/.test(type)) return 'door'
  if (/meter_?water|salin|pump|water/.test(type)) return 'drop'
  if (/power|energy|transformer|ups|plug|light/.test(type)) return 'bolt'
  if (/network|switch|router|gateway|link/.test(type)) return 'network'
  return 'dot'
}
export function stepGlyph(kind: string, command: string | null, text: string): Glyph {
  if (kind === 'command') {
    if (/siren/.test(command ?? '')) return 'siren'
    if (/speaker|broadcast/.test(command ?? '')) return 'speaker'
    if (/zalo|sms|chat|message/.test(command ?? '')) return 'chat'
    return 'bolt'
  }
  if (kind === 'task') return 'person'
  if (/gọi|112|call|báo /i.test(text)) return 'phone'
  return /quyết định|dự thảo|biên bản|phiếu|decision|draft/i.test(text) ? 'document' : 'task'
}
