// What happened, newest first, told from alerts, actions and tasks. Pure.
import type { Action, Alert, Both, Recommendation, Task } from '../wire/types'

export type Entry =
  | { at: number; kind: 'raised' | 'cleared'; id: string; title: Both; severity: Alert['severity'] }
  | { at: number; kind: 'acked'; id: string; title: Both; by: string }
  | { at: number; kind: 'escalated'; id: string; title: Both; to: string }
  | { at: number; kind: 'comment'; id: string; text: string; by: string }
  | { at: number; kind: 'recommended'; id: string; title: Both }
  | { at: number; kind: 'approved' | 'scheduled' | 'auto'; id: string; text: string; by: string; drill: boolean }
  | { at: number; kind: 'result'; id: string; text: string; done: number; all: number; bad: string[]; drill: boolean }
  | { at: number; kind: 'task'; id: string; text: string; to: string }

export function timeline(alerts: Iterable<Alert>, actions: Iterable<Action>, tasks: Iterable<Task>, advised: Iterable<Recommendation>): Entry[] {
  const out: Entry[] = []
  for (const a of alerts) {
    out.push({ at: a.raised_at, kind: 'raised', id: a.id, title: a.title, severity: a.severity })
    if (a.acked_at !== null && a.acked_by) out.push({ at: a.acked_at, kind: 'acked', id: a.id, title: a.title, by: a.acked_by })
    if (a.escalated_at !== null) out.push({ at: a.escalated_at, kind: 'escalated', id: a.id, title: a.title, to: a.escalated_to ?? '' })
    if (a.cleared_at !== null) out.push({ at: a.cleared_at, kind: 'cleared', id: a.id, title: a.title, severity: a.severity })
    for (const c of a.comments) out.push({ at: c.at, kind: 'comment', id: a.id, text: c.text, by: c.by })
  }
  for (const r of advised) if (r.recommended_at !== null) out.push({ at: r.recommended_at, kind: 'recommended', id: r.id, title: r.title })
  for (const a of actions) {
    const text = a.text || a.command
    const kind = a.source === 'scheduled' || a.source === 'auto' ? a.source : 'approved'
    if (a.approved_at !== null) out.push({ at: a.approved_at, kind, id: a.id, text, by: a.approved_by ?? '', drill: a.drill })
    if (a.final_at !== null && a.targets.length > 0) {
      const bad = a.targets.filter((t) => t.state !== 'succeeded').map((t) => t.target)
      out.push({ at: a.final_at, kind: 'result', id: a.id, text, done: a.targets.length - bad.length, all: a.targets.length, bad, drill: a.drill })
    }
  }
  for (const t of tasks) out.push({ at: t.created_at, kind: 'task', id: t.id, text: t.text, to: t.assignee })
  return out.sort((x, y) => y.at - x.at)
}
