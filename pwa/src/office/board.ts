/**
 * The board's arithmetic: from rows to cards, lanes and columns. Pure, so that it can be measured and tested without a
 * screen: 300 visits of 60 engineers must be laid out again within a frame's share each time a row changes.
 */
import type { TeamBody, UserBody, VisitBody, VisitState } from '@/protocol/nouns'
import { addDays, startOfDay, toInstant } from './days'
import { deadlineOf, type Deadline } from './deadlines'
import { NO_PHONE, phonesByUser, type Phone } from './phones'
import { groupBy, orderOf, type Held } from './rows'

export type CardFlag = 'evidence' | 'parked' | 'conflict' | 'returned' | 'declined' | 'refused' | 'failing'

export interface Card {
  id: string
  workOrderId: string
  number: string | null
  sequence: number
  title: string
  site: string
  customer: string
  siteId: string
  assetId: string | null
  level: number
  kind: string
  mode: VisitBody['mode']
  state: VisitState
  since: string | null
  slotStart: string
  slotEnd: string
  leadId: string | null
  lead: UserBody | null
  helperIds: string[]
  teamId: string | null
  deadline: Deadline
  /** The instant up to which the engineer's side of this card is known. */
  asOf: string | null
  phone: Phone
  filesDeclared: number
  filesVerified: number
  flags: CardFlag[]
  rev: number
  /** A change of this desk is still to be sent. */
  unsent: boolean
}

export interface BoardRows {
  visits: readonly Held<'visit'>[]
  orders: ReadonlyMap<string, Held<'work_order'>>
  milestones: readonly Held<'sla_milestone'>[]
  attachments: readonly Held<'attachment'>[]
  lateFacts: readonly { body: { visit_id: string | null } }[]
  reviews: readonly Held<'review_item'>[]
  conflicts: readonly Held<'conflict'>[]
  phones: readonly Held<'phone_status'>[]
  users: ReadonlyMap<string, Held<'user'>>
}

/** States in which nobody is expected to do anything with a visit any more. */
const OVER: ReadonlySet<VisitState> = new Set(['submitted', 'reviewed', 'cancelled', 'declined'])
const GONE: ReadonlySet<VisitState> = new Set(['cancelled', 'declined'])

/** Kanban columns: neighbours in the life of a visit share one, so that all fit side by side on a desk. */
export const COLUMNS: readonly { key: string; states: readonly VisitState[] }[] = [
  { key: 'dispatched', states: ['planned', 'dispatched'] },
  { key: 'accepted', states: ['accepted'] },
  { key: 'travelling', states: ['travelling'] },
  { key: 'on_site', states: ['arrived', 'working'] },
  { key: 'held', states: ['paused', 'cannot_complete', 'returned'] },
  { key: 'done', states: ['work_done', 'signed', 'sign_waived'] },
  { key: 'submitted', states: ['submitted'] },
  { key: 'reviewed', states: ['reviewed'] },
]

/** When the present state began, by the engineer's own clock as the server corrected it. */
export function stateSince(visit: VisitBody): string | null {
  return visit.times[visit.state] ?? visit.server_at ?? visit.device_at
}

interface Flags { evidence: Set<string>; parked: Set<string>; conflict: Set<string> }

function flagsOf(card: { id: string; workOrderId: string; phone: Phone; refused: boolean }, visit: VisitBody, sets: Flags): CardFlag[] {
  const flags: CardFlag[] = []
  if (sets.parked.has(card.id)) flags.push('parked')
  if (sets.conflict.has(card.workOrderId)) flags.push('conflict')
  if (sets.evidence.has(card.id)) flags.push('evidence')
  if (visit.state === 'returned') flags.push('returned')
  if (visit.state === 'declined') flags.push('declined')
  if (card.refused) flags.push('refused')
  if (card.phone.failing && !OVER.has(visit.state)) flags.push('failing')
  return flags
}

/** Every visit as a card. Cost follows the number of rows once; nothing here looks for a row twice. */
export function cardsOf(rows: BoardRows, now: number): Card[] {
  const milestones = groupBy(rows.milestones, (m) => m.body.work_order_id)
  const files = groupBy(rows.attachments, (a) => (a.body.withdrawn ? null : a.body.visit_id))
  const phones = phonesByUser(rows.phones, now)
  const sets: Flags = {
    evidence: new Set(rows.lateFacts.map((f) => f.body.visit_id ?? '')),
    parked: new Set(rows.reviews.filter((r) => r.body.state === 'open').map((r) => r.body.visit_id ?? '')),
    conflict: new Set(rows.conflicts.filter((c) => c.body.state === 'open').map((c) => orderOf(c) ?? '')),
  }
  const cards: Card[] = []
  for (const { id, rev, body, pending } of rows.visits) {
    const order = rows.orders.get(body.work_order_id)
    if (!order) continue
    const phone = (body.lead_id && phones.get(body.lead_id)) || NO_PHONE
    const lead = body.lead_id ? rows.users.get(body.lead_id) : undefined
    const held = files.get(id) ?? []
    const refused = held.some((a) => a.body.state === 'refused')
    cards.push({
      id, rev, unsent: pending ?? false, workOrderId: body.work_order_id, number: order.body.number, sequence: body.sequence,
      title: order.body.title, site: order.body.site_name, customer: order.body.customer_name,
      siteId: body.site_id, assetId: order.body.asset_id,
      level: order.body.level, kind: order.body.kind, mode: body.mode, state: body.state, since: stateSince(body),
      slotStart: body.slot_start, slotEnd: body.slot_end, leadId: body.lead_id, lead: lead?.body ?? null,
      helperIds: body.helper_ids, teamId: lead?.body.team_id ?? null,
      deadline: deadlineOf(order.body, milestones.get(body.work_order_id) ?? [], now, OVER.has(body.state)),
      asOf: phone.lastContact, phone, filesDeclared: held.length,
      filesVerified: held.filter((a) => a.body.state === 'verified').length,
      flags: flagsOf({ id, workOrderId: body.work_order_id, phone, refused }, body, sets),
    })
  }
  return cards
}

export interface Range { from: string; days: number }

/**
 * Whether a visit belongs on the board of these days: its slot touches them, or it is older and still open, because
 * work that was not finished yesterday does not disappear at midnight.
 */
export function inRange(card: Pick<Card, 'slotStart' | 'slotEnd' | 'state'>, range: Range, today: string): boolean {
  const from = toInstant(startOfDay(range.from))
  const to = toInstant(startOfDay(addDays(range.from, range.days)))
  if (card.slotStart < to && card.slotEnd > from) return true
  const showsToday = range.from <= today && today < addDays(range.from, range.days)
  return showsToday && card.slotStart < from && !OVER.has(card.state)
}

export interface Filters {
  team: string
  state: string
  level: string
  kind: string
  text: string
  risk: boolean
}

export const NO_FILTERS: Filters = { team: '', state: '', level: '', kind: '', text: '', risk: false }

export function atRisk(card: Card): boolean {
  return card.deadline.risk === 'late' || card.deadline.risk === 'soon' || card.flags.length > 0
}

export function matches(card: Card, f: Filters): boolean {
  if (f.team && card.teamId !== f.team) return false
  if (f.state && card.state !== f.state) return false
  if (f.level && String(card.level) !== f.level) return false
  if (f.kind && card.kind !== f.kind) return false
  if (f.risk && !atRisk(card)) return false
  if (!f.text) return true
  const said = `${card.number ?? ''} ${card.site} ${card.customer} ${card.title} ${card.lead?.name ?? ''} ${card.lead?.name_en ?? ''}`.toLowerCase()
  return f.text.toLowerCase().split(/\s+/).every((word) => said.includes(word))
}

/** Cancelled and declined visits leave the board unless somebody asks for them by state. */
export function visibleCards(cards: readonly Card[], f: Filters, range: Range, today: string): Card[] {
  return cards
    .filter((c) => (f.state ? true : !GONE.has(c.state)) && inRange(c, range, today) && matches(c, f))
    .sort((a, b) => a.slotStart.localeCompare(b.slotStart) || a.id.localeCompare(b.id))
}

export interface Lane {
  userId: string
  user: UserBody
  team: TeamBody | null
  phone: Phone
  cards: Card[]
  late: number
}

/**
 * A lane for every active engineer, also the idle ones (that is who gets the next visit), by team, then name. With a
 * filter on, lanes it emptied are left out, because then one looks for visits and not for people.
 */
export function lanesOf(
  cards: readonly Card[], users: ReadonlyMap<string, Held<'user'>>, teams: ReadonlyMap<string, Held<'team'>>,
  phones: ReadonlyMap<string, Phone>, f: Filters,
): Lane[] {
  const byLead = groupBy(cards, (c) => c.leadId)
  const searching = Boolean(f.state || f.level || f.kind || f.text || f.risk)
  const lanes: Lane[] = []
  for (const [userId, { body }] of users) {
    const own = byLead.get(userId) ?? []
    const engineer = body.active && (body.roles.includes('engineer') || body.roles.includes('crew_lead'))
    if (!own.length && (!engineer || searching || (f.team && body.team_id !== f.team))) continue
    const team = body.team_id ? teams.get(body.team_id)?.body : undefined
    lanes.push({
      userId, user: body, team: team ?? null, phone: phones.get(userId) ?? NO_PHONE,
      cards: own, late: own.filter((c) => c.deadline.risk === 'late').length,
    })
  }
  return lanes.sort((a, b) => (a.team?.code ?? '~').localeCompare(b.team?.code ?? '~') || a.user.name.localeCompare(b.user.name, 'zh'))
}

export function columnsOf(cards: readonly Card[]): { key: string; cards: Card[] }[] {
  const byState = groupBy(cards, (c) => c.state)
  const gone = [...(byState.get('declined') ?? []), ...(byState.get('cancelled') ?? [])]
  const columns = COLUMNS.map(({ key, states }) => ({ key, cards: states.flatMap((s) => byState.get(s) ?? []) }))
  return gone.length ? [...columns, { key: 'gone', cards: gone }] : columns
}

/** Of the list; what a dispatcher reads across. */
export const LIST_COLUMNS = ['level', 'number', 'state', 'site', 'title', 'engineer', 'slot', 'since', 'due', 'known'] as const
export type ListColumn = (typeof LIST_COLUMNS)[number]

/** Nothing known sorts last, whichever way. */
const LAST = '\uffff'
const KEYS: Record<ListColumn, (card: Card) => string | number> = {
  level: (c) => c.level, number: (c) => c.number ?? LAST, state: (c) => COLUMNS.findIndex((column) => column.states.includes(c.state)), site: (c) => c.site,
  title: (c) => c.title, engineer: (c) => c.lead?.name ?? LAST, slot: (c) => c.slotStart, since: (c) => c.since ?? '', due: (c) => c.deadline.dueAt ?? LAST,
  known: (c) => c.asOf ?? '',
}
const CHINESE: ReadonlySet<ListColumn> = new Set(['site', 'title', 'engineer'])

export function sortCards(cards: readonly Card[], column: ListColumn, down: boolean): Card[] {
  const collator = CHINESE.has(column) ? new Intl.Collator('zh') : null
  const keyed = cards.map((card) => ({ card, key: KEYS[column](card) }))
  keyed.sort(({ key: a, card: one }, { key: b, card: other }) => {
    const order = typeof a === 'number' ? a - (b as number) : collator ? collator.compare(a, String(b)) : a < String(b) ? -1 : a > String(b) ? 1 : 0
    return (down ? -order : order) || one.slotStart.localeCompare(other.slotStart)
  })
  return keyed.map(({ card }) => card)
}
