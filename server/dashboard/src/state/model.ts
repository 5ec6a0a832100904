// Everything the screens know, as one value; only reduce.ts makes a new one. Times are server time in ms.
import type { Bucket, Action, Advice, Alert, Device, Me, Point, Rule, Summary, Task, Unit } from '../wire/types'
import type { Lang } from '../wire/format'

export type Session = 'asking' | 'out' | 'password' | 'in'
export type Route = { page: 'duty' } | { page: 'devices' } | { page: 'device'; unit: string; device: string }
export interface Link {
  status: 'connecting' | 'live' | 'lost'
  since: number
  attempt: number
  latency_ms: number | null
  restored_at: number | null
  /** Alerts that came while the screen was blind, until they are selected. */
  missed: string[]
  /** How many there were at the return; the banner's number does not shrink as rows are read. */
  missed_total: number
}
/** An acknowledgement on its way; kept until the stream or the answer shows it. */
export interface Ack { phase: 'sending' | 'slow' | 'journaled' | 'failed'; at: number; why: string }
export interface Series { uom: string; points: Point[] }
export interface State {
  session: Session
  me: Me | null
  units: Unit[]
  unit: string
  route: Route
  lang: Lang
  link: Link
  /** Server time minus the browser's clock. */
  offset: number
  /** When each first snapshot came; without it nothing may be called empty. */
  first: { alerts: number | null; devices: number | null; actions: number | null }
  alerts: Record<string, Alert>
  devices: Record<string, Device>
  actions: Record<string, Action>
  tasks: Record<string, Task>
  summary: Summary | null
  rules: Rule[]
  series: Record<string, Series>
  advice: Record<string, Advice>
  advice_error: Record<string, string>
  selected: string | null
  order: string[]
  waiting: string[]
  hand: boolean
  acks: Record<string, Ack>
}
export type Keyed = 'alerts' | 'devices' | 'actions' | 'tasks' | 'summary'
export type Event =
  | { type: 'session'; session: Session; me?: Me | null }
  | { type: 'units'; units: Unit[]; unit: string }
  | { type: 'unit'; unit: string }
  | { type: 'route'; route: Route }
  | { type: 'lang'; lang: Lang }
  | { type: 'clock'; server: number; browser: number }
  | { type: 'link'; status: 'live' | 'lost'; attempt: number; at: number }
  | { type: 'latency'; ms: number }
  | { type: 'snapshot'; at: number; alerts?: Alert[]; devices?: Device[]; actions?: Action[]; tasks?: Task[]; summary?: Summary }
  | { type: 'delta'; channel: Keyed; alerts?: Alert[]; devices?: Device[]; actions?: Action[]; tasks?: Task[]; summary?: Summary; remove: string[] }
  | { type: 'rules'; rules: Rule[] }
  | { type: 'series'; key: string; series: Series }
  | { type: 'reading'; key: string; point: Point }
  | { type: 'advice'; alert: string; advice?: Advice; error?: string }
  | { type: 'select'; id: string }
  | { type: 'hand'; on: boolean }
  | { type: 'ack'; id: string; ack: Ack | null }

export const blankLink = (): Link => ({ status: 'connecting', since: 0, attempt: 0, latency_ms: null, restored_at: null, missed: [], missed_total: 0 })
export const blank = (lang: Lang = 'vi'): State => ({
  session: 'asking', me: null, units: [], unit: '', route: { page: 'duty' }, lang, link: blankLink(), offset: 0,
  first: { alerts: null, devices: null, actions: null }, alerts: {}, devices: {}, actions: {}, tasks: {}, summary: null,
  rules: [], series: {}, advice: {}, advice_error: {}, selected: null, order: [], waiting: [], hand: false, acks: {},
})
export type { Bucket }
