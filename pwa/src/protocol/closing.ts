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

export interface ClosingBodies {
  monthly_report: MonthlyReportBody
}

export interface ClosingArgs {
  'call_back.record': {
    id: Id; work_order_id: Id; visit_id: Id; mode: 'call' | 'wechat' | 'visit'; speed: number; solution: number; attitude: number
    words?: string; by_name?: string; close?: boolean
  }
  /** `over`: `written_at` of what its author saw. */
  'monthly_report.write': { id: Id; month: string; analysis: string; improvements?: string; over?: Instant | '' }
  'monthly_report.approve': { id: Id }
}
