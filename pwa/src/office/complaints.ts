/** Complaints as a desk reads them: the most urgent first, with what is left of the day an answer has. Pure. */
import type { ComplaintBody, ImprovementActionBody, Rating } from '@/protocol/nouns'
import type { Risk } from './deadlines'
import type { Held } from './rows'

const MINUTE_MS = 60_000
/** Share of the clock that has run when a deadline turns amber, as work orders have it. */
const SOON_SHARE = 0.75

export interface AnswerDue { minutesLeft: number | null; risk: Risk }

/** What is left until the answer; an answered one is in time or was late. */
export function answerDue(body: ComplaintBody, now: number): AnswerDue {
  if (body.answered_at) return { minutesLeft: null, risk: body.breached ? 'late' : 'ok' }
  const due = Date.parse(body.answer_due_at)
  const from = Date.parse(body.steps.findLast((step) => step.satisfied === false)?.at ?? body.reported_at)
  const minutesLeft = Math.floor((due - now) / MINUTE_MS)
  const share = due > from ? (now - from) / (due - from) : 1
  return { minutesLeft, risk: minutesLeft < 0 ? 'late' : share >= SOON_SHARE ? 'soon' : 'ok' }
}

/** Unanswered first by deadline, then answered by age, then closed, the newest first. */
export function sortComplaints<T extends { id: string; body: ComplaintBody }>(rows: readonly T[]): T[] {
  const rank = { registered: 0, answered: 1, closed: 2 } as const
  return rows.toSorted((a, b) => rank[a.body.state] - rank[b.body.state]
    || (a.body.state === 'closed' ? b.body.reported_at.localeCompare(a.body.reported_at) : a.body.answer_due_at.localeCompare(b.body.answer_due_at))
    || a.id.localeCompare(b.id))
}

/** Made of what: the complaint of an answer or a report, if somebody made one. */
export const madeOf = <T extends { body: ComplaintBody }>(rows: readonly T[], originId: string): T | undefined => rows.find(({ body }) => body.origin_id === originId)

/** A rating so low that somebody should ask: any aspect at one or two stars. */
export const LOW_STARS = 2
export const isLow = (rating: Rating | null | undefined): boolean =>
  (['speed', 'solution', 'attitude'] as const).some((aspect) => (rating?.[aspect] ?? 5) <= LOW_STARS)

export const isOverdue = (body: ImprovementActionBody, today: string): boolean => body.state === 'open' && body.due_on < today

export const actionsOf = (rows: readonly Held<'improvement_action'>[], sourceId: string): Held<'improvement_action'>[] =>
  rows.filter(({ body }) => body.source_id === sourceId).toSorted((a, b) => a.body.due_on.localeCompare(b.body.due_on))
