/** Bodies and acts of what happens after the work: the month's report. */
import type { Common, Id, Instant } from './reference'

export interface MonthlyReportBody extends Common {
  /** `2026-11`. */
  month: string
  analysis: string
  improvements: string
  written_by: Id | null
  written_at: Instant | null
  approved_by: Id | null
  approved_at: Instant | null
}

/** What no clean-up may touch while it stands. */
export interface LegalHoldBody extends Common {
  of_noun: 'work_order' | 'customer' | 'site'
  of_id: Id
  /** Number and name: who reads it may not hold what it is about. */
  label: string
  reason: string
  placed_at: Instant
  lifted_at: Instant | null
  lifted_by: Id | null
  lift_reason: string
}

export interface ClosingBodies {
  monthly_report: MonthlyReportBody
  legal_hold: LegalHoldBody
}

export interface ClosingArgs {
  'call_back.record': {
    id: Id; work_order_id: Id; visit_id: Id; mode: 'call' | 'wechat' | 'visit'; speed: number; solution: number; attitude: number
    words?: string; by_name?: string; close?: boolean
  }
  /** `over`: `written_at` of what its author saw. */
  'monthly_report.write': { id: Id; month: string; analysis: string; improvements?: string; over?: Instant | '' }
  'monthly_report.approve': { id: Id }
  'legal_hold.place': { id: Id; of_noun: LegalHoldBody['of_noun']; of_id: Id; reason: string }
  'legal_hold.lift': { id: Id; reason: string }
}
