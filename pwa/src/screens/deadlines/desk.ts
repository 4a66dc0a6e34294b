/** What waits for a person of the office, and how promises stand. Pure. */
import ladder from '@rules/ladder.json'
import type { Id, Role } from '@/protocol/nouns'
import { isEnded } from '@/protocol/lifecycle'
import type { RowOf } from '@/store'

export interface DeskRows {
  orders: ReadonlyMap<Id, RowOf<'work_order'>>
  holds: readonly RowOf<'hold'>[]
  delays: readonly RowOf<'delay_declaration'>[]
  plans: readonly RowOf<'resolution_plan'>[]
  helps: readonly RowOf<'escalation'>[]
  milestones: readonly RowOf<'sla_milestone'>[]
}
export type WaitKind = 'hold' | 'delay' | 'tell' | 'plan' | 'help'
export interface Waiting { key: string; kind: WaitKind; order: RowOf<'work_order'>; at: string; by: Id | null; text: string }

const mayPlan = (level: number, roles: readonly string[]) => ladder.plan[String(level) as '1'].some((role) => roles.includes(role))
const ALL_DELAY: readonly string[] = [...ladder.delay, ...ladder.delay_beyond]

/** What this person may decide, the oldest first. */
export function waitingFor(rows: DeskRows, roles: readonly string[]): Waiting[] {
  const has = (...wanted: string[]) => wanted.some((role) => roles.includes(role as Role))
  const found: Waiting[] = []
  const add = (kind: WaitKind, row: RowOf<'hold' | 'delay_declaration' | 'resolution_plan' | 'escalation'>, text: string): void => {
    const order = rows.orders.get(row.body.work_order_id)
    if (order && !isEnded(order.body.state)) found.push({ key: `${kind}:${row.id}`, kind, order, at: row.body.device_at ?? row.body.server_at ?? '', by: row.body.created_by, text })
  }
  if (has('dispatcher', 'supervisor')) for (const row of rows.holds) if (row.body.state === 'proposed') add('hold', row, row.body.note)
  for (const row of rows.delays) {
    if (row.body.state === 'submitted' && has(...ALL_DELAY)) add('delay', row, row.body.note)
    if (row.body.state === 'approved' && has('dispatcher', 'operator', 'supervisor', 'call_back')) add('tell', row, row.body.note)
  }
  for (const row of rows.plans) {
    const order = rows.orders.get(row.body.work_order_id)
    if (row.body.state === 'review' && order && mayPlan(order.body.level, roles)) add('plan', row, row.body.cause)
  }
  for (const row of rows.helps) {
    const rung = ladder.rungs.find((one) => one.code === row.body.rung)
    if (row.body.state === 'open' && rung && has(...rung.roles)) add('help', row, row.body.text)
  }
  return found.sort((a, b) => a.at.localeCompare(b.at))
}

export interface Counts { met: number; declared: number; breached: number; explained: number }

/** Declared before the breach and explained after it are counted apart, and both apart from silence (B4). */
export function countsOf({ milestones, delays }: DeskRows, now: number): Counts {
  const explained = new Set(delays.filter(({ body }) => !body.before_breach && body.state !== 'refused').map(({ body }) => body.milestone_id))
  const counts = { met: 0, declared: 0, breached: 0, explained: 0 }
  for (const { id, body } of milestones) {
    if (body.breached || (!body.met_at && !body.paused_at && Date.parse(body.due_at) < now)) counts[explained.has(id) ? 'explained' : 'breached'] += 1
    else if (body.extension) counts.declared += 1
    else if (body.met_at) counts.met += 1
  }
  return counts
}
