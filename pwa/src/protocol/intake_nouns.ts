/** What customers bring and are given: reports, links, ratings. */
import type { Common, Id, Instant } from './reference'

/** What a customer sent by the public form. */
export interface CustomerReportBody extends Common {
  state: 'new' | 'registered' | 'merged' | 'complaint' | 'declined'
  company: string
  place: string
  equipment: string
  title: string
  description: string
  happened_at: string
  demands: string[]
  contact_masked: string
  files: { sha256: string; size: number; mime: string; width: number; height: number }[]
  work_order_id: Id | null
  /** Absent on rows of an older server. */
  complaint_id?: Id | null
  reason: string
  decided_by: Id | null
}

export type LinkKind = 'status' | 'sign' | 'rate'
export interface CustomerLinkBody extends Common {
  work_order_id: Id | null
  visit_id: Id | null
  kind: LinkKind
  expires_at: Instant
  used_at: Instant | null
  revoked_at: Instant | null
}

export interface SurveyBody extends Common {
  work_order_id: Id
  visit_id: Id | null
  mode: 'link' | 'phone' | 'call' | 'wechat' | 'visit'
  speed: number
  solution: number
  attitude: number
  words: string
  by_name: string
}

export interface IntakeBodies {
  customer_report: CustomerReportBody
  customer_link: CustomerLinkBody
  survey: SurveyBody
}
