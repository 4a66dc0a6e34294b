/** What changes rarely: people, parts, texts, customers, sites and their assets. Names of `docs/contract.md`. */
import type { ChecklistItem } from './checklist'

export type { ChecklistItem, ItemType } from './checklist'

/** An ISO 8601 instant in UTC with milliseconds, such as `2026-11-21T08:30:00.000Z`. */
export type Instant = string
/** A calendar day, such as `2026-11-21`. */
export type Day = string
/** A lower-case UUID with dashes. */
export type Id = string

export interface Common {
  created_by: Id | null
  device_at: Instant | null
  /** Null while only this device knows the row. */
  server_at: Instant | null
}

export interface TeamBody extends Common { code: string; name: string; name_en: string }

export interface UserBody extends Common {
  login: string
  name: string
  name_en: string
  roles: Role[]
  team_id: Id | null
  skills: string[]
  active: boolean
}

export type Role =
  | 'engineer' | 'crew_lead' | 'dispatcher' | 'operator' | 'supervisor' | 'module_head'
  | 'department_head' | 'storekeeper' | 'call_back' | 'admin' | 'specialist' | 'deputy_gm'

export type CatalogueKind =
  | 'channel' | 'source' | 'category' | 'demand' | 'symptom' | 'cause' | 'action' | 'pause_reason' | 'cannot_reason' | 'waive_reason'
  | 'decline_reason' | 'reassign_reason' | 'cancel_reason' | 'delay_reason' | 'hold_reason' | 'rebook_reason'

export interface CatalogueEntryBody extends Common {
  kind: CatalogueKind
  code: string
  name: string
  name_en: string
  asset_class: string | null
  sort: number
  active: boolean
}

export interface PartBody extends Common {
  number: string
  name: string
  name_en: string
  brand: string
  spec: string
  unit: string
  serialised: boolean
  min_stock: number
  price_cents: number
}

export interface PriceItemBody extends Common {
  code: string
  name: string
  name_en: string
  unit: string
  price_cents: number
  note: string
}

export interface ChecklistVersionBody extends Common {
  code: string
  name: string
  name_en: string
  kind: 'departure' | 'repair' | 'monthly' | 'quarterly' | 'half_year'
  version: number
  items: ChecklistItem[]
}

export interface ArticleBody extends Common {
  number: string
  title: string
  title_en: string
  asset_class: string
  brand: string
  keywords: string
  symptom_codes: string[]
  text: string
  summary_en: string
  review_on: Day | null
  /** Null, or absent on rows of an older server: published. */
  state?: 'proposed' | 'published' | 'declined' | 'retired' | null
  visit_id?: Id | null
  reviewed_by?: Id | null
  reviewed_at?: Instant | null
  review_note?: string | null
}

export type DocumentKind = 'principle' | 'wiring' | 'layout' | 'duct' | 'fibre_splice' | 'manual' | 'other'
export interface DocumentPage { sha256: string; size: number; mime: string; width: number; height: number }
/** `x` and `y` are shares of the page. */
export interface DocumentPin { id: Id; page: number; x: number; y: number; label: string; asset_id: Id | null; by?: Id }

export interface DocumentBody extends Common {
  site_id: Id | null
  kind: DocumentKind
  title: string
  title_en: string
  asset_class: string
  brand: string
  model: string
  revision: string
  pages: DocumentPage[]
  pins: DocumentPin[]
  state: 'active' | 'retired'
}

export interface CustomerBody extends Common {
  number: string
  name: string
  kind: string
  contract_number: string
  sla_policy: string
  contract_from: Day | null
  contract_to: Day | null
  note: string
}

export interface ContactBody extends Common { customer_id: Id; site_id: Id | null; name_masked: string }

export interface SiteBody extends Common {
  number: string
  name: string
  customer_id: Id
  customer_name: string
  address: string
  lat: string | null
  lng: string | null
  access_notes: string
  responsible: string
  accepted_on: Day | null
  contact_masked: string
}

export interface AssetBody extends Common {
  number: string
  site_id: Id
  name: string
  asset_class: string
  brand: string
  model: string
  serial: string
  quantity: number
  protocol: string
  software_version: string
  connection: string
  location: string
  installed_on: Day | null
  warranty_until: Day | null
  keep_box: string
  note: string
}

export interface ServiceRecordBody extends Common {
  site_id: Id
  asset_id: Id | null
  work_order_id: Id | null
  visit_id: Id | null
  number: string
  title: string
  finished_at: Instant | null
  engineer_name: string
  symptom: string
  cause: string
  action: string
  test_result: string
  text: string
  /** What it looked like; absent on rows of an older server. */
  photos?: { id: Id; sha256: string; purpose: string; taken_at: Instant }[] | null
}

export type DutyKind = 'day' | 'night' | 'holiday' | 'leave'
/** Of the roster; a shift taken back stays, `removed`. */
export interface DutyShiftBody extends Common {
  user_id: Id
  kind: DutyKind
  starts_at: Instant
  ends_at: Instant
  vehicle: string
  note: string
  removed: boolean
}
