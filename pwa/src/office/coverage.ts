/** Plans as a year reads them: sites by months, what became of each occurrence, and figures per customer. Pure. */
import type { OccurrenceState, PlanKind } from '@/protocol/nouns'
import { groupBy, type Held } from './rows'

export type Shown = OccurrenceState | 'late'
/** Months a desk looks at: most of a year back, and what is to be planned. */
export const MONTHS = 12
const BACK = 9

export interface Rule { interval: number; day: number; months: number[] }

/** What the editor understands of a rule; null leaves it as text. `sync/plans.py` decides. */
export function ruleOf(text: string): Rule | null {
  const said = new Map(text.split(';').map((part) => part.split('=') as [string, string | undefined]))
  const [interval, day] = [Number(said.get('INTERVAL') ?? 1), Number(said.get('BYMONTHDAY'))]
  const months = (said.get('BYMONTH') ?? '').split(',').filter(Boolean).map(Number)
  return said.get('FREQ') === 'MONTHLY' && Number.isInteger(interval) && interval > 0 && Number.isInteger(day) && (day === -1 || (day > 0 && day < 29)) && months.every((m) => m >= 1 && m <= 12)
    ? { interval, day, months } : null
}

export const ruleText = ({ interval, day, months }: Rule): string =>
  ['FREQ=MONTHLY', ...(interval > 1 ? [`INTERVAL=${interval}`] : []), ...(months.length ? [`BYMONTH=${months.join()}`] : []), `BYMONTHDAY=${day}`].join(';')

const pad = (n: number): string => String(n).padStart(2, '0')
const numberOf = (month: string): number => Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1
const monthOf = (n: number): string => `${Math.floor(n / 12)}-${pad((n % 12) + 1)}`
export const addMonths = (month: string, n: number): string => monthOf(numberOf(month) + n)

/** The first `n` days a rule falls on, from `first`, on or after `since`: what the editor shows before it is saved. */
export function dueDays(rule: Rule, first: string, since: string, n: number): string[] {
  const found: string[] = []
  for (let at = numberOf(first); found.length < n && at < numberOf(first) + 1200; at += rule.interval) {
    if (rule.months.length && !rule.months.includes((at % 12) + 1)) continue
    const last = new Date(Date.UTC(Math.floor(at / 12), (at % 12) + 1, 0)).getUTCDate()
    const day = `${monthOf(at)}-${pad(rule.day === -1 ? last : rule.day)}`
    if (day >= first && day >= since) found.push(day)
  }
  return found
}

export const monthsFrom = (from: string): string[] => Array.from({ length: MONTHS }, (_, i) => addMonths(from, i))
export const firstMonth = (today: string): string => addMonths(today.slice(0, 7), -BACK)

export const shownState = ({ state, done_on, closes_on }: Held<'plan_occurrence'>['body']): Shown =>
  (state === 'done' && done_on && done_on > closes_on ? 'late' : state)
export const isOpen = ({ body }: Held<'plan_occurrence'>): boolean => (body.state === 'due' || body.state === 'missed') && !body.work_order_id

/** `rate`: of what had to be done by now and was not excused, how much was; null when nothing had to. */
export interface Figures extends Record<Shown, number> { rate: number | null }

export function figuresOf(rows: readonly Held<'plan_occurrence'>[]): Figures {
  const sums: Record<Shown, number> = { due: 0, visit_made: 0, done: 0, late: 0, missed: 0, excused: 0 }
  for (const { body } of rows) sums[shownState(body)] += 1
  const done = sums.done + sums.late
  return { ...sums, rate: done + sums.missed ? Math.round((done / (done + sums.missed)) * 100) : null }
}

export interface SiteLine { id: string; name: string; plans: Held<'maintenance_plan'>[]; cells: Map<string, Held<'plan_occurrence'>[]> }
export interface CustomerLines { id: string; name: string; sites: SiteLine[]; figures: Figures }

const ORDER: readonly PlanKind[] = ['monthly', 'quarterly', 'half_year']

export function coverageOf(
  sites: readonly Held<'site'>[], plans: readonly Held<'maintenance_plan'>[], occurrences: readonly Held<'plan_occurrence'>[], months: readonly string[],
): CustomerLines[] {
  const [from, to] = [months[0] ?? '', months.at(-1) ?? '']
  const inside = occurrences.filter(({ body }) => body.due_on.slice(0, 7) >= from && body.due_on.slice(0, 7) <= to)
  const [bySite, plansOf] = [groupBy(inside, (row) => row.body.site_id), groupBy(plans, (row) => row.body.site_id)]
  return [...groupBy(sites, ({ body }) => body.customer_id)].map(([id, held]) => ({
    id, name: held[0]!.body.customer_name, figures: figuresOf(held.flatMap((site) => bySite.get(site.id) ?? [])),
    sites: held.map((site) => ({
      id: site.id, name: site.body.name,
      plans: (plansOf.get(site.id) ?? []).toSorted((a, b) => ORDER.indexOf(a.body.kind) - ORDER.indexOf(b.body.kind)),
      cells: groupBy((bySite.get(site.id) ?? []).toSorted((a, b) => ORDER.indexOf(a.body.kind) - ORDER.indexOf(b.body.kind) || (a.body.due_on < b.body.due_on ? -1 : 1)), (row) => row.body.due_on.slice(0, 7)),
    })).sort((a, b) => a.name.localeCompare(b.name, 'zh')),
  })).sort((a, b) => a.name.localeCompare(b.name, 'zh'))
}
