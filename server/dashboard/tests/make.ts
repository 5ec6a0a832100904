// Objects for tests: one complete alert or device, changed where the case needs it.
import * as parse from '../src/wire/parse'
import type { Alert, Device } from '../src/wire/types'

export const alert = (id: string, more: Record<string, unknown> = {}): Alert =>
  parse.alert({ id, rule: 'r', title: { vi: 'Mực nước', en: 'Level' }, unit: '03478', device: 'WL-01', metric: 'level', severity: 'warning', state: 'active_unacked', version: 1, raised_at: '2027-07-24T16:50:00.000Z', ...more })!
export const device = (id: string, more: Record<string, unknown> = {}): Device =>
  parse.device({ unit: '03478', device: id, name: id, type: 'water_level_gauge', zone: 'Z1', connection: 'online', expected_interval_s: 300, stale_after_s: 900, latest: {}, ...more })!
