// The WebSocket client of /api/v1/stream. Owns one socket and the wanted subscriptions; subscribes anew
// after each reconnect; a hole in a subscription's seq asks for a new snapshot. A browser cannot see
// WebSocket pings, so it probes by subscribing to `summary`: an answer proves the server alive and
// gives the latency. 15 s without any frame is "lost", even if the socket looks open.
import { time } from './parse'

export type Channel = 'alerts' | 'devices' | 'summary' | 'actions' | 'tasks' | 'readings'
export interface StreamEvents {
  status(status: 'live' | 'lost', attempt: number): void
  hello(serverTime: number | null): void
  latency(ms: number): void
  snapshot(channel: Channel, tag: string, items: unknown[]): void
  delta(channel: Channel, tag: string, upsert: unknown[], remove: string[]): void
  /** The server refused the socket for want of a session. */
  ended(): void
}
interface Sub { channel: Channel; tag: string; filter: Record<string, unknown>; id: number; seq: number | null }
export interface Timers {
  now(): number
  after(ms: number, run: () => void): unknown
  cancel(handle: unknown): void
}
const REAL: Timers = { now: () => Date.now(), after: (ms, run) => setTimeout(run, ms), cancel: (h) => clearTimeout(h as ReturnType<typeof setTimeout>) }
const PROBE_MS = 5_000
const SILENCE_MS = 15_000
const BACKOFF_MS = [250, 500, 1_000, 2_000, 4_000, 8_000]

export class Stream {
  private socket: WebSocket | null = null
  private subs = new Map<string, Sub>()
  private probes = new Map<number, number>()
  private next = 1
  private attempt = 0
  private heard = 0
  private stopped = true
  private tick: unknown = null
  private retry: unknown = null

  constructor(private url: string, private on: StreamEvents, private open: (url: string) => WebSocket = (u) => new WebSocket(u), private timers: Timers = REAL) {}

  start(): void {
    this.stopped = false
    this.connect()
  }

  stop(): void {
    this.stopped = true
    this.timers.cancel(this.tick)
    this.timers.cancel(this.retry)
    this.subs.clear()
    this.drop()
  }

  /** `tag` names the subscription for its owner; the same tag again replaces it. */
  want(tag: string, channel: Channel, filter: Record<string, unknown>): void {
    this.leave(tag)
    const sub: Sub = { channel, tag, filter, id: 0, seq: null }
    this.subs.set(tag, sub)
    this.subscribe(sub)
  }

  leave(tag: string): void {
    const sub = this.subs.get(tag)
    if (!sub) return
    this.subs.delete(tag)
    if (sub.id > 0) this.send({ type: 'unsubscribe', id: sub.id })
  }

  private connect(): void {
    this.attempt += 1
    this.heard = this.timers.now()
    const socket = this.open(this.url)
    this.socket = socket
    socket.onmessage = (m) => socket === this.socket && this.frame(String(m.data))
    socket.onclose = (e) => {
      if (socket !== this.socket) return
      if (e.code === 4401 || e.code === 1008) this.on.ended()
      this.lost()
    }
    this.watch()
  }

  private watch(): void {
    this.timers.cancel(this.tick)
    this.tick = this.timers.after(PROBE_MS, () => {
      if (this.timers.now() - this.heard >= SILENCE_MS) return this.lost()
      if (this.socket?.readyState === 1) this.probe()
      this.watch()
    })
  }

  private probe(): void {
    const id = this.next++
    this.probes.set(id, this.timers.now())
    const unit = this.subs.get('summary')?.filter
    this.send({ type: 'subscribe', id, channel: 'summary', filter: unit ?? {} })
  }

  private lost(): void {
    this.drop()
    if (this.stopped) return
    this.timers.cancel(this.tick)
    this.timers.cancel(this.retry)
    this.on.status('lost', this.attempt)
    const wait = BACKOFF_MS[Math.min(this.attempt, BACKOFF_MS.length - 1)]!
    this.retry = this.timers.after(wait, () => this.stopped || this.connect())
  }

  private drop(): void {
    const socket = this.socket
    this.socket = null
    this.probes.clear()
    for (const sub of this.subs.values()) sub.id = 0
    if (socket && socket.readyState <= 1) socket.close()
  }

  private send(frame: unknown): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame))
  }

  private subscribe(sub: Sub): void {
    if (this.socket?.readyState !== 1) return
    sub.id = this.next++
    sub.seq = null
    this.send({ type: 'subscribe', id: sub.id, channel: sub.channel, filter: sub.filter })
  }

  private frame(data: string): void {
    this.heard = this.timers.now()
    let f: Record<string, unknown>
    try {
      f = JSON.parse(data) as Record<string, unknown>
    } catch {
      return
    }
    const id = typeof f.id === 'number' ? f.id : -1
    if (f.type === 'hello') {
      this.attempt = 0
      this.on.hello(time(f.time))
      this.on.status('live', 0)
      for (const sub of this.subs.values()) this.subscribe(sub)
      this.probe()
      return
    }
    const asked = this.probes.get(id)
    if (asked !== undefined) {
      this.probes.delete(id)
      this.on.latency(this.timers.now() - asked)
      if (f.type === 'snapshot') this.send({ type: 'unsubscribe', id })
      return
    }
    const sub = [...this.subs.values()].find((s) => s.id === id)
    if (!sub) return
    const seq = typeof f.seq === 'number' ? f.seq : null
    if (f.type === 'snapshot') {
      sub.seq = seq
      this.on.snapshot(sub.channel, sub.tag, Array.isArray(f.items) ? f.items : [])
    } else if (f.type === 'delta') {
      if (sub.seq !== null && seq !== sub.seq + 1) {
        this.send({ type: 'unsubscribe', id: sub.id })
        return this.subscribe(sub)
      }
      sub.seq = seq
      this.on.delta(sub.channel, sub.tag, Array.isArray(f.upsert) ? f.upsert : [], Array.isArray(f.remove) ? f.remove.map(String) : [])
    }
  }
}
