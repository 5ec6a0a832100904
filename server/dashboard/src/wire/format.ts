// Numbers, times and ages as an officer reads them. Fixed rules, no Intl: browsers have printed
// Vietnamese dates differently over the years. The zone is Asia/Ho_Chi_Minh, +07:00 without summer time.

export type Lang = 'vi' | 'en'
const ZONE_MS = 7 * 3_600_000
const two = (n: number): string => String(n).padStart(2, '0')
const local = (ms: number): Date => new Date(ms + ZONE_MS)

/** 1.234,5 in Vietnamese, 1,234.5 in English; a minus is U+2212; always `digits` decimals. */
export function decimal(value: number, digits: number, lang: Lang): string {
  const fixed = Math.abs(value).toFixed(digits)
  const [whole = '0', part] = fixed.split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, lang === 'vi' ? '.' : ',')
  const sign = value < 0 && Number(fixed) !== 0 ? '\u2212' : ''
  return sign + grouped + (part === undefined ? '' : (lang === 'vi' ? ',' : '.') + part)
}

const DIGITS: Record<string, number> = { m: 2, mm: 1, '%': 0, Cel: 1, V: 0, A: 1, W: 0, kW: 1, kWh: 1, 'W.h': 0, 'g/L': 1, '1': 0, dBm: 0, 'dB[mW]': 0 }
/** Decimals to show for a unit; without a rule, three significant figures. */
export function digits(unit: string, value: number): number {
  const fixed = DIGITS[unit] ?? (unit.startsWith('mm') ? 1 : undefined)
  if (fixed !== undefined) return fixed
  if (Number.isInteger(value)) return 0
  const size = Math.abs(value)
  return size >= 100 ? 0 : size >= 10 ? 1 : 2
}

const UNITS: Record<string, string> = {
  Cel: '°C', 'm3/s': 'm³/s', 'm3': 'm³', 'ug/m3': 'µg/m³', '1': '', 'dB[mW]': 'dBm', 'W.h': 'Wh', 'kW.h': 'kWh', deg: '°', 'mm/10min': 'mm/10 phút', var: 'var', '[pH]': 'pH',
}
/** A UCUM code as people write it; annotations in braces are counts and carry no sign. */
export const unitText = (ucum: string): string => UNITS[ucum] ?? (ucum.startsWith('{') ? '' : ucum)

/** A value with its unit and a no-break space between them. */
export function quantity(value: number, ucum: string, lang: Lang): string {
  const sign = unitText(ucum)
  return decimal(value, digits(ucum, value), lang) + (sign === '' ? '' : `\u00a0${sign}`)
}
/** The same with a plus or minus in front, for changes. */
export const change = (value: number, ucum: string, lang: Lang, places = digits(ucum, value)): string => {
  const sign = unitText(ucum)
  return (value > 0 ? '+' : '') + decimal(value, places, lang) + (sign === '' ? '' : `\u00a0${sign}`)
}

export function clock(ms: number): string {
  const d = local(ms)
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`
}
export const hour = (ms: number): string => clock(ms).slice(0, 5)
export function date(ms: number): string {
  const d = local(ms)
  return `${two(d.getUTCDate())}/${two(d.getUTCMonth() + 1)}/${d.getUTCFullYear()}`
}
const DAYS: Record<Lang, string[]> = {
  vi: ['Chủ Nhật', 'Thứ Hai', 'Thứ Ba', 'Thứ Tư', 'Thứ Năm', 'Thứ Sáu', 'Thứ Bảy'],
  en: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
}
export const weekday = (ms: number, lang: Lang): string => DAYS[lang][local(ms).getUTCDay()] ?? ''
/** Hour alone on the same day as `now`, else date and hour. */
export const moment = (ms: number, now: number): string => (date(ms) === date(now) ? hour(ms) : `${date(ms).slice(0, 5)} ${hour(ms)}`)
/** 0..23 in the local zone; night theme and quiet hours depend on it. */
export const localHour = (ms: number): number => local(ms).getUTCHours()

const NAMES: Record<Lang, [string, string, string, string]> = {
  vi: ['giây', 'phút', 'giờ', 'ngày'],
  en: ['seconds', 'minutes', 'hours', 'days'],
}
const word = (n: number, i: 0 | 1 | 2 | 3, lang: Lang): string => {
  const name = NAMES[lang][i]
  return `${n}\u00a0${lang === 'en' && n === 1 ? name.slice(0, -1) : name}`
}
/** A duration in its largest whole unit, floored: 26 minutes until 27 are full. */
export function span(ms: number, lang: Lang): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return word(s, 0, lang)
  if (s < 3600) return word(Math.floor(s / 60), 1, lang)
  if (s < 48 * 3600) return word(Math.floor(s / 3600), 2, lang)
  return word(Math.floor(s / 86400), 3, lang)
}
/** A duration that is a round number of something: 3600 s is "1 giờ", 90 s is "90 giây". */
export function window(seconds: number, lang: Lang): string {
  if (seconds >= 3600 && seconds % 3600 === 0) return word(seconds / 3600, 2, lang)
  if (seconds >= 60 && seconds % 60 === 0) return word(seconds / 60, 1, lang)
  return word(Math.round(seconds * 10) / 10, 0, lang).replace('.', lang === 'vi' ? ',' : '.')
}
/** Time left: "48 giây", "9 phút 48". Rounded up, so that 0 means over. */
export function left(ms: number, lang: Lang): string {
  const s = Math.max(0, Math.ceil(ms / 1000))
  if (s < 60) return word(s, 0, lang)
  if (s < 3600) return s % 60 === 0 ? word(s / 60, 1, lang) : `${word(Math.floor(s / 60), 1, lang)}\u00a0${two(s % 60)}`
  return word(Math.floor(s / 3600), 2, lang)
}
/** The name a colleague uses: the last word of a Vietnamese full name. */
export const shortName = (full: string): string => full.trim().split(/\s+/).pop() ?? full
