import { expect, it } from 'vitest'
import { quarterOf } from './quarter'

const NOW = Date.parse('2026-11-27T02:00:00.000Z')
const record = (id: string, finished_at: string, symptom = '') => ({ id, body: { finished_at, symptom, cause: '', action: '' } }) as never
const defect = (id: string, state: string, severity: string, at: string, more: object = {}) =>
  ({ id, body: { state, severity, withdrawn: false, late_state: null, steps: [{ at }], ...more } }) as never

it('a quarter holds its faults, its patrols, what is open, gravest first, and what was put right', () => {
  const quarter = quarterOf(
    [record('old', '2026-06-01T00:00:00.000Z', '黑屏'), record('patrol', '2026-11-02T00:00:00.000Z'), record('fault', '2026-10-02T00:00:00.000Z', '黑屏'), record('late', '2026-11-20T00:00:00.000Z')],
    [defect('minor', 'open', 'minor', '2026-11-01T00:00:00.000Z'), defect('grave', 'work_order', 'critical', '2025-01-01T00:00:00.000Z'),
      defect('fixed', 'fixed_on_spot', 'major', '2026-11-01T00:00:00.000Z'), defect('long ago', 'closed', 'major', '2026-01-01T00:00:00.000Z'),
      defect('taken back', 'open', 'major', '2026-11-01T00:00:00.000Z', { withdrawn: true })],
    NOW,
  )
  const ids = (rows: readonly { id: string }[]) => rows.map((row) => row.id)
  expect([ids(quarter.faults), ids(quarter.patrols), ids(quarter.open), ids(quarter.settled)])
    .toEqual([['fault'], ['late', 'patrol'], ['grave', 'minor'], ['fixed']])
})
