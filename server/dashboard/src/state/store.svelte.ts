// Joins the wire with the reducer and the browser: owns the state value, the stream and the timers.
// Screens read `store.s` and call its acts; nothing else changes state. One instance, made in main.ts.
import { untrack } from 'svelte'
import * as http from '../wire/http'
import * as parse from '../wire/parse'
import { Stream, type Channel } from '../wire/stream'
import type { Alert } from '../wire/types'
import type { Lang } from '../wire/format'
import { wanted } from './alarm'
import { seriesKey, type Subject } from './facts'
import { blank, type Event, type Keyed, type State } from './model'
import { unacked } from './order'
import { reduce } from './reduce'
import { parseRoute } from './route'
import { theme, type Theme } from './theme'
import { Sound, type SoundState } from '../widgets/sound'
import { say, t } from '../words'

const HAND_MS = 8_000
const SLOW_MS = 1_000
const ADVICE_AGAIN_MS = 15_000
const memory = {
  get: (key: string): string | null => { try { return localStorage.getItem(key) } catch { return null } },
  set: (key: string, value: string): void => { try { localStorage.setItem(key, value) } catch { /* private window: not kept */ } },
}

export class Store {
  s = $state.raw<State>(blank(memory.get('ioc.lang') === 'en' ? 'en' : 'vi'))
  /** Server time, moved every second. */
  now = $state(Date.now())
  theme = $state<Theme>('night')
  keysOn = $state(memory.get('ioc.keys') !== 'off')
  sound = $state<SoundState>('suspended')
  silencedFrom = $state<number | null>(null)
  private pinned: Theme | null = (memory.get('ioc.theme') as Theme | null) ?? null
  private speaker = new Sound((v) => { this.sound = v })
  private stream: Stream | null = null
  private hand: ReturnType<typeof setTimeout> | undefined
  private adviceTimer: ReturnType<typeof setTimeout> | undefined
  private adviceAsked = 0

  dispatch(e: Event): void {
    this.s = reduce(this.s, e)
  }
  get lang(): Lang {
    return this.s.lang
  }
  /** Read at once, never followed: an effect that asks the time must not run again with each state. */
  get serverNow(): number {
    return Date.now() + untrack(() => this.s.offset)
  }

  /** Begins: asks who is logged in, then opens the stream. Called once. */
  async start(): Promise<void> {
    addEventListener('hashchange', () => this.dispatch({ type: 'route', route: parseRoute(location.hash) }))
    this.dispatch({ type: 'route', route: parseRoute(location.hash) })
    const arm = (): void => { if (this.sound !== 'on') void this.speaker.arm() }
    addEventListener('pointerdown', arm)
    addEventListener('keydown', arm)
    setInterval(() => this.tick(), 1000)
    this.tick()
    await this.who()
  }

  private tick(): void {
    this.now = this.serverNow
    const emergency = Object.values(this.s.alerts).some((a) => a.severity === 'emergency' && unacked(a))
    this.theme = theme(this.theme, this.pinned, this.now, emergency)
    const root = document.documentElement
    if (root.dataset.theme !== this.theme) root.dataset.theme = this.theme
    if (root.lang !== this.s.lang) root.lang = this.s.lang
    this.speaker.want(this.s.session === 'in' ? wanted(this.s, this.silencedFrom, this.now) : null)
  }

  private async who(): Promise<void> {
    try {
      await this.enter(await http.me())
    } catch (e) {
      const status = (e as http.Problem).status
      if (status === 403) this.dispatch({ type: 'session', session: 'password' })
      else if (status === 401) this.dispatch({ type: 'session', session: 'out' })
      else setTimeout(() => void this.who(), 2000)
    }
  }

  async login(user: string, password: string): Promise<void> {
    await this.enter(await http.login(user, password))
  }
  async password(old: string, fresh: string): Promise<void> {
    await http.password(old, fresh)
    await this.enter(await http.me())
  }
  async logout(): Promise<void> {
    await http.logout().catch(() => undefined)
    this.stream?.stop()
    this.stream = null
    this.dispatch({ type: 'session', session: 'out', me: null })
  }

  private async enter(me: NonNullable<State['me']>): Promise<void> {
    if (me.server_time !== null) this.dispatch({ type: 'clock', server: me.server_time, browser: Date.now() })
    if (me.must_change_password) return this.dispatch({ type: 'session', session: 'password', me })
    const all = await http.units().catch(() => [])
    const mine = all.filter((u) => u.kind === 'commune' && (me.units.length === 0 || me.units.includes(u.code)))
    const remembered = memory.get('ioc.unit')
    const keep = [this.s.unit, remembered, me.unit].find((c) => c && mine.some((u) => u.code === c))
    this.dispatch({ type: 'units', units: all, unit: keep ?? mine[0]?.code ?? me.unit })
    this.dispatch({ type: 'session', session: 'in', me })
    this.open()
  }

  private open(): void {
    this.stream?.stop()
    const url = new URL('/api/v1/stream', location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    this.stream = new Stream(url.href, {
      status: (status, attempt) => {
        this.dispatch({ type: 'link', status, attempt, at: this.serverNow })
        // A browser does not say why an upgrade was refused: perhaps the session has ended.
        if (status === 'lost') void this.check()
      },
      hello: (time) => { if (time !== null) this.dispatch({ type: 'clock', server: time, browser: Date.now() }) },
      latency: (ms) => this.dispatch({ type: 'latency', ms }),
      ended: () => void this.check(),
      snapshot: (channel, tag, items) => this.receive(channel, tag, items, null),
      delta: (channel, tag, upsert, remove) => this.receive(channel, tag, upsert, remove),
    })
    this.subscribe()
    this.stream.start()
  }

  /** A refused or lost socket may mean an ended session: the log-in then stands on top of the greyed screen. */
  private async check(): Promise<void> {
    try {
      await http.me()
    } catch (e) {
      if ((e as http.Problem).status === 401) {
        this.stream?.stop()
        this.stream = null
        this.dispatch({ type: 'session', session: 'out' })
      }
    }
  }

  private subscribe(): void {
    const unit = this.s.unit
    for (const channel of ['alerts', 'devices', 'summary', 'actions', 'tasks'] as const) this.stream?.want(channel, channel, { unit })
    http.rules(unit).then((rules) => this.s.unit === unit && this.dispatch({ type: 'rules', rules })).catch(() => setTimeout(() => this.s.unit === unit && this.subscribeRules(unit), 5000))
  }
  private subscribeRules(unit: string): void {
    http.rules(unit).then((rules) => this.dispatch({ type: 'rules', rules })).catch(() => undefined)
  }

  private receive(channel: Channel, tag: string, items: unknown[], remove: string[] | null): void {
    if (channel === 'readings') {
      for (const raw of items) {
        const r = raw as { t?: unknown; v?: unknown; q?: unknown }
        const at = parse.time(r.t)
        if (at !== null) this.dispatch({ type: 'reading', key: tag, point: [at, typeof r.v === 'number' ? r.v : null, typeof r.q === 'string' ? r.q : 'good'] })
      }
      return
    }
    const load =
      channel === 'alerts' ? { alerts: parse.list(items, parse.alert) }
      : channel === 'devices' ? { devices: parse.list(items, parse.device) }
      : channel === 'actions' ? { actions: parse.list(items, parse.action) }
      : channel === 'tasks' ? { tasks: parse.list(items, parse.task) }
      : { summary: parse.list(items, parse.summary)[0] }
    const payload = load as Pick<Extract<Event, { type: 'snapshot' }>, Keyed>
    if (remove === null) this.dispatch({ type: 'snapshot', at: this.serverNow, ...payload })
    else this.dispatch({ type: 'delta', channel, remove, ...payload })
    if (channel === 'summary' && this.s.summary?.time) this.dispatch({ type: 'clock', server: this.s.summary.time, browser: Date.now() })
    if (channel === 'alerts' || channel === 'actions' || channel === 'tasks') this.adviceSoon()
    if (channel === 'alerts') this.tick()
  }

  // ---- acts of the officer ----

  chooseUnit(unit: string): void {
    memory.set('ioc.unit', unit)
    this.dispatch({ type: 'unit', unit })
    this.open()
  }
  select(id: string): void {
    this.dispatch({ type: 'select', id })
    this.adviceSoon(0)
  }
  move(step: 1 | -1): void {
    const { order, selected } = this.s
    const i = selected === null ? -1 : order.indexOf(selected)
    const next = order[Math.min(order.length - 1, Math.max(0, i + step))]
    this.handOn()
    if (next !== undefined) this.select(next)
  }
  /** Pointer or keys were in the list just now: rows stay where they are for a while. */
  handOn(): void {
    this.dispatch({ type: 'hand', on: true })
    clearTimeout(this.hand)
    this.hand = setTimeout(() => this.dispatch({ type: 'hand', on: false }), HAND_MS)
  }
  handOff(): void {
    clearTimeout(this.hand)
    this.dispatch({ type: 'hand', on: false })
  }

  async ack(id: string): Promise<void> {
    const a = this.s.alerts[id]
    if (!a || !unacked(a) || this.s.link.status !== 'live' || (this.s.acks[id] && this.s.acks[id].phase !== 'failed')) return
    this.dispatch({ type: 'ack', id, ack: { phase: 'sending', at: this.serverNow, why: '' } })
    const slow = setTimeout(() => this.s.acks[id]?.phase === 'sending' && this.dispatch({ type: 'ack', id, ack: { phase: 'slow', at: this.serverNow, why: '' } }), SLOW_MS)
    try {
      const { alert, journaled } = await http.ack(id)
      if (alert) this.upsert(alert)
      if (journaled && this.s.alerts[id] && unacked(this.s.alerts[id])) this.dispatch({ type: 'ack', id, ack: { phase: 'journaled', at: this.serverNow, why: '' } })
      else if (alert) this.dispatch({ type: 'ack', id, ack: null })
      this.tick()
    } catch (e) {
      const first = (e as http.Problem).body?.acked_by
      const why = (e as http.Problem).status === 409 && typeof first === 'string' ? t(this.lang, 'ack_first', { who: first }) : this.explain(e)
      this.dispatch({ type: 'ack', id, ack: { phase: 'failed', at: this.serverNow, why } })
    } finally {
      clearTimeout(slow)
    }
  }
  async approve(recommendation: string): Promise<void> {
    await http.approve(recommendation)
    this.adviceSoon(0)
  }
  async reject(recommendation: string, why: string): Promise<void> {
    await http.reject(recommendation, why)
    this.adviceSoon(0)
  }
  /** A record on the alert that everyone sees, the leader too; it touches no device. */
  async propose(alert: string, title: string): Promise<void> {
    const a = await http.comment(alert, t('vi', 'proposed', { title }))
    if (a) this.upsert(a)
  }
  private upsert(a: Alert): void {
    this.dispatch({ type: 'delta', channel: 'alerts', alerts: [a], remove: [] })
  }
  explain(e: unknown): string {
    const p = e as http.Problem
    if (p.status === 0) return t(this.lang, 'no_server')
    const why = p.title || t(this.lang, 'failed', { status: p.status })
    return p.instance ? t(this.lang, 'failed_id', { why, id: p.instance }) : why
  }

  silence(): void {
    this.silencedFrom = this.serverNow
    this.tick()
  }
  testSound(): void {
    void this.speaker.arm().then(() => this.speaker.play('warning'))
  }
  flipTheme(): void {
    this.pinned = this.theme === 'night' ? 'day' : 'night'
    memory.set('ioc.theme', this.pinned)
    this.tick()
  }
  flipLang(): void {
    const lang = this.lang === 'vi' ? 'en' : 'vi'
    memory.set('ioc.lang', lang)
    this.dispatch({ type: 'lang', lang })
    this.tick()
  }
  setKeys(on: boolean): void {
    this.keysOn = on
    memory.set('ioc.keys', on ? 'on' : 'off')
  }

  // ---- what the chosen alert needs beyond the stream ----

  /** Asks for the decision card soon, and again now and then: readiness of targets changes without an alert change. */
  adviceSoon(wait = 250): void {
    clearTimeout(this.adviceTimer)
    this.adviceTimer = setTimeout(() => void this.fetchAdvice(), wait)
  }
  private async fetchAdvice(): Promise<void> {
    clearTimeout(this.adviceTimer)
    this.adviceTimer = setTimeout(() => void this.fetchAdvice(), ADVICE_AGAIN_MS)
    const id = this.s.selected
    if (id === null || this.s.session !== 'in' || this.s.link.status === 'lost' || this.s.route.page !== 'duty') return
    const ask = ++this.adviceAsked
    try {
      const advice = await http.advice(id)
      if (ask === this.adviceAsked) this.dispatch({ type: 'advice', alert: id, advice })
    } catch (e) {
      const p = e as http.Problem
      if (p.status === 401) void this.check()
      else if (ask === this.adviceAsked) this.dispatch({ type: 'advice', alert: id, error: this.explain(e) })
    }
  }

  /** Keeps one series: history by HTTP, then each new reading by the stream. Returns the function that lets go. */
  follow(subject: Subject, pastMs: number, unit: string): () => void {
    const key = seriesKey(unit, subject.device, subject.metric)
    this.stream?.want(key, 'readings', { unit, ...subject })
    const to = this.serverNow + 60_000
    http.readings({ unit, ...subject, from: to - pastMs, to }, http.CHART_POINTS)
      .then((r) => this.dispatch({ type: 'series', key, series: r }))
      .catch(() => this.dispatch({ type: 'series', key, series: { uom: '', points: [] } }))
    return () => this.stream?.leave(key)
  }

  speak(a: Alert): string {
    const where = [a.device, a.zone].filter(Boolean).join(', ')
    return t(this.lang, 'speak', { severity: t(this.lang, `sev_${a.severity}`), title: say(this.lang, a.title), where })
  }
}
