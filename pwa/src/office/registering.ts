/** What a new work order says, what it still lacks, and what it looks like a repeat of. */
import type { RegisterArgs } from '@/protocol/acts'
import type { WorkOrderKind } from '@/protocol/nouns'
import { fromLocalInput } from './days'
import { orderEnded } from './permits'
import type { Held } from './rows'

export const CHANNELS = ['hotline', 'wechat', 'app', 'web', 'chat', 'email', 'suggestion'] as const
export const SOURCES = ['customer', 'internal', 'partner', 'sweep'] as const
export const KINDS: readonly WorkOrderKind[] = ['repair', 'monthly', 'quarterly', 'half_year', 'other']

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
}

export const EMPTY: Form = {
  customer: '', site: '', asset: '', kind: 'repair', title: '', description: '', level: 3, reason: '', channel: 'hotline',
  source: 'customer', reportedAt: '', name: '', phone: '',
}

export type Field = keyof Form

/** Without these the server would not take it. */
export function missing(form: Form): Field[] {
  return (['customer', 'site', 'title', 'reason'] as const).filter((field) => !String(form[field]).trim())
}

/** Without these somebody may drive out for nothing: worth a question while the customer is still on the line. */
export function incomplete(form: Form): Field[] {
  const wanted: Field[] = form.kind === 'repair' ? ['asset', 'description', 'name', 'phone'] : ['name', 'phone']
  return wanted.filter((field) => !String(form[field]).trim())
}

export function completeness(form: Form): number {
  const lacking = missing(form).length + incomplete(form).length
  const all = 4 + (form.kind === 'repair' ? 4 : 2)
  return Math.round(((all - lacking) / all) * 100)
}

export function argsOf(form: Form, now: number): Omit<RegisterArgs, 'id'> {
  return {
    customer_id: form.customer, site_id: form.site, kind: form.kind, title: form.title.trim(), description: form.description.trim(),
    level: form.level, level_reason: form.reason.trim(), channel: form.channel, source: form.source,
    reported_at: (form.reportedAt && fromLocalInput(form.reportedAt)) || new Date(now).toISOString(),
    ...(form.asset && { asset_id: form.asset }), ...(form.name.trim() && { contact_name: form.name.trim() }),
    ...(form.phone.trim() && { contact_phone: form.phone.trim() }),
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
