/**
 * The service report: what the customer reads and signs. Twin of `sync/report.py`: the same view gives the same bytes
 * and the same hash on both sides; both run `tests/vectors/report.json`. Pure: no clock, no store.
 */

/** A pulled row as the report reads it: its id beside its body (docs/contract.md). */
export type ReportRow = { id: string } & Record<string, unknown>

export interface CatalogueName {
  name: string
  name_en: string
}

/** Everything a report is made of. Rows are whole; which of their fields are shown is decided here. */
export interface ReportView {
  work_order: ReportRow
  visit: ReportRow
  site: ReportRow | null
  asset: ReportRow | null
  diagnosis: ReportRow | null
  part_uses: ReportRow[]
  /** checklist_run rows with the pinned `version` (a checklist_version body) and their `answers` (rows). */
  checklist_runs: (ReportRow & { version: Record<string, unknown>; answers: ReportRow[] })[]
  /** Defects of the site; those that something was done about on this visit are told. */
  defects?: ReportRow[]
  charges?: ReportRow[]
  quotations?: ReportRow[]
  custodies?: ReportRow[]
  slips?: ReportRow[]
  attachments: ReportRow[]
  notes: ReportRow[]
  /** By user id. */
  users: Record<string, CatalogueName>
  /** By kind, then by code: `{symptom: {"no-video": {name, name_en}}}`. */
  catalogue: Record<string, Record<string, CatalogueName>>
  /** Minutes east of UTC in which times are shown; 480 when absent. */
  utc_offset_minutes?: number
}

export type ContentValue = string | number | boolean | ContentValue[] | { [key: string]: ContentValue }
/** Strings, whole numbers, booleans, lists and objects only: no null, no fraction. Travels in `report.sign`. */
export type ReportContent = { [key: string]: ContentValue }

export type Locale = 'zh-CN' | 'en'

export interface ReportSection {
  id: string
  title: string
  rows: { label: string; value: string }[]
  /** `marks`: per row the verdict of a checklist's answer, or empty. */
  table?: { head: string[]; rows: string[][]; marks: string[] }
  images?: { id: string; sha256: string; caption: string }[]
}

/** A signature row as the store holds it. */
export type SignatureRow = { id: string } & Record<string, unknown>

export interface SignatureBlock {
  id: string
  /** The role in words: Customer, Engineer, Witness. */
  title: string
  image_id: string
  rows: { label: string; value: string }[]
}

export { canonical, changedSince, contentHash, localTime, reportContent } from './report_content'
export { changedTitles, reportText, reportTitle, roleName, sections, signatureBlocks, signersOf } from './report_text'
