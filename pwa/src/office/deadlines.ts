/** How near a deadline is, in one word and one number of minutes. */
import type { SlaMilestoneBody, WorkOrderBody } from '@/protocol/nouns'
import type { Held } from './rows'

export type Risk = 'none' | 'ok' | 'soon' | 'late'

/** Share of a clock that has run when a deadline turns amber (the second of the three warnings of rule B3). */
const SOON_SHARE = 0.75
/** Minutes before a deadline at which it is amber however long the clock was. */
const SOON_MINUTES = 30

export interface Deadline {
  kind: string | null
  dueAt: string | null
  minutesLeft: number | null
  risk: Risk
  /** A milestone that was already missed, even if a later one still runs. */
  breached: boolean
}

const NO_DEADLINE: Deadline = { kind: null, dueAt: null, minutesLeft: null, risk: 'none', breached: false }

/** The next milestone not yet met decides; work that has ended has no clock. */
export function deadlineOf(order: WorkOrderBody, milestones: readonly Held<'sla_milestone'>[], now: number, ended: boolean): Deadline {
  let next: SlaMilestoneBody | null = null
  let breached = false
  for (const { body } of milestones) {
    if (body.breached) breached = true
    if (!body.met_at && (!next || body.due_at < next.due_at)) next = body
  }
  if (ended) return { ...NO_DEADLINE, breached }
  const dueAt = next?.due_at ?? order.due_at
  if (!dueAt) return { ...NO_DEADLINE, breached }
  const due = Date.parse(dueAt)
  const start = Date.parse(order.reported_at)
  const minutesLeft = Math.floor((due - now) / 60_000)
  const share = due > start ? (now - start) / (due - start) : 1
  const soon = share >= SOON_SHARE || minutesLeft <= SOON_MINUTES
  const risk: Risk = minutesLeft < 0 ? 'late' : soon ? 'soon' : 'ok'
  return { kind: next?.kind ?? null, dueAt, minutesLeft, risk, breached: breached || minutesLeft < 0 }
}
