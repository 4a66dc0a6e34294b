/** The month's report: counted at the server when it is asked for; what is written about it is an act like any other. */
import { newId } from '../protocol/ids'
import type { Id, Instant, MonthlyReportBody } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { answered } from './office'
import { record } from './record'

export interface Rate { value: number | null; was: number | null; aim: number | null; good: string; all: string; n: number; of: number }
export interface Mean { value: number | null; was: number | null; aim: number | null; less_is_better: boolean; figure: string; n: number }
export interface TypeLine { code: string; name: string; name_en: string; n: number }
export interface SiteLine {
  site_id: Id
  name: string
  registered: number
  resolved: number
  unresolved: number
  repaired_again: number
  patrols_due: number
  patrols_done: number
  defects: number
  parts_used: number
}
export interface TrendLine { month: string; registered: number; resolved: number; patrols_done: number; satisfaction: number | null }
export interface Month {
  month: string
  made_at: Instant
  figures: Record<string, { n: number; was: number }>
  rates: Record<string, Rate>
  means: Record<string, Mean>
  types: Record<'category' | 'symptom' | 'asset_class', TypeLine[]>
  sites: SiteLine[]
  trend: TrendLine[]
  quarter: { name: string; from: Instant; kpis: Record<string, Partial<Rate> & Partial<Mean>> }
  complaints: { n: number; was: number; due: number; in_time: number; closed: number }
  report: (MonthlyReportBody & { id: Id }) | null
}
export interface Behind {
  total: number
  /** Without an id: a patrol of a plan that nobody was sent on; its state is the occurrence's. */
  items: { id: Id | null; number: string; title: string; kind: string; level: 1 | 2 | 3 | null; state: string; site_name: string; reported_at: Instant | null; at: Instant; value: number | null }[]
}
export interface BehindQuestion { month: string; figure: string; months?: 3; by?: string; value?: string }

const SHEET_TIMEOUT_MS = 2 * 60_000

export const readMonth = async (month: string, signal?: AbortSignal): Promise<Month> =>
  (await (await answered(`/api/reports/month?month=${month}`, signal ? { signal } : {})).json()) as Month

export async function readBehind(question: BehindQuestion): Promise<Behind> {
  const asked = new URLSearchParams(Object.entries(question).map(([name, value]) => [name, String(value)]))
  return (await (await answered(`/api/reports/month/rows?${asked}`)).json()) as Behind
}

export const monthSheet = async (month: string, lang: string): Promise<Blob> =>
  (await answered(`/api/reports/month.xlsx?month=${month}&lang=${lang}`, { signal: AbortSignal.timeout(SHEET_TIMEOUT_MS) })).blob()

export const monthPdf = async (month: string, lang: string): Promise<Blob> =>
  (await answered(`/api/reports/month.pdf?month=${month}&lang=${lang}`, { signal: AbortSignal.timeout(SHEET_TIMEOUT_MS) })).blob()

export interface Sent {
  mail: boolean
  items: { address: string; state: 'waiting' | 'sent' | 'failed' | 'dropped'; error: string; created_at: Instant; ended_at: Instant | null }[]
  last_to: string[]
}
/** To whom the month went, and whether it arrived. */
export const readSent = async (month: string): Promise<Sent> => (await answered(`/api/reports/month/sent?month=${month}`)).json() as Promise<Sent>
/** The approved report as PDF and Excel, a mail to each address. */
export async function sendMonth(month: string, to: string[], lang: string): Promise<Sent> {
  const body = JSON.stringify({ month, to, lang })
  return (await answered('/api/reports/month/send', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })).json() as Promise<Sent>
}

/** `over`: what the author saw when they began, so that two who write at once both hear of it. */
export async function writeReport(month: string, analysis: string, improvements: string, over: { id: Id; written_at: Instant | null } | null): Promise<void> {
  await record('monthly_report.write', { id: over?.id ?? newId(), month, analysis, improvements, over: over?.written_at ?? '' })
  requestSync()
}

export async function approveReport(id: Id): Promise<void> {
  await record('monthly_report.approve', { id })
  requestSync()
}
