/** What waits for a decision of the office, the oldest and gravest first. Nothing here may be scrolled away unseen. */
import { localName } from '@/i18n'
import type { Noun } from '@/protocol/nouns'
import type { Alarm } from './heartbeat'
import { orderEnded } from './permits'
import { groupBy, orderOf, type Held } from './rows'

export type AttentionKind = 'waiting' | 'parked' | 'rejected' | 'conflict' | 'evidence' | 'declined' | 'returned' | 'cannot' | 'review' | 'phone' | 'rebooking'

export interface AttentionItem {
  key: string
  kind: AttentionKind
  workOrderId: string | null
  visitId: string | null
  at: string | null
  who: string
  /** What it is about: an act's name, a field, a problem code. The screen finds the words. */
  about: string
  count: number
}

/** Gravity: an act nobody applied outranks a returned report, which outranks a report to read. */
const ORDER: readonly AttentionKind[] = ['parked', 'rejected', 'conflict', 'evidence', 'phone', 'rebooking', 'declined', 'cannot', 'returned', 'waiting', 'review']

interface LateFact { id: string; noun: Noun; body: { visit_id: string | null; work_order_id: string; device_at: string | null; created_by: string | null } }

export interface AttentionRows {
  reviews: readonly Held<'review_item'>[]
  conflicts: readonly Held<'conflict'>[]
  lateFacts: readonly LateFact[]
  visits: readonly Held<'visit'>[]
  users: ReadonlyMap<string, Held<'user'>>
  orders: ReadonlyMap<string, Held<'work_order'>>
  rebookings?: readonly Held<'rebooking'>[]
  /** By user: what to worry about on their phones. */
  alarms?: ReadonlyMap<string, readonly Alarm[]>
}

const nameOf = (rows: AttentionRows, id: string | null | undefined): string => localName(id ? rows.users.get(id)?.body : null)

function reviews(rows: AttentionRows): AttentionItem[] {
  return rows.reviews.filter((r) => r.body.state !== 'resolved').map(({ id, body }) => ({
    key: `review:${id}`, kind: body.state === 'waiting' ? 'waiting' : body.outcome, workOrderId: body.work_order_id, visitId: body.visit_id, at: body.at,
    who: nameOf(rows, body.user_id) || body.user_name, about: body.act, count: 1,
  }))
}

function conflicts(rows: AttentionRows): AttentionItem[] {
  return rows.conflicts.filter((c) => c.body.state === 'open').map((row) => ({
    key: `conflict:${row.id}`, kind: 'conflict', about: row.body.field, count: 1, at: row.body.device_at, visitId: null,
    who: nameOf(rows, row.body.device_by) || row.body.device_by, workOrderId: orderOf(row),
  }))
}

/** Another time asked for from the field, until the desk says yes or no. */
function rebookings(rows: AttentionRows): AttentionItem[] {
  return (rows.rebookings ?? []).filter(({ body }) => body.state === 'proposed' && !body.withdrawn).map(({ id, body }) => ({
    key: `rebooking:${id}`, kind: 'rebooking' as const, workOrderId: body.work_order_id, visitId: body.visit_id, at: body.device_at,
    who: nameOf(rows, body.created_by), about: body.reason, count: 1,
  }))
}

/** A phone whose owner should be called. */
function phones(rows: AttentionRows): AttentionItem[] {
  return [...(rows.alarms ?? [])].flatMap(([id, [gravest]]) => (gravest?.tone !== 'danger' ? [] : [{
    key: `phone:${id}`, kind: 'phone' as const, workOrderId: null, visitId: null, at: gravest.at ?? null, who: nameOf(rows, id), about: gravest.code, count: 1,
  }]))
}

/** Late evidence comes in handfuls (five photos and a note): one entry per visit, with its count. */
function evidence(rows: AttentionRows): AttentionItem[] {
  const byVisit = new Map<string, AttentionItem>()
  for (const { body } of rows.lateFacts) {
    const about = body.visit_id ?? body.work_order_id
    const known = byVisit.get(about)
    if (known) {
      known.count += 1
      if (body.device_at && (!known.at || body.device_at < known.at)) known.at = body.device_at
      continue
    }
    byVisit.set(about, {
      key: `evidence:${about}`, kind: 'evidence', workOrderId: body.work_order_id, visitId: body.visit_id,
      at: body.device_at, who: nameOf(rows, body.created_by), about: '', count: 1,
    })
  }
  return [...byVisit.values()]
}

/** A visit nobody made is settled when another was dispatched for it, or when the work order has ended. */
function answered(rows: AttentionRows): (visit: Held<'visit'>) => boolean {
  const ofOrder = groupBy(rows.visits, (v) => v.body.work_order_id)
  return ({ body }) => Boolean(body.replaced_by_id)
    || orderEnded(rows.orders.get(body.work_order_id)?.body.state ?? '')
    || (ofOrder.get(body.work_order_id) ?? []).some((other) => other.body.sequence > body.sequence)
}

function visits(rows: AttentionRows): AttentionItem[] {
  const items: AttentionItem[] = []
  const isAnswered = answered(rows)
  for (const visit of rows.visits) {
    const { id, body } = visit
    const who = nameOf(rows, body.lead_id)
    const item = { workOrderId: body.work_order_id, visitId: id, who, count: 1, at: body.times[body.state] ?? body.server_at }
    if (body.state === 'declined' && !isAnswered(visit)) items.push({ ...item, key: `declined:${id}`, kind: 'declined', about: body.reason ?? '' })
    else if (body.state === 'cannot_complete') items.push({ ...item, key: `cannot:${id}`, kind: 'cannot', about: body.reason ?? '' })
    else if (body.state === 'returned') items.push({ ...item, key: `returned:${id}`, kind: 'returned', about: body.returned_note ?? '' })
    else if (body.state === 'submitted') items.push({ ...item, key: `report:${id}`, kind: 'review', about: '' })
  }
  return items
}

export function attentionOf(rows: AttentionRows): AttentionItem[] {
  const items = [...reviews(rows), ...phones(rows), ...rebookings(rows), ...conflicts(rows), ...evidence(rows), ...visits(rows)]
  return items.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || (a.at ?? '').localeCompare(b.at ?? ''))
}
