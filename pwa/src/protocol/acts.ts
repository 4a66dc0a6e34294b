/** The arguments of every act, version 1, as `docs/contract.md` names them. */
import type { AssessmentArgs } from './assessment_nouns'
import type { ChannelArgs } from './channels'
import type { ClosingArgs } from './closing'
import type { LearningArgs } from './learning'
import type { EmergencyArgs } from './emergencies'
import type { PlanArgs } from './plans'
import type { QualityArgs } from './quality'
import type { DeadlineArgs } from './deadlines'
import type { FieldArgs, StockArgs } from './field_acts'
import type { SetHandoverArgs } from './handover'
import type {
  AnswerValue, ArchiveChangeBody, ArticleBody, CatalogueKind, ChecklistItem, ChecklistVersionBody, DiagnosisFields, DocumentBody, DocumentPage,
  DocumentPin, DutyKind, Id, Instant, LinkKind, PartSource, Place, PointBody, PresenceProofBody, Purpose, Rating,
  Severity, SignerRole, Strokes, VisitMode, WorkOrderBody, WorkOrderKind,
} from './nouns'

/** What the person saw and what they made of it, per field: the server merges by content. */
export type Changes<F> = { [K in keyof F]?: [was: F[K], now: F[K]] }

interface OnVisit { visit_id: Id }
interface WithReason extends OnVisit { reason: string; note?: string }
interface Withdraw { id: Id; reason?: string }

export type EditableWorkOrder = Pick<WorkOrderBody,
  'title' | 'description' | 'asset_id' | 'level' | 'level_reason' | 'channel' | 'source' | 'categories' | 'kind'
  | 'purchased_on' | 'purchased_from' | 'happened_at' | 'happened_where' | 'demands'>

export interface RegisterArgs {
  id: Id
  customer_id: Id
  site_id: Id
  asset_id?: Id | null
  kind: WorkOrderKind
  title: string
  description?: string
  level: 1 | 2 | 3
  level_reason: string
  channel: string
  source: string
  reported_at: Instant
  contact_name?: string
  contact_phone?: string
  categories?: string[]
  purchased_on?: string
  purchased_from?: string
  happened_at?: string
  happened_where?: string
  demands?: string[]
  /** What a customer sent by the public form. */
  report_id?: Id
  /** A consultation answered on the spot: recorded, and closed with it. */
  answer?: string
}

export interface PutEntryArgs {
  id: Id
  kind: CatalogueKind
  code: string
  name: string
  name_en?: string
  asset_class?: string
  sort?: number
  active?: boolean
}

export interface DispatchArgs {
  id: Id
  work_order_id: Id
  mode: VisitMode
  lead_id: Id
  helper_ids?: Id[]
  slot_start: Instant
  slot_end: Instant
  brief?: string
  checklist_codes?: string[]
  bring?: string[]
}

export interface ReassignArgs extends WithReason {
  new_id: Id
  lead_id: Id
  helper_ids?: Id[]
  slot_start?: Instant
  slot_end?: Instant
}

/** What a ticket from the field says, whichever act makes it. */
export interface TicketArgs {
  title: string
  description?: string
  level: 1 | 2 | 3
  level_reason: string
  contact_name?: string
  contact_phone?: string
}
export interface DraftArgs extends TicketArgs { id: Id; site_id: Id; asset_id?: Id | null; kind?: WorkOrderKind }

export interface OpenDefectArgs extends OnVisit {
  id: Id
  run_id?: Id | null
  item_id?: string
  asset_id?: Id | null
  label?: string
  severity: Severity
  text?: string
}

/** `visit_id`, or `work_order_id` for a picture of one's own ticket from the field. */
export interface AddAttachmentArgs {
  id: Id
  visit_id?: Id
  work_order_id?: Id
  sha256: string
  size: number
  mime: string
  purpose: Purpose
  parent_noun?: string
  parent_id?: Id
  caption?: string
  taken_at: Instant
  place?: Place
  width?: number
  height?: number
}

export interface UsePartArgs extends OnVisit {
  id: Id
  part_id: Id
  quantity: number
  source: PartSource
  serials?: string[]
  old_serials?: string[]
  note?: string
}

export interface SignArgs extends OnVisit {
  id: Id
  role: SignerRole
  name: string
  content: unknown
  content_hash: string
  strokes: Strokes
  image_id: Id
  rating?: Rating | null
  opinion?: string
}

/** `over`: the version the draft was made from, null for a checklist that is new. */
export interface PublishChecklistArgs extends Pick<ChecklistVersionBody, 'code' | 'name' | 'name_en' | 'kind'> {
  id: Id
  items: ChecklistItem[]
  over: Id | null
}

export type EditableArticle = Pick<ArticleBody, 'title' | 'title_en' | 'asset_class' | 'brand' | 'keywords' | 'text' | 'summary_en' | 'symptom_codes'>
export interface AddDocumentArgs extends Pick<DocumentBody, 'kind' | 'title'>, Partial<Pick<DocumentBody, 'title_en' | 'asset_class' | 'brand' | 'model' | 'revision'>> {
  id: Id
  site_id?: Id | null
  pages: Pick<DocumentPage, 'sha256'>[]
}

export type ReviewDecision = 'apply' | 'amend' | 'attach' | 'discard'
export interface SettleReviewArgs {
  id: Id
  decision: ReviewDecision
  note?: string
  /** Of an amendment: the arguments that differ. */
  changes?: Record<string, unknown>
  /** Where an attached act is kept, and as what. */
  visit_id?: Id
  work_order_id?: Id
  note_id?: Id
  text?: string
}

export interface Args extends FieldArgs, StockArgs, DeadlineArgs, ClosingArgs, PlanArgs, QualityArgs, AssessmentArgs, LearningArgs, ChannelArgs, EmergencyArgs {
  'visit.accept': OnVisit
  'visit.travel': OnVisit
  'visit.work': OnVisit
  'visit.resume': OnVisit
  'visit.finish': OnVisit
  'visit.reopen': OnVisit
  'visit.submit': OnVisit
  'visit.arrive': OnVisit & { place?: Place }
  'visit.decline': WithReason
  'visit.pause': WithReason
  'visit.cannot_complete': WithReason
  'diagnosis.edit': OnVisit & { id: Id; changes: Changes<DiagnosisFields> }
  'part.use': UsePartArgs
  'part.withdraw': Withdraw
  'attachment.withdraw': Withdraw
  'note.withdraw': Withdraw
  'attachment.add': AddAttachmentArgs
  'checklist.start': OnVisit & { id: Id; version_id: Id }
  'checklist.answer': { id: Id; run_id: Id; item_id: string; value: AnswerValue; note?: string; over?: Id[] }
  'checklist.reopen': { run_id: Id }
  'checklist.upgrade': { run_id: Id; version_id: Id }
  'presence.prove': OnVisit & { id: Id; point_id: Id; run_id?: Id | null; how: PresenceProofBody['how']; token: string; place?: Place | null }
  'point.add': { id: Id; site_id: Id } & Pick<PointBody, 'code' | 'name'> & Partial<Pick<PointBody, 'name_en' | 'location' | 'token' | 'item_ids' | 'sort'>>
  'point.edit': { id: Id; changes: Changes<Omit<PointBody, 'site_id' | 'created_by' | 'device_at' | 'server_at'>> }
  'checklist.complete': { run_id: Id }
  'checklist.publish': PublishChecklistArgs
  'defect.open': OpenDefectArgs
  'defect.fix': OnVisit & { id: Id; note?: string }
  'defect.raise': OnVisit & TicketArgs & { id: Id; order_id: Id }
  'defect.verify': OnVisit & { id: Id; run_id?: Id | null; result: 'passed' | 'failed'; note?: string }
  'defect.withdraw': Withdraw
  'work_order.draft': DraftArgs
  'work_order.triage': { id: Id; level: 1 | 2 | 3; level_reason: string; note?: string }
  'work_order.merge': { id: Id; into_id: Id; note?: string }
  'archive.propose': OnVisit & { id: Id; asset_id?: Id | null; changes: ArchiveChangeBody['changes']; note?: string }
  'archive.withdraw': Withdraw
  'archive.decide': { id: Id; decision: 'approve' | 'decline'; values?: ArchiveChangeBody['changes'] | null; note?: string }
  'handover.set': SetHandoverArgs
  'document.add': AddDocumentArgs
  'document.retire': { id: Id }
  'document.pin': Omit<DocumentPin, 'by'> & { document_id: Id }
  'document.unpin': { id: Id; document_id: Id }
  'article.propose': OnVisit & { id: Id } & Pick<ArticleBody, 'title' | 'text'> & Partial<Pick<ArticleBody, 'asset_class' | 'brand' | 'keywords' | 'symptom_codes'>>
  'article.edit': { id: Id; changes: Changes<EditableArticle> }
  'article.review': { id: Id; decision: 'publish' | 'decline' | 'retire'; review_on?: string | null; note?: string }
  'favourite.set': { id: Id; noun: 'article' | 'document'; row_id: Id; chosen: boolean }
  'note.add': OnVisit & { id: Id; text: string }
  'report.sign': SignArgs
  'report.waive': WithReason & { id: Id }
  'work_order.register': RegisterArgs
  'work_order.edit': { id: Id; changes: Changes<EditableWorkOrder> }
  'work_order.cancel': { id: Id; reason: string; note?: string }
  'work_order.close': { id: Id; note?: string }
  'work_order.hand_over': { id: Id; to_id: Id; note?: string }
  'work_order.take_over': { id: Id }
  'work_order.refuse_over': { id: Id; reason: string }
  'customer_report.merge': { id: Id; into_id: Id; note?: string }
  'customer_report.decline': { id: Id; reason: string }
  'link.make': { id: Id; work_order_id: Id; visit_id?: Id; kind: LinkKind }
  'link.revoke': { id: Id }
  'catalogue.put': PutEntryArgs
  'visit.dispatch': DispatchArgs
  'visit.reschedule': OnVisit & { slot_start: Instant; slot_end: Instant; reason?: string }
  'visit.reassign': ReassignArgs
  'visit.cancel': WithReason
  'work_order.estimate': { id: Id; mode: VisitMode; people: number; minutes: number; parts?: string[]; note?: string }
  'visit.prepare': OnVisit & { brief?: string | null; bring?: string[] | null; helper_ids?: Id[] | null }
  'duty.assign': { id: Id; user_id: Id; kind: DutyKind; starts_at: Instant; ends_at: Instant; vehicle?: string; note?: string }
  'duty.remove': { id: Id }
  'visit.review': OnVisit & { decision: 'accept' | 'return'; remarks?: string }
  'evidence.settle': { noun: string; id: Id; decision: 'adopt' | 'discard'; note?: string }
  'conflict.settle': { id: Id; value: unknown }
  'review.settle': SettleReviewArgs
}

export type ActName = keyof Args

/** The version of an act's arguments, where it is not the first. */
export const ACT_VERSIONS: Partial<Record<ActName, number>> = { 'review.settle': 2 }

/** An act as it stands in the outbox and travels to the server. */
export interface Act<A extends ActName = ActName> {
  n: number
  id: Id
  act: A
  v: number
  at: Instant
  args: Args[A]
  group: string | null
}

export type Outcome = 'applied' | 'merged' | 'parked' | 'rejected'
