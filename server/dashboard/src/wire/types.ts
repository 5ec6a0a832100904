// The objects of the HTTP and stream interface, after parsing (see parse.ts): every field is present,
// times are epoch milliseconds (null = not there). Units of measure are UCUM codes.

export type Severity = 'info' | 'notice' | 'warning' | 'danger' | 'emergency'
export const SEVERITIES: readonly Severity[] = ['info', 'notice', 'warning', 'danger', 'emergency']
export type AlertState = 'active_unacked' | 'active_acked' | 'cleared_unacked' | 'closed'
export type TargetState =
  | 'proposed' | 'approved' | 'sent' | 'accepted' | 'running'
  | 'succeeded' | 'failed' | 'rejected' | 'expired' | 'cancelled'

/** A text in both languages; a server text that came in one language stands in both. */
export interface Both { vi: string; en: string }

export interface Me {
  user: string; name: string; role: string; unit: string; units: string[]
  must_change_password: boolean; session_ends: number | null; server_time: number | null
}
export interface Unit {
  code: string; name: string; kind: 'commune' | 'province'; parent: string | null
  zones: { id: string; name: string }[]
}
export interface EvidenceReading {
  device: string; metric: string; value: number | string | boolean | null; unit: string
  time: number | null; quality: string; used: boolean; why: Both | null
}
export interface AlertEvidence {
  readings: EvidenceReading[]; devices: string[]; members: string[]
  rule: { type: string; op: string; value: number | null; window_s: number | null; metric: string } | null
  excluded: { device: string; reason: Both }[]
}
export interface Beside { by: string; reason: string; until: number | null }
export interface Alert {
  id: string; rule: string; title: Both; label: Both | null; unit: string; zone: string | null
  device: string | null; metric: string | null; subject: string; subject_kind: string
  severity: Severity; state: AlertState; value: number | null; threshold: number | null; uom: string
  verified: boolean; retrospective: boolean; unsaved: boolean; version: number
  raised_at: number; known_at: number | null; cleared_at: number | null
  acked_at: number | null; acked_by: string | null; ack_due: number | null
  escalated_at: number | null; escalated_to: string | null; assigned_to: string | null; occurrences: number
  shelved: Beside | null; suppressed: Beside | null; out_of_service: Beside | null
  evidence: AlertEvidence; basis: { text: string; source: string } | null
  comments: { at: number; by: string; text: string }[]
}
export interface Latest {
  value: number | string | boolean | null; unit: string; time: number | null; known_at: number | null
  quality: string; quality_reason: string | null; metric_name: Both | null
}
export interface Device {
  key: string; unit: string; device: string; name: string; type: string; zone: string | null; model: string
  lat: number | null; lon: number | null; connection: 'online' | 'offline' | 'unknown'
  last_seen: number | null; claimed: boolean; expected_interval_s: number | null; stale_after_s: number | null
  coverage_m: number | null; latest: Record<string, Latest>; state: string | null
}
export interface StepTarget { target: string; name: string; ready: boolean; why: string | null }
export interface AdviceStep {
  n: number; do: 'command' | 'task' | 'manual'; text: Both; command: string | null; targets: StepTarget[]
  message: string | null; auto: boolean; action: string | null; assignee: string | null; task: string | null
  dangerous: boolean
}
export interface Recommendation {
  id: string; playbook: string; title: Both; state: 'open' | 'approved' | 'ended'; approver: string | null
  delegated: boolean; may_approve: boolean; why_not: Both | null; recommended_at: number | null
  basis: string | null; steps: AdviceStep[]
}
export interface Advice {
  alert: string; evidence: EvidenceReading[]
  next_threshold: { label: Both; value: number | null; eta_s: number | null; refused: Both | null } | null
  basis: { text: string; source: string } | null; recommendations: Recommendation[]
}
export interface ActionTarget {
  target: string; name: string; state: TargetState; reason: string | null; attempts: number
  sent_at: number | null; replied_at: number | null; detail: string | null
}
export interface Action {
  id: string; unit: string; alert: string | null; recommendation: string | null; step: number | null
  command: string; text: string; drill: boolean; source: string; state: string
  proposed_at: number | null; proposed_by: string | null; approved_at: number | null; approved_by: string | null
  final_at: number | null; reason: string | null; targets: ActionTarget[]
}
export interface Task {
  id: string; unit: string; alert: string | null; recommendation: string | null; action: string | null
  target: string | null; assignee: string; text: string; created_at: number; state: 'open' | 'done'
}
export interface LinkState { up: boolean; since: number | null; queued: number }
export interface Summary {
  unit: string; time: number | null; last_10min: number; buckets: number[]
  devices: { total: number; online: number; offline: number; unknown: number }
  per_s: number | null; database: LinkState | null; broker: LinkState | null; province: LinkState | null
}
export interface Rule {
  id: string; type: string; severity: Severity; title: Both; label: Both | null; devices: string[]
  metric: string; op: string; value: number | null; window_s: number | null; basis: string | null
}
/** One raw reading: event time in ms, value (null = missing), quality. */
export type Point = [t: number, v: number | null, q: string]
/** One rolled-up bucket: start in ms, lowest, mean, highest, how many readings. */
export type Bucket = [t: number, min: number | null, avg: number | null, max: number | null, count: number]
