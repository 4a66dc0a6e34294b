import { expect, it } from 'vitest'
import { coverageOf, dueDays, figuresOf, firstMonth, monthsFrom, ruleOf, ruleText } from './coverage'
import type { Held } from './rows'

const common = { created_by: null, device_at: null, server_at: null }
const occurrence = (id: string, due: string, more: Partial<Held<'plan_occurrence'>['body']> = {}): Held<'plan_occurrence'> => ({
  id, scope: 'office', rev: 1,
  body: { ...common, plan_id: 'p', site_id: 's', kind: 'monthly', due_on: due, opens_on: due, closes_on: due, state: 'due', work_order_id: null, done_on: null, reason: '', decided_by: null, ...more },
})
const site = { id: 's', scope: 'site:s', rev: 1, body: { customer_id: 'c', customer_name: '华园', name: '大厦' } } as Held<'site'>

it('a rule is read, written and previewed as the server reads it', () => {
  for (const text of ['FREQ=MONTHLY;BYMONTHDAY=15', 'FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1', 'FREQ=MONTHLY;BYMONTH=4,10;BYMONTHDAY=10']) expect(ruleText(ruleOf(text)!)).toBe(text)
  for (const text of ['', 'FREQ=DAILY', 'FREQ=MONTHLY;BYMONTHDAY=31', 'FREQ=MONTHLY;INTERVAL=0;BYMONTHDAY=1']) expect(ruleOf(text)).toBeNull()
  expect(dueDays(ruleOf('FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1')!, '2025-11-30', '2025-12-01', 3)).toEqual(['2026-02-28', '2026-05-31', '2026-08-31'])
})

it('what was done late is said apart and counts as done; what was excused counts for nothing', () => {
  const rows = [
    occurrence('a', '2026-01-10', { state: 'done', done_on: '2026-01-09' }), occurrence('b', '2026-02-10', { state: 'done', done_on: '2026-02-20' }),
    occurrence('c', '2026-03-10', { state: 'missed' }), occurrence('d', '2026-04-10', { state: 'excused' }), occurrence('e', '2026-05-10'),
  ]
  expect(figuresOf(rows)).toEqual({ due: 1, visit_made: 0, done: 1, late: 1, missed: 1, excused: 1, rate: 67 })
  expect(figuresOf([]).rate).toBeNull()
})

it('a site stands under its customer with a cell for each month it has something in', () => {
  const months = monthsFrom(firstMonth('2026-11-27'))
  expect([months[0], months.at(-1)]).toEqual(['2026-02', '2027-01'])
  const [customer] = coverageOf([site], [], [occurrence('a', '2026-02-10'), occurrence('b', '2025-12-10'), occurrence('c', '2027-01-01', { kind: 'half_year' })], months)
  expect([...customer!.sites[0]!.cells.keys()]).toEqual(['2026-02', '2027-01'])
  expect(customer!.figures.due).toBe(2)
})
