/** What is to be learnt from, as a desk reads it. Pure. */
import rules from '@rules/quality.json'
import type { Held } from './rows'

/** States in which a matter's work is done. */
const DONE = ['confirming', 'resolved', 'follow_up', 'closed']

/** Urgent matters that are done and have no finished review: listed, and not held back. The oldest first. */
export function lackingReview<T extends Held<'work_order'>>(orders: Iterable<T>, reviews: readonly Held<'root_cause'>[]): T[] {
  const done = new Set(reviews.filter(({ body }) => body.state === 'done').map(({ body }) => body.work_order_id))
  return [...orders].filter(({ id, body }) => rules.reviewed_levels.includes(body.level) && DONE.includes(body.state) && !done.has(id))
    .sort((a, b) => a.body.reported_at.localeCompare(b.body.reported_at))
}

export const splitSkills = (text: string): string[] => [...new Set(text.split(/[\s,，、;；]+/).filter(Boolean))]

export const lastOf = (month: string, by: number): string => {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7)
}
