/** Nouns of a visit's money and papers, and of parts on their way. Names of `docs/contract.md`. */
import type { Basis, PricedLine } from './money'
import type { Fact, Strokes } from './nouns'
import type { Common, Day, Id, Instant } from './reference'
import type { ReportContent } from './report'

export interface QuotationBody extends Fact {
  content: ReportContent
  content_hash: string
  basis: Basis
  total_cents: number
  state: 'open' | 'agreed' | 'declined'
  answered_at: Instant | null
  signer: string
  strokes: Strokes | null
  image_id: Id | null
  answer_note: string
}

export const PAY_METHODS = ['wechat', 'alipay', 'cash', 'card', 'transfer', 'account', 'none'] as const
export type PayMethod = (typeof PAY_METHODS)[number]

export interface ChargeBody extends Fact {
  quotation_id: Id | null
  basis: Basis
  lines: PricedLine[]
  total_cents: number
  paid_cents: number
  method: PayMethod
  receipt_number: string
  note: string
}

export interface MessageSlipBody extends Fact {
  addressee: string
  text: string
  phone: string
  next_start: Instant | null
  next_end: Instant | null
}

export interface CustodyReturn {
  at: Instant
  by: Id
  visit_id: Id
  signer: string
  condition: string
  content: ReportContent
  content_hash: string
  strokes: Strokes
  image_id: Id
}

/** Equipment taken to the workshop. */
export interface CustodyBody extends Fact {
  asset_id: Id | null
  content: ReportContent
  content_hash: string
  signer: string
  strokes: Strokes
  image_id: Id
  expected_on: Day | null
  state: 'held' | 'returned'
  returned: CustodyReturn | null
}

export interface RebookingBody extends Fact {
  kind: 'delay' | 'rebook'
  reason: string
  note: string
  was_start: Instant
  was_end: Instant
  slot_start: Instant
  slot_end: Instant
  state: 'proposed' | 'confirmed' | 'refused'
  answered_by: Id | null
  answered_at: Instant | null
  answer_note: string
}

export type PartRequestState = 'requested' | 'approved' | 'refused' | 'shipped' | 'received' | 'cancelled'

/** A part asked for by a van. */
export interface PartRequestBody extends Common {
  user_id: Id
  part_id: Id
  part_number: string
  part_name: string
  unit: string
  quantity: number
  visit_id: Id | null
  work_order_id: Id | null
  needed_on: Day | null
  note: string
  state: PartRequestState
  shipped: number
  received: number
  /** Oldest first, only added to. */
  steps: { act: string; at: Instant; by: Id; text: string; quantity: number | null }[]
}

/** A part handed back: unused, faulty, or old. */
export interface PartReturnBody extends Common {
  user_id: Id
  part_id: Id
  part_number: string
  part_name: string
  unit: string
  quantity: number
  visit_id: Id | null
  kind: 'unused' | 'faulty' | 'old'
  serials: string[]
  note: string
  state: 'handed_in' | 'received'
  received_by: Id | null
  received_at: Instant | null
}

/** Add-only: a level is the sum of these. Storekeepers hold them. */
export interface StockMovementBody extends Common { location: string; part_id: Id; quantity: number; reason: string; cause_id: Id | null }

export interface FieldBodies {
  part_request: PartRequestBody
  part_return: PartReturnBody
  stock_movement: StockMovementBody
  quotation: QuotationBody
  charge: ChargeBody
  message_slip: MessageSlipBody
  custody: CustodyBody
  rebooking: RebookingBody
}

