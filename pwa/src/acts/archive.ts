/** The archive is read at the server: no device holds it. Each throws when the server cannot be asked now. */
import type { Id, Instant, WorkOrderState } from '../protocol/nouns'
import type { Row } from '../store/types'
import { answered } from './office'

export interface ArchiveHit {
  id: Id
  number: string
  title: string
  kind: string
  level: 1 | 2 | 3
  state: WorkOrderState
  site_id: Id
  site_name: string
  customer_name: string
  reported_at: Instant
  ended_at: Instant
  around: string
}
export interface ArchivePage {
  items: ArchiveHit[]
  next: number | null
  /** How many have the words, nearly; null when no word was asked for. */
  about: number | null
  words: string[]
}
export interface ArchiveQuestion { q: string; since: string; until: string; level: string; site_id: string; before?: number }

export async function searchArchive(question: ArchiveQuestion, signal?: AbortSignal): Promise<ArchivePage> {
  const asked = new URLSearchParams(Object.entries(question).filter(([, value]) => value).map(([name, value]) => [name, String(value)]))
  return (await (await answered(`/api/archive?${asked}`, signal ? { signal } : {})).json()) as ArchivePage
}

/** Everything under an archived work order, as a device would hold it. */
export async function readArchived(id: Id): Promise<Row<unknown>[]> {
  const said = (await (await answered(`/api/archive/${id}`)).json()) as { rows: Omit<Row<unknown>, 'pending'>[] }
  return said.rows.map((row) => ({ ...row, pending: false }))
}
