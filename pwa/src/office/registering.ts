/** What a new work order says, what it still lacks, and what it looks like a repeat of. */
import type { RegisterArgs } from '@/protocol/acts'
import { CHOICES, lacking, suggestLevel, type Choice, type ChoiceKind, type Suggestion } from '@/protocol/intake'
import type { CustomerReportBody, Id, WorkOrderKind } from '@/protocol/nouns'
import { fromLocalInput } from './days'
import { orderEnded } from './permits'
import type { Held } from './rows'

export const KINDS: readonly WorkOrderKind[] = ['repair', 'consultation', 'monthly', 'quarterly', 'half_year', 'other']

/** What a company lets its people choose; the rules' own until it has any of that kind. */
export function choicesOf(catalogue: readonly Held<'catalogue_entry'>[], kind: ChoiceKind): readonly Choice[] {
  const own = catalogue.filter(({ body }) => body.kind === kind)
  return own.length ? own.filter(({ body }) => body.active).sort((a, b) => a.body.sort - b.body.sort).map(({ body }) => body) : CHOICES[kind]
}

/** The choice with that code, retired ones as well: old work orders still name it. */
export const choiceOf = (catalogue: readonly Held<'catalogue_entry'>[], kind: ChoiceKind, code: string): Choice | undefined =>
  catalogue.find(({ body }) => body.kind === kind && body.code === code)?.body ?? CHOICES[kind].find((one) => one.code === code)

/** The form as typed. Kept as a draft at each keystroke, because a caller may hang up and call again. */
export interface Form {
  customer: string
  site: string
  asset: string
  kind: WorkOrderKind
  title: string
  description: string
  level: 1 | 2 | 3
  reason: string
  channel: string
  source: string
  /** `2026-11-21T10:30` of the wall clock; empty means now. */
  reportedAt: string
  name: string
  phone: string
  categories: readonly string[]
  demands: readonly string[]
  happenedAt: string
  happenedWhere: string
  purchasedOn: string
  purchasedFrom: string
  /** Their bytes are on the disk of this desk already. */
  photos: readonly { id: Id; sha256: string; size: number; mime: string; taken_at: string }[]
  /** The customer's own report this becomes, and the contact it left, masked. */
  report: string
  reportContact: string
  /** A consultation's answer. */
  answer: string
}

export const EMPTY: Form = {
  customer: '', site: '', asset: '', kind: 'repair', title: '', description: '', level: 3, reason: '', channel: 'hotline',
  source: 'customer', reportedAt: '', name: '', phone: '', categories: [], demands: [], happenedAt: '', happenedWhere: '',
  purchasedOn: '', purchasedFrom: '', photos: [], report: '', reportContact: '', answer: '',
}

export type Field = keyof Form

/** The form by the names of the act's arguments, which the rules speak. */
const FIELDS: Partial<Record<keyof RegisterArgs, Field>> = {
  customer_id: 'customer', site_id: 'site', asset_id: 'asset', title: 'title', description: 'description', level_reason: 'reason',
  contact_name: 'name', contact_phone: 'phone', happened_at: 'happenedAt', happened_where: 'happenedWhere', demands: 'demands',
  purchased_on: 'purchasedOn', purchased_from: 'purchasedFrom',
}

export function lackingOf(form: Form): ReturnType<typeof lacking> {
  const said = Object.fromEntries(Object.entries(FIELDS).map(([name, field]) => [name, form[field]]))
  const left = form.reportContact ? { contact_name: form.name || form.reportContact, contact_phone: form.phone || form.reportContact } : {}
  return lacking({ ...said, ...left, kind: form.kind })
}

/** Without these the server would not take it. */
export const missing = (form: Form): Field[] => lackingOf(form).must.map((name) => FIELDS[name as keyof RegisterArgs]!)

export const suggestionOf = (form: Form, before: number): Suggestion => suggestLevel(form.title, form.description, before)

/** The customer's report in the form's fields. Where it is they wrote in their own words: a person finds the site. */
export function filledFrom(id: string, body: CustomerReportBody): Partial<Form> {
  const where = [body.place, body.equipment].filter(Boolean).join(' · ')
  return {
    report: id, reportContact: body.contact_masked, title: body.title, description: [body.description, body.company, where].filter(Boolean).join('\n'),
    demands: body.demands, happenedAt: body.happened_at, happenedWhere: body.place, channel: 'web', source: 'customer', kind: 'repair',
  }
}

export function argsOf(form: Form, now: number): Omit<RegisterArgs, 'id'> {
  return {
    customer_id: form.customer, site_id: form.site, kind: form.kind, title: form.title.trim(), description: form.description.trim(),
    level: form.level, level_reason: form.reason.trim(), channel: form.channel, source: form.source,
    reported_at: (form.reportedAt && fromLocalInput(form.reportedAt)) || new Date(now).toISOString(),
    ...(form.asset && { asset_id: form.asset }), ...(form.name.trim() && { contact_name: form.name.trim() }),
    ...(form.phone.trim() && { contact_phone: form.phone.trim() }),
    ...(form.categories.length && { categories: [...form.categories] }), ...(form.demands.length && { demands: [...form.demands] }),
    ...(form.happenedAt && { happened_at: form.happenedAt }), ...(form.happenedWhere.trim() && { happened_where: form.happenedWhere.trim() }),
    ...(form.purchasedOn && { purchased_on: form.purchasedOn }), ...(form.purchasedFrom.trim() && { purchased_from: form.purchasedFrom.trim() }),
    ...(form.report && { report_id: form.report }), ...(form.kind === 'consultation' && form.answer.trim() && { answer: form.answer.trim() }),
  }
}

type Orders = Iterable<Held<'work_order'>>

/** Open work orders of the same site, those of the same asset first: one matter, one ticket. */
export function lookalikes(form: Form, orders: Orders): Held<'work_order'>[] {
  if (!form.site) return []
  const open = [...orders].filter(({ body }) => body.site_id === form.site && !orderEnded(body.state) && body.kind === form.kind)
  const sameAsset = (o: Held<'work_order'>): number => (form.asset && o.body.asset_id === form.asset ? 0 : 1)
  return open.sort((a, b) => sameAsset(a) - sameAsset(b))
}

/** A fault of an asset that was repaired before is important (A5). */
export function faultedBefore(form: Form, orders: Orders): number {
  if (!form.asset || form.kind !== 'repair') return 0
  return [...orders].filter(({ body }) => body.asset_id === form.asset && body.kind === 'repair' && body.state !== 'cancelled').length
}
