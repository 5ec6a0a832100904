// Alarm sounds, synthesised. Pulses between 500 and 1,000 Hz, never a continuous tone. A browser gives
// no sound before a gesture: `arm` is called from one, and until then `state` says suspended.
import type { Severity } from '../wire/types'

export type SoundState = 'suspended' | 'on'
export type Alarm = Extract<Severity, 'warning' | 'danger' | 'emergency'> | 'lost'
/** [start s, frequency Hz] of each pulse; how often the group comes back (0 = once); loudness. */
const PATTERN: Record<Alarm, { pulses: [number, number][]; every_s: number; gain: number }> = {
  warning: { pulses: [[0, 660], [0.25, 660]], every_s: 0, gain: 0.15 },
  danger: { pulses: [[0, 700], [0.2, 700], [0.4, 700]], every_s: 10, gain: 0.2 },
  emergency: { pulses: [[0, 880], [0.18, 880], [0.36, 880], [0.75, 980], [0.93, 980]], every_s: 5, gain: 0.25 },
  lost: { pulses: [[0, 800], [0.4, 560]], every_s: 3, gain: 0.5 },
}
const PULSE_S = 0.13

export class Sound {
  private context: AudioContext | null = null
  private playing: Alarm | null = null
  private timer: ReturnType<typeof setInterval> | null = null
  constructor(private changed: (s: SoundState) => void) {}

  get state(): SoundState {
    return this.context?.state === 'running' ? 'on' : 'suspended'
  }

  /** Must be called from a click or a key. */
  async arm(): Promise<void> {
    try {
      this.context ??= new AudioContext()
      this.context.onstatechange = () => this.changed(this.state)
      await this.context.resume()
    } catch {
      // No audio device: the bar keeps saying so.
    }
    this.changed(this.state)
  }

  /** What must be heard now; the same alarm again changes nothing. */
  want(alarm: Alarm | null): void {
    if (alarm === this.playing) return
    this.playing = alarm
    if (this.timer) clearInterval(this.timer)
    this.timer = null
    if (alarm === null) return
    this.play(alarm)
    const every = PATTERN[alarm].every_s
    if (every > 0) this.timer = setInterval(() => this.play(alarm), every * 1000)
  }

  play(alarm: Alarm): void {
    const c = this.context
    if (!c || c.state !== 'running') return
    const { pulses, gain } = PATTERN[alarm]
    for (const [at, hz] of pulses) {
      const start = c.currentTime + 0.02 + at
      const tone = c.createOscillator()
      const level = c.createGain()
      tone.type = 'triangle'
      tone.frequency.value = hz
      level.gain.setValueAtTime(0, start)
      level.gain.linearRampToValueAtTime(gain, start + 0.015)
      level.gain.setValueAtTime(gain, start + PULSE_S - 0.03)
      level.gain.linearRampToValueAtTime(0, start + PULSE_S)
      tone.connect(level).connect(c.destination)
      tone.start(start)
      tone.stop(start + PULSE_S)
    }
  }
}
