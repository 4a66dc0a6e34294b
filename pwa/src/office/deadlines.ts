/** How near a deadline is, in one word and one number of minutes. */
import type { SlaMilestoneBody, WorkOrderBody } from '@/protocol/nouns'
import { isAwaited, isOutstanding } from '@/protocol/promises'
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
  /** Nothing runs, because all that is waited for is paused. */
  paused?: boolean
  /** The date is one that was declared in time and approved. */
  extended?: boolean
}

const NO_DEADLINE: Deadline = { kind: null, dueAt: null, minutesLeft: null, risk: 'none', breached: false }

/** A milestone whose clock runs. */
export const isRunning = isAwaited

/** The next milestone still waited for decides; work that has ended has no clock. */
export function deadlineOf(order: WorkOrderBody, milestones: readonly Held<'sla_milestone'>[], now: number, ended: boolean): Deadline {
  let next: SlaMilestoneBody | null = null
  let breached = false
  for (const { body } of milestones) {
    if (body.breached) breached = true
    if (isRunning(body, milestones) && (!next || body.due_at < next.due_at)) next = body
  }
  if (ended) return { ...NO_DEADLINE, breached }
  // Without milestones at hand the order's own date stands in; with all of them met nothing is waited for.
  const dueAt = next?.due_at ?? (milestones.length ? null : order.due_at)
  if (!dueAt) return { ...NO_DEADLINE, breached, paused: milestones.some(({ body }) => body.paused_at && isOutstanding(body, milestones)) }
  const due = Date.parse(dueAt)
  const start = Date.parse(next?.extension?.at ?? next?.starts_at ?? order.reported_at)
  const minutesLeft = Math.floor((due - now) / 60_000)
  const share = due > start ? (now - start) / (due - start) : 1
  const soon = share >= SOON_SHARE || minutesLeft <= SOON_MINUTES
  const risk: Risk = minutesLeft < 0 ? 'late' : soon ? 'soon' : 'ok'
  return { kind: next?.kind ?? null, dueAt, minutesLeft, risk, breached: breached || minutesLeft < 0, extended: Boolean(next?.extension) }
}
