/** The body of every synced noun, as `docs/contract.md` names it. Optional English names fall back to Chinese. */
import type { AnswerValue } from './checklist'
import type { AssessmentBodies } from './assessment_nouns'
import type { ChannelBodies } from './channels'
import type { ClosingBodies } from './closing'
import type { DossierBodies } from './dossier_nouns'
import type { EmergencyBodies } from './emergencies'
import type { FieldBodies } from './field_nouns'
import type { IntakeBodies } from './intake_nouns'
import type { LearningBodies } from './learning'
import type { PlanBodies } from './plans'
import type { QualityBodies } from './quality'
import type { DeadlineBodies, PolicySettings } from './deadlines'
import type {
  ArticleBody, AssetBody, CatalogueEntryBody, ChecklistVersionBody, Common, ContactBody, CustomerBody, DutyShiftBody, Id, Instant,
  PartBody, PriceItemBody, ServiceRecordBody, SiteBody, TeamBody, UserBody,
} from './reference'

export type { AnswerValue } from './checklist'
export type * from './field_nouns'
export type * from './assessment_nouns'
export type * from './channels'
export type * from './closing'
export type * from './deadlines'
export type * from './dossier_nouns'
export type * from './emergencies'
export type * from './intake_nouns'
export type * from './learning'
export type * from './plans'
export type * from './quality'
export type * from './reference'

/** A fact from the field: add-only, never refused because the office changed its mind meanwhile. */
export interface Fact extends Common {
  visit_id: Id
  work_order_id: Id
  late: boolean
  late_state: null | 'open' | 'adopted' | 'discarded'
  withdrawn: boolean
}

export type WorkOrderState =
  | 'draft' | 'registered' | 'triaged' | 'planning' | 'plan_review' | 'ready' | 'scheduled' | 'in_progress'
  | 'on_hold' | 'work_done' | 'confirming' | 'resolved' | 'follow_up' | 'closed' | 'cancelled' | 'merged'

export type WorkOrderKind = 'repair' | 'monthly' | 'quarterly' | 'half_year' | 'other' | 'consultation'

export interface WorkOrderBody extends Common {
  number: string | null
  state: WorkOrderState
  kind: WorkOrderKind
  title: string
  description: string
  customer_id: Id
  customer_name: string
  site_id: Id
  site_name: string
  asset_id: Id | null
  level: 1 | 2 | 3
  level_reason: string
  channel: string
  source: string
  categories: string[]
  contact_masked: string
  reported_at: Instant
  owner_id: Id | null
  follow_up: boolean
  due_at: Instant | null
  /** `by` is a user id. */
  cancelled: null | { reason: string; note: string; by: Id; at: Instant }
  /** Who brought it from the field; absent on rows of an older server. */
  raised_by_id?: Id | null
  defect_id?: Id | null
  merged_into_id?: Id | null
  /** The policy's code and settings, as they were when it was promised. */
  sla?: ({ code: string } & PolicySettings) | null
  plan?: 'needed' | 'review' | 'approved' | null
  /** How often it was reopened, and the sequence of the last visit before that. */
  reopened?: number
  visits_before?: number
  /** What a registration says beside; absent on rows of an older server, like the hand-over. */
  purchased_on?: string
  purchased_from?: string
  happened_at?: string
  happened_where?: string
  demands?: string[]
  handover?: null | { to_id: Id; by_id: Id; at: Instant; until: Instant; note: string }
  /** What triage says it will take; absent on rows of an older server. */
  estimate?: null | { mode: VisitMode; people: number; minutes: number; parts: string[]; note: string; by: Id; at: Instant }
}

export type VisitState =
  | 'planned' | 'dispatched' | 'accepted' | 'declined' | 'travelling' | 'arrived' | 'working' | 'paused'
  | 'work_done' | 'signed' | 'sign_waived' | 'cannot_complete' | 'submitted' | 'reviewed' | 'returned' | 'cancelled'

export type VisitMode = 'on_site' | 'remote'

export interface VisitBody extends Common {
  work_order_id: Id
  site_id: Id
  sequence: number
  mode: VisitMode
  state: VisitState
  lead_id: Id | null
  helper_ids: Id[]
  slot_start: Instant
  slot_end: Instant
  brief: string
  checklist_codes: string[]
  /** When each state was entered; `paused` is the latest pause. */
  times: Record<string, Instant>
  reason: string | null
  reason_note: string
  replaces_id: Id | null
  replaced_by_id: Id | null
  returned_note: string
  /** Handed in without being completed. */
  partial: boolean
  /** Tools and parts; this and the receipts are absent on rows of an older server. */
  bring?: string[]
  /** The lead's phone holds it; it was opened there. */
  reached_at?: Instant | null
  seen_at?: Instant | null
}

export interface EventBody extends Common {
  work_order_id: Id
  visit_id: Id | null
  kind: string
  by_name: string
  at: Instant
  data: Record<string, unknown>
}

export type TestResult = 'passed' | 'partly' | 'failed'

/** What a person may edit of a diagnosis; one row per visit. Nothing chosen yet is an empty string on the wire. */
export interface DiagnosisFields {
  asset_id: Id | null
  symptom_code: string | null
  symptom_text: string
  cause_code: string | null
  cause_text: string
  action_code: string | null
  action_text: string
  cautions: string
  test_result: TestResult | '' | null
  test_text: string
  /** Before the repair; absent on rows of an older server. */
  consent?: 'given' | 'refused' | '' | null
  consent_name?: string | null
  consent_at?: string | null
}

export interface DiagnosisBody extends Fact, DiagnosisFields {}

export type PartSource = 'own' | 'warehouse' | 'outlet' | 'customer'

export interface PartUseBody extends Fact {
  part_id: Id
  part_number: string
  part_name: string
  unit: string
  quantity: number
  source: PartSource
  serials: string[]
  old_serials: string[]
  note: string
}

export interface Place { lat: string; lng: string; accuracy_m: number | null }

export type Purpose = 'before' | 'after' | 'nameplate' | 'part' | 'site' | 'signature' | 'answer' | 'other'

export interface AttachmentBody extends Omit<Fact, 'visit_id'> {
  /** Null: a picture of a ticket from the field. */
  visit_id: Id | null
  parent_noun: string | null
  parent_id: Id | null
  sha256: string
  size: number
  mime: string
  purpose: Purpose
  caption: string
  taken_at: Instant
  place: Place | null
  width: number | null
  height: number | null
  state: 'declared' | 'stored' | 'verified' | 'refused'
  refusal: string | null
  thumbs: Record<string, boolean>
}

export interface ChecklistRunBody extends Fact {
  version_id: Id
  code: string
  state: 'in_progress' | 'completed'
  completed_at: Instant | null
}

/** Append-only; `over` names the answers its author saw (absent on rows of an older server). */
export interface ChecklistAnswerBody extends Fact { run_id: Id; item_id: string; value: AnswerValue; note: string; over?: Id[] | null }

/** A place on a patrol with a code to scan; `item_ids` are answered there, of whichever checklist. */
export interface PointBody extends Common {
  site_id: Id
  code: string
  name: string
  name_en: string
  location: string
  token: string
  item_ids: string[]
  sort: number
  active: boolean
}

export interface PresenceProofBody extends Fact {
  point_id: Id
  run_id: Id | null
  how: 'scan' | 'nfc' | 'typed' | 'picked'
  token: string
  place: Place | null
  /** What is doubtful: see `presence.ts`. */
  flags: string[]
}

export type Severity = 'minor' | 'major' | 'critical'
export type DefectState = 'open' | 'fixed_on_spot' | 'work_order' | 'verified' | 'closed' | 'withdrawn'
export interface DefectStep {
  act: string
  visit_id: Id
  run_id: Id | null
  at: Instant
  /** A user id. */
  by: Id
  text: string
  order_id: Id | null
}

/** Something found wrong at a point of a site. It travels with the site: who comes next month has to see it. */
export interface DefectBody extends Fact {
  site_id: Id
  asset_id: Id | null
  run_id: Id | null
  /** Of the checklist; with `item_id` it names the point from month to month. */
  code: string
  item_id: string
  label: string
  label_en: string
  severity: Severity
  text: string
  state: DefectState
  photos: { id: Id; sha256: string }[]
  /** Oldest first, only added to. */
  steps: DefectStep[]
  /** The work order that puts it right. */
  raised_id: Id | null
  raised_number: string | null
  checked_run_id: Id | null
  checked_visit_id: Id | null
}

export interface NoteBody extends Fact { text: string }
export interface WaiverBody extends Fact { reason: string; note: string }

export interface Strokes { width: number; height: number; strokes: { points: [x: number, y: number, t_ms: number][] }[] }
export interface Rating { speed: number | null; solution: number | null; attitude: number | null }

export type SignerRole = 'customer' | 'engineer' | 'witness' | 'supervisor' | 'leader'

export interface SignatureBody extends Fact {
  role: SignerRole
  name: string
  content_hash: string
  content: unknown
  strokes: Strokes
  image_id: Id
  rating: Rating | null
  opinion: string
}

export interface ConflictBody extends Common {
  work_order_id: Id
  visit_id: Id | null
  noun: Noun
  row_id: Id
  field: string
  was: unknown
  server_value: unknown
  device_value: unknown
  server_by: Id | null
  device_by: Id
  state: 'open' | 'settled'
  settled_value: unknown
}

export interface StockBody extends Common { user_id: Id; part_id: Id; quantity: number }
export interface ContactCardBody extends Common { visit_id: Id; name: string; phone: string }

export interface PhoneStatusBody extends Common {
  user_id: Id
  device_id: Id
  team_id: Id | null
  last_contact: Instant | null
  pending: number
  oldest_at: Instant | null
  files_waiting: number
  failing: string | null
  app_version: string
  clock_offset_ms: number
  persisted: boolean
  storage_used: number | null
  storage_quota: number | null
  /** Percent, where the browser tells. */
  battery?: number | null
  /** What the browser of that phone threw away, as the phone told it last. */
  evicted?: { unsent?: number; since?: Instant | null; last_contact?: Instant | null; noticed_at?: Instant | null } | null
}

export interface ReviewItemBody extends Common {
  act_id: Id
  user_id: Id
  user_name: string
  device_id: Id
  n: number
  act: string
  args: Record<string, unknown>
  at: Instant
  outcome: 'parked' | 'rejected'
  code: string
  detail: string | null
  work_order_id: Id | null
  visit_id: Id | null
  state: 'waiting' | 'open' | 'resolved'
  resolution: null | 'applied' | 'amended' | 'attached' | 'discarded' | 'arrived'
  /** The arguments a decision changed, with what they became. */
  amended?: Record<string, unknown> | null
  resolved_by: Id | null
  resolved_at: Instant | null
  resolution_note: string | null
  waits_until?: Instant | null
}

export interface Bodies extends FieldBodies, DeadlineBodies, DossierBodies, IntakeBodies, ClosingBodies, PlanBodies, QualityBodies, AssessmentBodies, LearningBodies, ChannelBodies, EmergencyBodies {
  team: TeamBody
  user: UserBody
  catalogue_entry: CatalogueEntryBody
  part: PartBody
  price_item: PriceItemBody
  checklist_version: ChecklistVersionBody
  article: ArticleBody
  customer: CustomerBody
  contact: ContactBody
  site: SiteBody
  asset: AssetBody
  service_record: ServiceRecordBody
  work_order: WorkOrderBody
  visit: VisitBody
  event: EventBody
  diagnosis: DiagnosisBody
  part_use: PartUseBody
  attachment: AttachmentBody
  checklist_run: ChecklistRunBody
  checklist_answer: ChecklistAnswerBody
  point: PointBody
  presence_proof: PresenceProofBody
  signature: SignatureBody
  waiver: WaiverBody
  defect: DefectBody
  note: NoteBody
  conflict: ConflictBody
  stock: StockBody
  contact_card: ContactCardBody
  phone_status: PhoneStatusBody
  duty_shift: DutyShiftBody
  review_item: ReviewItemBody
}

export type Noun = keyof Bodies
export type Body<N extends Noun = Noun> = Bodies[N]
