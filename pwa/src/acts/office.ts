/**
 * What the office does beside pushing acts: look at a contact, print a report, read a company's sheets, lock a lost
 * phone. These need the server now, so each throws (`Problem`, or `ActRefused('no-contact')`) instead of waiting.
 */
import type { Id, Instant, Role } from '../protocol/nouns'
import { askServer } from '../store/server'

/** What the server said when it said no: a stable code, and a sentence in the person's language. */
export class Problem extends Error {
  constructor(readonly code: string, readonly detail: string, readonly status: number) {
    super(detail)
    this.name = 'Problem'
  }
}

/** What a problem says about single fields, as `field: sentence`. */
function sentences(errors: unknown, field = ''): string[] {
  if (typeof errors === 'string') return [field ? `${field}: ${errors}` : errors]
  if (Array.isArray(errors)) return errors.flatMap((one) => sentences(one, field))
  if (errors && typeof errors === 'object') return Object.entries(errors).flatMap(([name, inner]) => sentences(inner, name === 'json' ? field : name))
  return []
}

/** A well-formed answer of ours, or a `Problem`; a login page of some hotel is neither and counts as no contact. */
export async function answered(path: string, init: RequestInit = {}): Promise<Response> {
  const answer = await askServer(path, init)
  if (answer.ok) return answer
  const said = await answer.json().catch(() => null) as { code?: string; detail?: string; title?: string; errors?: unknown } | null
  throw new Problem(said?.code ?? `http-${answer.status}`, [said?.detail ?? said?.title ?? `HTTP ${answer.status}`, ...sentences(said?.errors)].join(' '), answer.status)
}

export async function send<T>(method: 'POST' | 'PATCH', path: string, body: object): Promise<T> {
  const answer = await answered(path, { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
  return (await answer.json()) as T
}

export interface ContactCard { name: string; phone: string }

/** The person behind the mask; the server writes down who asked and why. */
export const revealContact = (workOrderId: Id, reason: string): Promise<ContactCard> =>
  send('POST', `/api/work-orders/${workOrderId}/contact/reveal`, { reason })

/** Thirty photos take a while to set. */
const PDF_TIMEOUT_MS = 2 * 60_000

/** The service report as PDF, in the language asked for. */
export async function reportPdf(visitId: Id, lang: 'zh-CN' | 'en'): Promise<Blob> {
  const answer = await answered(`/api/visits/${visitId}/report.pdf?lang=${lang}`, { signal: AbortSignal.timeout(PDF_TIMEOUT_MS) })
  return answer.blob()
}

/** Labels of a site's points or equipment, to print. */
export async function labelSheet(siteId: string, of: 'points' | 'assets', lang: string): Promise<Blob> {
  return (await answered(`/api/sites/${siteId}/labels.pdf?of=${of}&lang=${lang}`, { signal: AbortSignal.timeout(PDF_TIMEOUT_MS) })).blob()
}

/** The week's plan as a sheet, of one team or of all. */
export async function planSheet(day: string, team: string, lang: string): Promise<Blob> {
  return (await answered(`/api/plan.xlsx?day=${day}&lang=${lang}${team ? `&team_id=${team}` : ''}`, { signal: AbortSignal.timeout(PDF_TIMEOUT_MS) })).blob()
}

export interface ImportProblem {
  file: string
  sheet: string | null
  row: number | null
  column: string | null
  value: unknown
  code: string
  reason: string
}

/** Rows of one kind of sheet. */
export interface ImportCounts { new: number; changed: number; same: number; bad: number }

export interface ImportResult {
  ok: boolean
  /** By kind: `user`, `customer`, `site`, `asset`, … */
  counts: Record<string, ImportCounts>
  /** How many problems there are; `errors` may name only the first of them. */
  faults: number
  errors: ImportProblem[]
  /** Columns that nothing is done with. */
  ignored: { file: string; sheet: string | null; column: string }[]
  /** Of new users whose sheet gave none; the server tells them this once. */
  passwords: { login: string; password: string }[]
}

/** A company's sheets are many rows in one transaction, on a weak server. */
const IMPORT_TIMEOUT_MS = 10 * 60_000

/** Reads the sheets of a company, all or nothing; a dry run only says what would happen. */
export async function importSheets(files: readonly File[], dryRun: boolean): Promise<ImportResult> {
  const form = new FormData()
  for (const file of files) form.append('files', file, file.name)
  const answer = await askServer(`/api/import${dryRun ? '?dry_run=1' : ''}`, {
    method: 'POST', body: form, signal: AbortSignal.timeout(IMPORT_TIMEOUT_MS),
  })
  const said = await answer.json().catch(() => null) as (ImportResult & { code?: string; detail?: string; title?: string }) | null
  // Bad rows are an answer to read, whatever its status; only an answer without them is a failure of the request.
  if (said?.counts && Array.isArray(said.errors)) return said
  throw new Problem(said?.code ?? `http-${answer.status}`, said?.detail ?? said?.title ?? `HTTP ${answer.status}`, answer.status)
}

export interface Device {
  id: Id
  user_id: Id
  name: string
  platform: string
  last_contact_at: Instant | null
  revoked_at: Instant | null
  /** The device that asks. */
  current: boolean
}

/** The devices this person may see: their own, or everybody's for those who look after them. */
export async function listDevices(): Promise<Device[]> {
  return (await answered('/api/devices')).json() as Promise<Device[]>
}

/** The device may no longer speak for its owner. What it had not sent stays on it. */
export const revokeDevice = (id: Id, reason: string): Promise<Device> => send('POST', `/api/devices/${id}/revoke`, { reason })

/** An account as an administrator sets it; `password` is only ever written. */
export interface Account {
  number: string
  login: string
  name: string
  name_en: string
  roles: Role[]
  team_id: Id | null
  skills: string[]
  active: boolean
  password?: string
}

export const createAccount = (account: Account): Promise<{ id: Id }> => send('POST', '/api/users', account)

/** Changes what is given. A new password, and the end of an account, sign its devices out. */
export const changeAccount = (id: Id, change: Partial<Account>): Promise<{ id: Id }> => send('PATCH', `/api/users/${id}`, change)

/** What a rescue file is about; `new`: not here yet. `warnings` are codes. */
export interface RescueAbout {
  user: { id: Id; name: string; name_en: string }
  device: { id: Id; name: string }
  made_at: Instant | null
  proven: boolean
  warnings: string[]
  acts: { all: number; new: number; kinds: Record<string, number>; first_at: Instant | null; last_at: Instant | null }
  files: { all: number; new: number }
  bytes: number
}
export interface RescueResult {
  acts: Partial<Record<'known' | 'applied' | 'merged' | 'parked' | 'rejected', number>>
  items: { n: number; act: string; at: Instant; outcome: string; code: string | null }[]
  files: Record<string, number>
  file_items: { attachment: Id; size: number; purpose: string | null; state: string }[]
  damaged: boolean
  unreadable: number
}
export interface Rescue {
  id: Id
  brought_by_name: string
  brought_at: Instant
  imported_by_name: string | null
  imported_at: Instant | null
  size: number
  /** The file is still at the server and can be imported (again). */
  kept: boolean
  about: RescueAbout
  result: RescueResult | null
}

/** Half a gigabyte over an office's line, and a weak server that looks at every photo. */
const RESCUE_TIMEOUT_MS = 30 * 60_000

/** Takes the file to the server, which says what is in it. Nothing is imported yet. */
export async function bringRescue(file: File): Promise<Rescue> {
  const init = { method: 'POST', body: file, headers: { 'Content-Type': 'application/octet-stream' }, signal: AbortSignal.timeout(RESCUE_TIMEOUT_MS) }
  return (await (await answered('/api/rescue', init)).json()) as Rescue
}
export async function importRescue(id: Id): Promise<Rescue> {
  return (await (await answered(`/api/rescue/${id}/import`, { method: 'POST', signal: AbortSignal.timeout(RESCUE_TIMEOUT_MS) })).json()) as Rescue
}
export const listRescues = async (): Promise<Rescue[]> => (await answered('/api/rescue')).json() as Promise<Rescue[]>

export interface BroughtPage { sha256: string; size: number; mime: string; width: number; height: number }

/** A PDF of sixty pages is drawn at the server, which takes its time. */
const PAGES_TIMEOUT_MS = 5 * 60_000

/** A picture is one page, a PDF as many as it has; they are at the server when this comes back. */
export async function bringPages(file: File): Promise<BroughtPage[]> {
  const init = { method: 'POST', body: file, headers: { 'Content-Type': 'application/octet-stream' }, signal: AbortSignal.timeout(PAGES_TIMEOUT_MS) }
  return ((await (await answered('/api/documents/pages', init)).json()) as { pages: BroughtPage[] }).pages
}
