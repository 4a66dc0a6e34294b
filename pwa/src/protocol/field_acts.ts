/** The arguments of acts on money, papers and another time, version 1. */
import type { PayMethod } from './field_nouns'
import type { Basis, PricedLine } from './money'
import type { Day, Id, Instant, Strokes } from './nouns'
import type { ReportContent } from './report'

interface OnVisit { visit_id: Id }
interface Withdraw { id: Id; reason?: string }
interface Signed { content_hash: string; signer: string; strokes: Strokes; image_id: Id }

export interface ProposeArgs extends OnVisit {
  id: Id
  kind: 'delay' | 'rebook'
  slot_start: Instant
  slot_end: Instant
  reason: string
  note?: string
}
export interface SlipArgs extends OnVisit {
  id: Id
  addressee?: string
  text: string
  phone?: string
  next_start?: Instant | null
  next_end?: Instant | null
}
export interface TakeArgs extends OnVisit, Signed { id: Id; content: ReportContent; asset_id?: Id | null; expected_on?: Day | null }
export interface GiveBackArgs extends OnVisit, Signed { id: Id; content: ReportContent }
export interface AgreeArgs extends OnVisit, Signed { id: Id }
export interface ChargeArgs extends OnVisit {
  id: Id
  quotation_id?: Id | null
  basis: Basis
  lines: PricedLine[]
  total_cents: number
  paid_cents: number
  method: PayMethod
  receipt_number?: string
  note?: string
}

export interface StockArgs {
  'part_request.make': { id: Id; part_id: Id; quantity: number; visit_id?: Id | null; needed_on?: Day | null; note?: string }
  'part_request.approve': { id: Id; note?: string }
  'part_request.refuse': { id: Id; note?: string }
  'part_request.ship': { id: Id; note?: string; quantity?: number }
  'part_request.receive': { id: Id; note?: string; quantity?: number }
  'part_request.cancel': { id: Id; note?: string }
  'part_return.hand_in': { id: Id; part_id: Id; quantity: number; kind: 'unused' | 'faulty' | 'old'; serials?: string[]; visit_id?: Id | null; note?: string }
  'part_return.receive': { id: Id; note?: string }
  'stock.adjust': { id: Id; location: string; part_id: Id; quantity: number; reason: 'received' | 'counted' | 'lost' }
}

export interface FieldArgs {
  'rebooking.propose': ProposeArgs
  'rebooking.answer': { id: Id; decision: 'confirm' | 'refuse'; note?: string }
  'slip.leave': SlipArgs
  'slip.withdraw': Withdraw
  'custody.take': TakeArgs
  'custody.return': GiveBackArgs
  'custody.withdraw': Withdraw
  'quotation.make': OnVisit & { id: Id; content: ReportContent; content_hash: string }
  'quotation.agree': AgreeArgs
  'quotation.decline': OnVisit & { id: Id; note?: string }
  'quotation.withdraw': Withdraw
  'charge.record': ChargeArgs
  'charge.withdraw': Withdraw
}
