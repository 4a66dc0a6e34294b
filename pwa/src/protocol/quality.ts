/** Complaints, what is done about them, and calls that reached nobody: bodies and acts, as `docs/contract.md` names them. */
import type { PolicySettings, UnderOrder } from './deadlines'
import type { Common, Day, Id, Instant } from './reference'
import type { Span } from './sla'

export type ComplaintState = 'registered' | 'answered' | 'closed'
export type OriginNoun = 'survey' | 'signature' | 'customer_report'
export interface ComplaintStep {
  act: string
  by: Id
  by_name: string
  at: Instant
  text: string
  channel?: string
  satisfied?: boolean | null
  to?: string
  level?: number
}

/** Held by the office; whom it is about does not hold it. */
export interface ComplaintBody extends Common {
  /** Empty until the server numbers it. */
  number: string
  state: ComplaintState
  level: 1 | 2 | 3
  title: string
  text: string
  channel: string
  categories: string[]
  reported_at: Instant
  customer_id: Id | null
  customer_name: string
  site_id: Id | null
  site_name: string
  work_order_id: Id | null
  order_number: string
  visit_id: Id | null
  about_ids: Id[]
  contact_masked: string
  origin_noun: OriginNoun | null
  origin_id: Id | null
  owner_id: Id
  span: Span & { policy: PolicySettings }
  answer_due_at: Instant
  warned: Record<string, Instant>
  answered_at: Instant | null
  answered_by: Id | null
  answer: string
  breached: boolean
  /** How often an answer was not accepted. */
  unsatisfied: number
  steps: ComplaintStep[]
  satisfied: boolean | null
  customer_word: string
  closed_at: Instant | null
  closed_by: Id | null
}

export type ActionSource = 'complaint' | 'monthly_report' | 'root_cause' | 'hard_case'
/** What somebody does by a day so that it goes better. */
export interface ImprovementActionBody extends Common {
  source_noun: ActionSource | null
  source_id: Id | null
  text: string
  owner_id: Id
  due_on: Day
  /** The month the number is taken from before, and the number of the month's report it is to move. */
  month: string
  figure: string
  state: 'open' | 'done' | 'dropped'
  done_at: Instant | null
  done_by: Id | null
  result: string
}

export type AttemptOutcome = 'no_answer' | 'busy' | 'off' | 'wrong_number' | 'refused' | 'later'
export type CallMode = 'call' | 'wechat' | 'visit'
export interface CallAttemptBody extends UnderOrder {
  mode: CallMode
  outcome: AttemptOutcome
  note: string
  again_at: Instant | null
  at: Instant
}

export interface QualityBodies {
  complaint: ComplaintBody
  improvement_action: ImprovementActionBody
  call_attempt: CallAttemptBody
}

export interface RegisterComplaintArgs {
  id: Id
  title: string
  text?: string
  level: 1 | 2 | 3
  channel: string
  categories?: string[]
  reported_at: Instant
  customer_id?: Id | null
  customer_name?: string
  site_id?: Id | null
  work_order_id?: Id | null
  visit_id?: Id | null
  about_ids?: Id[]
  contact_name?: string
  contact_phone?: string
  owner_id?: Id | null
  origin?: { noun: OriginNoun; id: Id } | null
}

export interface AddActionArgs {
  id: Id
  source_noun?: ActionSource | null
  source_id?: Id | null
  text: string
  owner_id: Id
  due_on: Day
  month?: string
  figure?: string
}

export interface QualityArgs {
  'complaint.register': RegisterComplaintArgs
  'complaint.assign': { id: Id; owner_id?: Id | null; level?: 1 | 2 | 3 | null; about_ids?: Id[] | null; note?: string }
  'complaint.answer': { id: Id; text: string; channel: string }
  'complaint.follow_up': { id: Id; text: string; channel: string; satisfied?: boolean | null }
  'complaint.close': { id: Id; word: string; satisfied?: boolean | null }
  'improvement.add': AddActionArgs
  'improvement.move': { id: Id; owner_id?: Id | null; due_on?: Day | null; note?: string }
  'improvement.done': { id: Id; result: string }
  'improvement.drop': { id: Id; result: string }
  'call_back.attempt': { id: Id; work_order_id: Id; visit_id: Id; mode: CallMode; outcome: AttemptOutcome; note?: string; again_at?: Instant | null }
}
