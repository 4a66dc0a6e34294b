/** Bodies and acts of what keeps a promise: policies, holds, declared delays, plans, escalations, feedback, notices. */
import type { Common, Day, Id, Instant } from './reference'
import type { MilestoneKind, Span, Spans } from './sla'

/** Settings of a policy, as a promise keeps them; what is absent is as in the defaults. */
export interface PolicySettings {
  zone?: string
  calendar?: string
  service_hours?: string[]
  days_off?: string[]
  workdays?: string[]
  warn?: number[]
  pauses?: string[]
}

export interface SlaMilestoneBody extends Common {
  work_order_id: Id
  kind: MilestoneKind
  due_at: Instant
  met_at: Instant | null
  breached: boolean
  /** From here on absent on rows of an older server. */
  round?: number
  starts_at?: Instant | null
  span?: Span | null
  first_due_at?: Instant | null
  pauses?: [from: Instant, to: Instant][]
  paused_at?: Instant | null
  extension?: { at: Instant; to: Instant; declaration_id: Id } | null
  warned?: Record<string, Instant>
  evidence?: { act: string; act_id: Id; at: Instant; received: Instant; by: Id } | null
}

export interface SlaPolicyBody extends Common {
  code: string
  name: string
  name_en: string
  settings: PolicySettings
  levels: Record<string, Spans>
  active: boolean
}

export interface UnderOrder extends Common { work_order_id: Id; visit_id: Id | null }

export type HoldReason = 'parts' | 'customer' | 'supplier' | 'quotation' | 'safety'
export interface HoldBody extends UnderOrder {
  reason: HoldReason
  note: string
  until: Instant | null
  state: 'proposed' | 'on' | 'refused' | 'lifted'
  pauses: boolean
  from_at: Instant
  to_at: Instant | null
  decided_by: Id | null
  decided_at: Instant | null
  decided_note: string
}

export interface DelayDeclarationBody extends UnderOrder {
  milestone_id: Id
  kind: MilestoneKind
  reason: string
  note: string
  was_due_at: Instant
  new_due_at: Instant
  declared_at: Instant
  before_breach: boolean
  state: 'submitted' | 'approved' | 'refused' | 'told'
  decided_by: Id | null
  decided_at: Instant | null
  decided_note: string
  told_at: Instant | null
  told_channel: string
}

export interface PlanStep { who: string; what: string; by: Day | null }
export interface PlanBlocks { cause: string; measures: string; steps: PlanStep[]; prevention: string }
export interface ResolutionPlanBody extends UnderOrder, PlanBlocks {
  version: number
  state: 'draft' | 'review' | 'approved' | 'returned'
  submitted_at: Instant | null
  rounds: { version: number; decision: 'approved' | 'returned'; by: Id; at: Instant; remarks: string }[]
}

export interface EscalationBody extends UnderOrder {
  rung: string
  text: string
  state: 'open' | 'answered' | 'closed'
  steps: { act: string; by: Id; by_name: string; at: Instant; text: string; rung: string }[]
}

export type ToldChannel = 'phone' | 'wechat' | 'sms' | 'email' | 'on_site' | 'app'
export interface FeedbackBody extends UnderOrder {
  channel: ToldChannel
  result: string
  measures: string
  satisfied: boolean | null
  opinion: string
  told_at: Instant
}

export interface FollowUpBody extends Common {
  work_order_id: Id
  number: string
  site_id: Id
  site_name: string
  text: string
  due_on: Day
  assignee_id: Id | null
  state: 'open' | 'done'
  done_at: Instant | null
  done_by: Id | null
  note: string
}

export interface NoticeBody extends Common {
  user_id: Id
  kind: string
  work_order_id: Id | null
  visit_id: Id | null
  number: string
  title: string
  data: Record<string, unknown>
  at: Instant
  read_at: Instant | null
}

export interface DeadlineBodies {
  sla_milestone: SlaMilestoneBody
  sla_policy: SlaPolicyBody
  hold: HoldBody
  delay_declaration: DelayDeclarationBody
  resolution_plan: ResolutionPlanBody
  escalation: EscalationBody
  feedback: FeedbackBody
  follow_up: FollowUpBody
  notice: NoticeBody
}

interface OnOrder { id: Id; work_order_id: Id; visit_id?: Id | null }
export interface NewPromise { id: Id; text: string; due_on: Day; assignee_id?: Id | null }

export interface DeadlineArgs {
  'policy.save': { id: Id; code: string; name: string; name_en?: string; settings: PolicySettings; levels: Record<string, Spans>; active?: boolean }
  'customer.choose_policy': { id: Id; policy: string }
  'hold.propose': OnOrder & { reason: HoldReason; note?: string; until?: Instant | null }
  'hold.decide': { id: Id; decision: 'confirm' | 'refuse'; note?: string }
  'hold.lift': { id: Id; note?: string }
  'delay.declare': OnOrder & { kind: MilestoneKind; reason: string; note?: string; new_due_at: Instant }
  'delay.decide': { id: Id; decision: 'approve' | 'refuse'; note?: string }
  'delay.tell': { id: Id; channel: ToldChannel; note?: string }
  'plan.save': OnOrder & PlanBlocks & { submit?: boolean }
  'plan.decide': { id: Id; decision: 'approve' | 'return'; remarks?: string }
  'plan.require': { work_order_id: Id; note?: string }
  'help.ask': OnOrder & { text: string; rung?: string }
  'help.answer': { id: Id; text: string }
  'help.escalate': { id: Id; text: string }
  'help.close': { id: Id; text?: string }
  'feedback.give': OnOrder & { channel: ToldChannel; result: string; measures?: string; satisfied?: boolean | null; opinion?: string; promises?: NewPromise[] }
  'work_order.reopen': { id: Id; reason: string }
  'follow_up.add': NewPromise & { work_order_id: Id }
  'follow_up.done': { id: Id; note?: string }
  'notice.read': { ids: Id[] }
}
