import { beforeEach, describe, expect, it } from 'vitest'
import { Stream, type Timers } from '../src/wire/stream'

// A socket and a clock that the test moves by hand.
class Socket {
  readyState = 1
  sent: Record<string, unknown>[] = []
  onmessage: ((m: { data: string }) => void) | null = null
  onclose: ((e: { code: number }) => void) | null = null
  send(s: string) { this.sent.push(JSON.parse(s)) }
  close() { this.readyState = 3 }
  say(f: unknown) { this.onmessage?.({ data: JSON.stringify(f) }) }
  subscribed(channel: string) { return this.sent.filter((f) => f.type === 'subscribe' && f.channel === channel) }
}
let sockets: Socket[]
let log: string[]
let now: number
let due: { at: number; run: () => void; dead: boolean }[]
const timers: Timers = {
  now: () => now,
  after: (ms, run) => { const e = { at: now + ms, run, dead: false }; due.push(e); return e },
  cancel: (h) => { if (h) (h as { dead: boolean }).dead = true },
}
function pass(ms: number): void {
  const end = now + ms
  for (;;) {
    const next = due.filter((e) => !e.dead && e.at <= end).sort((a, b) => a.at - b.at)[0]
    if (!next) break
    next.dead = true
    now = next.at
    next.run()
  }
  now = end
}
const make = (): Stream => {
  const s = new Stream('ws://x', {
    status: (st, n) => log.push(`${st} ${n}`), hello: () => undefined, latency: (ms) => log.push(`latency ${ms}`), ended: () => log.push('ended'),
    snapshot: (c, tag, items) => log.push(`snapshot ${c} ${tag} ${items.length}`), delta: (c, tag, up, rm) => log.push(`delta ${c} ${tag} ${up.length} ${rm.join()}`),
  }, () => { const x = new Socket(); sockets.push(x); return x as unknown as WebSocket }, timers)
  s.want('alerts', 'alerts', { unit: '03478' })
  s.start()
  return s
}
beforeEach(() => { sockets = []; log = []; now = 1000; due = [] })

describe('stream', () => {
  it('subscribes after hello and passes snapshot and delta on', () => {
    make()
    const x = sockets[0]!
    expect(x.sent).toEqual([])
    x.say({ type: 'hello', protocol: 1, time: '2027-07-24T16:50:12Z' })
    const id = x.subscribed('alerts')[0]!.id
    expect(x.subscribed('alerts')[0]!.filter).toEqual({ unit: '03478' })
    x.say({ type: 'snapshot', id, seq: 41, items: [{}] })
    x.say({ type: 'delta', id, seq: 42, upsert: [{}], remove: ['k'] })
    expect(log).toEqual(['live 0', 'snapshot alerts alerts 1', 'delta alerts alerts 1 k'])
  })
  it('a hole in seq drops the delta and asks for a new snapshot', () => {
    make()
    const x = sockets[0]!
    x.say({ type: 'hello' })
    const id = x.subscribed('alerts')[0]!.id
    x.say({ type: 'snapshot', id, seq: 1, items: [] })
    x.say({ type: 'delta', id, seq: 3, upsert: [{}], remove: [] })
    expect(log.filter((l) => l.startsWith('delta'))).toEqual([])
    expect(x.sent.at(-2)).toEqual({ type: 'unsubscribe', id })
    expect(x.subscribed('alerts')).toHaveLength(2)
    x.say({ type: 'delta', id, seq: 4, upsert: [{}], remove: [] })
    expect(log.filter((l) => l.startsWith('delta'))).toEqual([])
  })
  it('15 s without a frame is lost, though the socket looks open', () => {
    make()
    sockets[0]!.say({ type: 'hello' })
    pass(14_900)
    expect(log).toEqual(['live 0'])
    pass(200)
    expect(log.at(-1)).toMatch(/^lost/)
    expect(sockets[0]!.readyState).toBe(3)
  })
  it('an answered probe keeps it alive and tells the latency', () => {
    make()
    const x = sockets[0]!
    x.say({ type: 'hello' })
    for (let i = 0; i < 6; i++) {
      pass(5_000)
      x.say({ type: 'snapshot', id: x.subscribed('summary').at(-1)!.id, seq: 1, items: [] })
    }
    expect(log.some((l) => l.startsWith('lost'))).toBe(false)
    expect(log.filter((l) => l.startsWith('latency')).length).toBeGreaterThan(3)
  })
  it('reconnects with growing waits and subscribes anew', () => {
    make()
    sockets[0]!.say({ type: 'hello' })
    sockets[0]!.onclose?.({ code: 1006 })
    for (let i = 0; i < 3; i++) { pass(8_000); sockets.at(-1)!.onclose?.({ code: 1006 }) }
    expect(log.filter((l) => l.startsWith('lost')).map((l) => Number(l.slice(5)))).toEqual([0, 1, 2, 3])
    pass(8_000)
    sockets.at(-1)!.say({ type: 'hello' })
    expect(log.at(-1)).toBe('live 0')
    expect(sockets.at(-1)!.subscribed('alerts')).toHaveLength(1)
  })
  it('a stopped stream stays stopped', () => {
    const s = make()
    sockets[0]!.say({ type: 'hello' })
    s.stop()
    pass(60_000)
    expect(sockets).toHaveLength(1)
  })
  it('an old socket that still talks is not heard', () => {
    make()
    const old = sockets[0]!
    old.say({ type: 'hello' })
    const id = old.subscribed('alerts')[0]!.id
    old.onclose?.({ code: 1006 })
    old.say({ type: 'snapshot', id, seq: 1, items: [{}] })
    expect(log.filter((l) => l.startsWith('snapshot'))).toEqual([])
  })
})
