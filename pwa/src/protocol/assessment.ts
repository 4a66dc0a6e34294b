/** Items of the monthly assessment, and what they may come to. With `assessment_nouns.ts` the twin of `sync/assessment.py`. */
import rules from '@rules/assessment.json'
import type { AssessmentItem } from './assessment_nouns'

export type * from './assessment_nouns'
export { FULL, totalOf } from './assessment_nouns'

/** The items in force: the rules' own, the company's in their place, then what it added; without what it retired. */
export function itemsOf(rows: readonly AssessmentItem[]): AssessmentItem[] {
  const own = new Map(rows.map((row) => [row.code, row]))
  const usual = (rules.items as AssessmentItem[]).map((item) => own.get(item.code) ?? item)
  const known = new Set(usual.map((item) => item.code))
  const order = (a: AssessmentItem, b: AssessmentItem): number => (a.sort ?? 0) - (b.sort ?? 0) || (a.code < b.code ? -1 : 1)
  const added = [...own.values()].filter((item) => !known.has(item.code)).sort(order)
  return [...usual, ...added].filter((item) => item.active !== false)
}

export const suggestedPoints = (item: AssessmentItem, count = 1): number => item.mild * (item.per === 'day' ? Math.min(count, rules.most_days) : 1)

/** The least and the most an item may come to, the lower first. */
export function rangeOf(item: AssessmentItem): [low: number, high: number] {
  const grave = item.grave * (item.per === 'day' ? rules.most_days : 1)
  return [Math.min(item.mild, grave), Math.max(item.mild, grave)]
}
export const allowedPoints = (item: AssessmentItem, points: number): boolean => points >= rangeOf(item)[0] && points <= rangeOf(item)[1]
