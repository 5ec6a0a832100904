// The HTTP calls of /api/v1. Same origin, session cookie. A refused call throws `Problem` with the
// server's own sentence; a lost connection throws `Problem` with status 0.
import * as parse from './parse'
import type * as T from './types'

/** RFC 9457 answer. `title` is the server's Vietnamese sentence, `instance` the id to quote. */
export class Problem extends Error {
  constructor(readonly status: number, readonly title: string, readonly body: Record<string, unknown> = {}) {
    super(title)
  }
  get instance(): string {
    return typeof this.body.instance === 'string' ? this.body.instance : ''
  }
}

const BASE = '/api/v1'
const DEADLINE_MS = 15_000

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  if (method !== 'GET') headers['Idempotency-Key'] = uuid()
  let answer: Response
  let text: string
  try {
    answer = await fetch(BASE + path, {
      method, headers, credentials: 'same-origin', cache: 'no-store', body: body === undefined ? null : JSON.stringify(body), signal: AbortSignal.timeout(DEADLINE_MS),
    })
    text = await answer.text()
  } catch {
    throw new Problem(0, '')
  }
  let json: unknown = null
  try {
    json = text === '' ? null : JSON.parse(text)
  } catch {
    if (answer.ok) throw new Problem(answer.status, '')
  }
  if (!answer.ok) {
    const retry = answer.headers.get('Retry-After')
    const problem = { ...(json as Record<string, unknown> | null), ...(retry === null ? {} : { retry_after: Number(retry) }) }
    throw new Problem(answer.status, String(parse.field(json, 'title') ?? ''), problem)
  }
  return { status: answer.status, json }
}

// randomUUID exists only on https and localhost; a console may be opened by address on a closed network.
function uuid(): string {
  const b = crypto.getRandomValues(new Uint8Array(16))
  b[6] = (b[6]! & 0x0f) | 0x40
  b[8] = (b[8]! & 0x3f) | 0x80
  const hex = [...b].map((x) => x.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const get = async (path: string): Promise<unknown> => (await call('GET', path)).json
const query = (q: Record<string, string | number | undefined>): string => {
  const set = Object.entries(q).filter((e): e is [string, string | number] => e[1] !== undefined)
  return set.length === 0 ? '' : `?${new URLSearchParams(set.map(([k, v]) => [k, String(v)]))}`
}
const need = <R>(x: R | null): R => {
  if (x === null) throw new Problem(502, '')
  return x
}

export const login = async (user: string, password: string): Promise<T.Me> => {
  const { json } = await call('POST', '/session', { user, password })
  return need(parse.me(parse.field(json, 'me')))
}
export const logout = async (): Promise<void> => void (await call('DELETE', '/session'))
export const me = async (): Promise<T.Me> => need(parse.me(await get('/me')))
export const password = async (old: string, fresh: string): Promise<void> => void (await call('POST', '/me/password', { old, new: fresh }))
export const units = async (): Promise<T.Unit[]> => parse.items(await get('/units'), parse.unit)
export const rules = async (unit: string): Promise<T.Rule[]> => parse.items(await get(`/rules${query({ unit })}`), parse.rule)
export const advice = async (alert: string): Promise<T.Advice> => parse.advice(await get(`/alerts/${alert}/advice`))
export const tasks = async (unit: string): Promise<T.Task[]> => parse.items(await get(`/tasks${query({ unit })}`), parse.task)
export const device = async (unit: string, id: string): Promise<T.Device> => need(parse.device(await get(`/devices/${unit}/${encodeURIComponent(id)}`)))
export const geo = async (unit: string): Promise<GeoJSON.FeatureCollection> => (await get(`/geo/${unit}`)) as GeoJSON.FeatureCollection

/** The alert as it now is; `journaled` = answered 202, synced to the journal but not in the database yet. */
export async function ack(alert: string): Promise<{ alert: T.Alert | null; journaled: boolean }> {
  const { status, json } = await call('POST', `/alerts/${alert}/ack`, {})
  return { alert: parse.alert(json), journaled: status === 202 }
}
export const close = async (alert: string, reason: string): Promise<T.Alert | null> => parse.alert((await call('POST', `/alerts/${alert}/close`, { reason })).json)
export const comment = async (alert: string, text: string): Promise<T.Alert | null> => parse.alert((await call('POST', `/alerts/${alert}/comment`, { text })).json)
export const approve = async (recommendation: string): Promise<void> => void (await call('POST', `/recommendations/${recommendation}/approve`, {}))
export const reject = async (recommendation: string, reason: string): Promise<void> => void (await call('POST', `/recommendations/${recommendation}/reject`, { reason }))

interface Span { unit: string; device: string; metric: string; from: number; to: number }
/** About one for each pixel column of the widest chart. */
export const CHART_POINTS = 1500
const readingsPath = (s: Span, points: number): string =>
  `/readings${query({ unit: s.unit, device: s.device, metric: s.metric, from: new Date(s.from).toISOString(), to: new Date(s.to).toISOString(), points })}`

/** One series with no more points than can be drawn: single readings, or rolled up by the step (in seconds) that the server chose. */
export interface Series { uom: string; step: number; points: T.Point[] | T.Bucket[] }
export async function series(s: Span, most: number): Promise<Series> {
  const json = await get(readingsPath(s, most))
  const step = parse.field(json, 'step')
  const uom = String(parse.field(json, 'unit_of_measure') ?? '')
  const found = parse.field(json, 'points')
  return typeof step === 'number' && step > 0 ? { uom, step, points: parse.list(found, parse.bucket) } : { uom, step: 0, points: parse.list(found, parse.point) }
}
/** For a chart that goes on with live readings: where there are too many, the means of the steps stand for them. */
export async function readings(s: Span, most: number): Promise<{ uom: string; points: T.Point[] }> {
  const r = await series(s, most)
  return { uom: r.uom, points: r.points.map((p): T.Point => (p.length === 5 ? [p[0], p[2], 'good'] : p)) }
}
/** For a chart of lowest, mean and highest. */
export async function buckets(s: Span, most: number): Promise<{ uom: string; step: number; points: T.Bucket[] }> {
  const r = await series(s, most)
  return { uom: r.uom, step: r.step, points: r.points.map((p): T.Bucket => (p.length === 5 ? p : [p[0], p[1], p[1], p[1], 1])) }
}
