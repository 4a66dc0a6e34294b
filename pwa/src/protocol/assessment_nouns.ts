/** The monthly assessment: bodies and acts, as `docs/contract.md` names them, and what is left of 100 points. */
import type { Common, Day, Id, Instant } from './reference'

export type AssessmentEvidence = 'attitude' | 'reopened' | 'breach' | 'missed_patrol' | 'complaint' | 'late_day' | 'article'
export interface AssessmentItem {
  code: string
  name: string
  name_en: string
  mild: number
  grave: number
  per: 'each' | 'day'
  evidence: AssessmentEvidence | null
  sort?: number
  active?: boolean
}
export interface AssessmentItemBody extends Common, Required<AssessmentItem> {}

export interface AssessmentLine {
  id: Id
  item: string
  points: number
  /** Days, where the item counts them. */
  count: number
  origin: 'suggested' | 'added'
  state: 'open' | 'kept' | 'changed' | 'dropped'
  reason: string
  evidence: { kind: string; noun: string; id: Id; work_order_id: Id | null; visit_id: Id | null; number: string; text: string; at: Instant } | null
  by: Id | null
  at: Instant | null
  note: string
}

export type AssessmentState = 'suggested' | 'confirmed' | 'objected' | 'settled' | 'approved' | 'exported'
/** One person's month. Held by that person and by those who decide. */
export interface AssessmentBody extends Common {
  user_id: Id
  month: string
  state: AssessmentState
  lines: AssessmentLine[]
  total: number
  due_on: Day
  confirmed_by: Id | null
  confirmed_at: Instant | null
  objection: { text: string; line_ids: Id[]; at: Instant } | null
  settled: { by: Id; at: Instant; note: string } | null
  approved_by: Id | null
  approved_at: Instant | null
  exported_at: Instant | null
}

export interface AssessmentBodies { assessment: AssessmentBody; assessment_item: AssessmentItemBody }

export interface PutItemArgs extends Omit<AssessmentItem, 'evidence' | 'per'> { id: Id; per?: 'each' | 'day'; evidence?: AssessmentEvidence | null }
export interface AssessmentArgs {
  'assessment_item.put': PutItemArgs
  'assessment.suggest': { month: string }
  'assessment.decide': { id: Id; line_id: Id; decision: 'keep' | 'change' | 'drop'; points?: number; note?: string }
  'assessment.add_line': { id: Id; line_id: Id; item: string; points: number; reason: string; work_order_id?: Id | null }
  'assessment.confirm': { id: Id }
  'assessment.object': { id: Id; text: string; line_ids?: Id[] }
  'assessment.settle': { id: Id; note: string }
  'assessment.approve': { id: Id }
  'assessment.export': { month: string }
}

/** As `sync/rules/assessment.json` has it: effects are in the first bundle, and the rules need not be. */
export const FULL = 100

/** What is left, never below nought; a dropped line does not count. */
export const totalOf = (lines: readonly Pick<AssessmentLine, 'points' | 'state'>[]): number =>
  Math.max(0, FULL + lines.reduce((sum, line) => sum + (line.state === 'dropped' ? 0 : line.points), 0))
