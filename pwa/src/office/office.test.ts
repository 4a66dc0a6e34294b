import { describe, expect, test } from 'vitest'
import type { Noun } from '@/protocol/nouns'
import { attentionOf } from './attention'
import { cardsOf, columnsOf, inRange, lanesOf, NO_FILTERS, visibleCards, type BoardRows } from './board'
import { fieldOf, nextGap, preferredBy, weigh, type Shift, type Wanted } from './choosing'
import { candidates } from './crew'
import { addDays, dayOf, fromLocalInput, slotPresets, startOfDay, toLocalInput } from './days'
import { deadlineOf } from './deadlines'
import { may, orderEnded, stateAllows } from './permits'
import { phonesByUser } from './phones'
import { argsOf, EMPTY, faultedBefore, lackingOf, lookalikes, missing } from './registering'
import { byId, type Held } from './rows'

/** 10:00 in China. */
const NOW = Date.parse('2026-11-21T02:00:00.000Z')
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString()
const row = <N extends Noun>(_noun: N, id: string, body: object): Held<N> => ({ id, scope: 'wo:w1', rev: 1, body }) as unknown as Held<N>

const alice = row('user', 'alice', { name: '艾丽', name_en: 'Alice', roles: ['engineer'], team_id: 't1', skills: [], active: true })
const bob = row('user', 'bob', { name: '鲍勃', name_en: 'Bob', roles: ['engineer'], team_id: 't1', skills: [], active: true })
const charlie = row('user', 'charlie', { name: '查理', name_en: 'Charlie', roles: ['engineer'], team_id: 't2', skills: [], active: true })
const dora = row('user', 'dora', { name: '朵拉', name_en: 'Dora', roles: ['dispatcher'], team_id: null, skills: [], active: true })
const users = byId([alice, bob, charlie, dora])
const teams = byId([row('team', 't1', { code: 'A', name: '一班', name_en: '' }), row('team', 't2', { code: 'B', name: '二班', name_en: '' })])

const order = (id: string, more: object = {}): Held<'work_order'> => row('work_order', id, {
  number: `SN-${id}`, state: 'scheduled', kind: 'repair', title: '无图像', site_id: 's1', site_name: '澜栖中心', customer_name: '澜栖',
  asset_id: 'a1', level: 2, reported_at: at(-60), due_at: at(60), ...more })
const visit = (id: string, wo: string, more: object = {}): Held<'visit'> => row('visit', id, {
  work_order_id: wo, sequence: 1, mode: 'on_site', state: 'accepted', lead_id: 'alice', helper_ids: [], slot_start: at(-30),
  slot_end: at(90), times: { accepted: at(-20) }, replaced_by_id: null, ...more })

function rows(more: Partial<BoardRows> = {}): BoardRows {
  return { visits: [], orders: byId([order('w1')]), milestones: [], attachments: [], lateFacts: [], reviews: [], conflicts: [], phones: [], users, ...more }
}

describe('a card', () => {
  test('counts the files that were promised and those the server has verified', () => {
    const file = (id: string, state: string, withdrawn = false) => row('attachment', id, { visit_id: 'v1', state, withdrawn })
    const [card] = cardsOf(rows({ visits: [visit('v1', 'w1')], attachments: [file('1', 'verified'), file('2', 'stored'), file('3', 'declared'), file('4', 'verified', true)] }), NOW)
    expect([card!.filesVerified, card!.filesDeclared]).toEqual([1, 3])
  })

  test('says as of when its engineer was last heard, and what waits on all their phones', () => {
    const phone = (id: string, last: number | null, pending: number) => row('phone_status', id, { user_id: 'alice', device_id: id, last_contact: last === null ? null : at(last), pending, files_waiting: 1, oldest_at: null, failing: null })
    const [card] = cardsOf(rows({ visits: [visit('v1', 'w1')], phones: [phone('old', -300, 4), phone('new', -47, 2)] }), NOW)
    expect(card!.asOf).toBe(at(-47))
    expect(card!.phone).toMatchObject({ minutes: 47, freshness: 'stale', pending: 6, filesWaiting: 2 })
  })

  test('of an engineer never heard is silent, not fresh', () => {
    expect(cardsOf(rows({ visits: [visit('v1', 'w1')] }), NOW)[0]!.phone.freshness).toBe('silent')
  })

  test('is flagged for a parked act, a conflict anywhere under its work order and late evidence', () => {
    const [card] = cardsOf(rows({
      visits: [visit('v1', 'w1')], lateFacts: [{ body: { visit_id: 'v1' } }],
      reviews: [row('review_item', 'r', { state: 'open', visit_id: 'v1' })], conflicts: [row('conflict', 'c', { state: 'open', noun: 'diagnosis', row_id: 'd1' })],
    }), NOW)
    expect(card!.flags).toEqual(['parked', 'conflict', 'evidence'])
  })
})

describe('a deadline', () => {
  const milestone = (kind: string, due: number, met: number | null = null) => row('sla_milestone', kind, { kind, due_at: at(due), met_at: met === null ? null : at(met), breached: false })

  test('is the next milestone not yet met', () => {
    expect(deadlineOf(order('w1').body, [milestone('resolve', 300), milestone('respond', -30, -40), milestone('arrive', 200)], NOW, false)).toMatchObject({ kind: 'arrive', minutesLeft: 200, risk: 'ok' })
  })

  test('passed over by a later one that was met is no longer waited for', () => {
    expect(deadlineOf(order('w1').body, [milestone('respond', 100), milestone('arrive', 200, -5), milestone('resolve', 300)], NOW, false)).toMatchObject({ kind: 'resolve', minutesLeft: 300 })
    expect(deadlineOf(order('w1').body, [milestone('plan', 100), milestone('arrive', 200, -5), milestone('resolve', 300)], NOW, false)).toMatchObject({ kind: 'plan' })
    expect(deadlineOf(order('w1').body, [milestone('plan', 100), milestone('resolve', 300, -5)], NOW, false).risk).toBe('none')
  })

  test('is amber after three quarters of its clock, red when past, and nought when the work has ended', () => {
    const risk = (reported: number, due: number, ended = false) => deadlineOf(order('w1', { reported_at: at(reported), due_at: at(due) }).body, [], NOW, ended).risk
    expect(risk(-290, 110)).toBe('ok')
    expect(risk(-310, 90)).toBe('soon')
    expect(risk(-10, 29)).toBe('soon')
    expect(risk(-60, -1)).toBe('late')
    expect(risk(-60, -1, true)).toBe('none')
  })
})

describe('the board', () => {
  const range = { from: '2026-11-21', days: 1 }

  test('keeps what was not finished yesterday, and lets go of what was', () => {
    const yesterday = { slotStart: at(-1500), slotEnd: at(-1400) }
    expect(inRange({ ...yesterday, state: 'paused' }, range, '2026-11-21')).toBe(true)
    expect(inRange({ ...yesterday, state: 'submitted' }, range, '2026-11-21')).toBe(false)
    expect(inRange({ ...yesterday, state: 'paused' }, { from: '2026-11-22', days: 1 }, '2026-11-21')).toBe(false)
  })

  test('shows a cancelled visit only to who asks for it', () => {
    const cards = cardsOf(rows({ visits: [visit('v1', 'w1', { state: 'cancelled' })] }), NOW)
    expect(visibleCards(cards, NO_FILTERS, range, '2026-11-21')).toHaveLength(0)
    expect(visibleCards(cards, { ...NO_FILTERS, state: 'cancelled' }, range, '2026-11-21')).toHaveLength(1)
  })

  test('finds by any words of number, site, title and engineer in both languages', () => {
    const cards = cardsOf(rows({ visits: [visit('v1', 'w1')] }), NOW)
    for (const text of ['sn-w1', '澜栖 无图像', 'alice', '艾丽 澜栖']) expect(visibleCards(cards, { ...NO_FILTERS, text }, range, '2026-11-21')).toHaveLength(1)
    expect(visibleCards(cards, { ...NO_FILTERS, text: '澜栖 鲍勃' }, range, '2026-11-21')).toHaveLength(0)
  })

  test('has a lane for an idle engineer, but not for a dispatcher, nor while one searches', () => {
    const cards = cardsOf(rows({ visits: [visit('v1', 'w1')] }), NOW)
    const lanes = (filters = NO_FILTERS) => lanesOf(cards, users, teams, new Map(), filters).map((l) => l.userId)
    expect(lanes()).toEqual(['alice', 'bob', 'charlie'])
    expect(lanes({ ...NO_FILTERS, team: 't1' })).toEqual(['alice', 'bob'])
    expect(lanes({ ...NO_FILTERS, text: '澜栖' })).toEqual(['alice'])
  })

  test('puts every state into exactly one column', () => {
    const states = ['planned', 'dispatched', 'accepted', 'declined', 'travelling', 'arrived', 'working', 'paused', 'work_done', 'signed', 'sign_waived', 'cannot_complete', 'submitted', 'reviewed', 'returned', 'cancelled']
    const cards = cardsOf(rows({ visits: states.map((state, i) => visit(`v${i}`, 'w1', { state })) }), NOW)
    expect(columnsOf(cards).flatMap((c) => c.cards).map((c) => c.state).sort()).toEqual([...states].sort())
  })

  test('lays out 300 visits of 60 engineers in a lane each, none lost', () => {
    const many = byId(Array.from({ length: 60 }, (_, i) => row('user', `u${i}`, { ...bob.body, name: `工程师${i}` })))
    const orders = byId(Array.from({ length: 300 }, (_, i) => order(`w${i}`)))
    const visits = Array.from({ length: 300 }, (_, i) => visit(`v${i}`, `w${i}`, { lead_id: `u${i % 60}` }))
    const attachments = Array.from({ length: 1500 }, (_, i) => row('attachment', `f${i}`, { visit_id: `v${i % 300}`, state: 'verified', withdrawn: false }))
    const once = () => lanesOf(visibleCards(cardsOf(rows({ users: many, orders, visits, attachments }), NOW), NO_FILTERS, range, '2026-11-21'), many, teams, new Map(), NO_FILTERS)
    expect(once()).toHaveLength(60)
    expect(once().flatMap((lane) => lane.cards)).toHaveLength(300)
  })
})

describe('what waits for a decision', () => {
  test('comes with the gravest first and late evidence of one visit as one entry', () => {
    const fact = (id: string, minutes: number) => ({ id, noun: 'note' as const, body: { visit_id: 'v1', work_order_id: 'w1', device_at: at(minutes), created_by: 'alice' } })
    const items = attentionOf({
      visits: [visit('v2', 'w1', { state: 'submitted' }), visit('v3', 'w1', { state: 'declined' }), visit('v4', 'w1', { state: 'declined', replaced_by_id: 'v5' })],
      lateFacts: [fact('1', -5), fact('2', -9)], reviews: [row('review_item', 'r', { state: 'open', outcome: 'parked', act: 'visit.arrive' }), row('review_item', 'r2', { state: 'resolved', outcome: 'parked' }), row('review_item', 'r3', { state: 'waiting', outcome: 'parked', act: 'note.add' })],
      conflicts: [row('conflict', 'c', { state: 'settled' }), row('conflict', 'd', { state: 'open', field: 'cause_code', device_by: 'bob', device_at: at(-1) })], users, orders: new Map(),
    })
    expect(items.map((i) => i.kind)).toEqual(['parked', 'conflict', 'evidence', 'declined', 'waiting', 'review'])
    expect(items[1]).toMatchObject({ workOrderId: 'w1', who: '鲍勃' })
    expect(items[2]).toMatchObject({ count: 2, at: at(-9), who: '艾丽' })
  })

  test('a declined visit waits for nobody once another was dispatched or its work order has ended', () => {
    const rows = { reviews: [], conflicts: [], lateFacts: [], users, orders: byId([order('w1'), order('w2', { state: 'closed' })]) }
    const declined = visit('v1', 'w1', { state: 'declined', sequence: 1 })
    expect(attentionOf({ ...rows, visits: [declined] })).toHaveLength(1)
    expect(attentionOf({ ...rows, visits: [declined, visit('v2', 'w1', { sequence: 2 })] })).toEqual([])
    expect(attentionOf({ ...rows, visits: [visit('v1', 'w2', { state: 'declined' })] })).toEqual([])
  })
})

describe('choosing who goes', () => {
  const slot = { start: at(0), end: at(60) }

  const wanted: Wanted = { ...slot, siteId: 's1', mode: 'on_site', skill: '', except: null }
  const field = (visits: Held<'visit'>[], shifts: Shift[] = []) => fieldOf(visits, sites, new Map(), shifts)
  const sites = byId([row('site', 's1', { lat: '30.25', lng: '120.16' }), row('site', 's2', { lat: '30.33', lng: '120.16' })])

  test('the free and least loaded come first, clashes last but never hidden', () => {
    const visits = [visit('v1', 'w1'), visit('v2', 'w1', { lead_id: 'bob', slot_start: at(200), slot_end: at(260) })]
    const people = candidates(users, new Map(), wanted, field(visits), NOW)
    expect(people.map((p) => [p.id, p.load, p.clashes.length])).toEqual([['charlie', 0, 0], ['bob', 1, 0], ['alice', 1, 1]])
  })

  test('a helper is busy too, and a visit that is over, or that is being reassigned, takes no time', () => {
    const load = (more: object, except: string | null = null) => candidates(users, new Map(), { ...wanted, except }, field([visit('v1', 'w1', more)]), NOW).find((p) => p.id === 'bob')!.clashes.length
    expect(load({ helper_ids: ['bob'] })).toBe(1)
    expect(load({ lead_id: 'bob', state: 'submitted' })).toBe(0)
    expect(load({ lead_id: 'bob' }, 'v1')).toBe(0)
  })

  test('leave, a skill that lacks and a way that takes longer than there is time are said', () => {
    const leave = { userId: 'alice', kind: 'leave', start: at(-600), end: at(600), vehicle: '' }
    const before = visit('v1', 'w1', { site_id: 's2', slot_start: at(-120), slot_end: at(-5) })
    const w = weigh('alice', ['门禁'], { ...wanted, skill: '空调' }, field([before], [leave]), NOW)
    expect([w.skill, w.leave, w.from, Math.round(w.km!), w.short > 0]).toEqual(['lacks', leave, 'before', 12, true])
    expect(candidates(users, new Map(), wanted, field([], [leave]), NOW).at(-1)!.id).toBe('alice')
  })

  test('whom the plan would rather send comes first, unless they are away or busy then', () => {
    const occurrences = [{ id: 'o', body: { plan_id: 'p' } }] as never
    const plans = [{ id: 'p', body: { lead_id: 'bob', team_id: null } }, { id: 'q', body: { lead_id: 'alice', team_id: null } }] as never
    const preferred = preferredBy(occurrences, plans)
    expect(preferred).toEqual({ leadIds: ['bob'], teamIds: [] })
    const order = (more: object, visits: never[] = []) => candidates(users, new Map(), { ...wanted, ...more }, field(visits), NOW).map((one) => one.id)
    expect(order({ preferred })[0]).toBe('bob')
    expect(order({ preferred: { leadIds: ['alice'], teamIds: [] } })[0]).toBe('alice')
    const busy = [visit('v1', 'w1', { lead_id: 'bob', slot_start: wanted.start, slot_end: wanted.end })] as never[]
    expect(order({ preferred }, busy)[0]).not.toBe('bob')
  })

  test('the next gap is after what is planned, unless there is room before it', () => {
    const planned = field([visit('v1', 'w1', { slot_start: at(0), slot_end: at(60) }), visit('v2', 'w1', { slot_start: at(90), slot_end: at(150) })])
    expect(nextGap('alice', NOW, 30 * 60_000, planned)).toBe(NOW + 60 * 60_000)
    expect(nextGap('alice', NOW, 60 * 60_000, planned)).toBe(NOW + 150 * 60_000)
  })
})

describe('a new work order', () => {
  test('lacks what the server needs until it has it', () => {
    expect(missing(EMPTY)).toEqual(['customer', 'site', 'title', 'reason'])
    const form = { ...EMPTY, customer: 'c', site: 's', title: ' 无图像 ', reason: '影响使用', reportedAt: '2026-11-21T09:30' }
    expect(missing(form)).toEqual([])
    expect(lackingOf(form)).toMatchObject({ percent: 36, should: expect.arrayContaining(['asset_id', 'happened_where']) })
    expect(argsOf(form, NOW)).toMatchObject({ title: '无图像', reported_at: '2026-11-21T01:30:00.000Z', level: 3 })
    expect(argsOf(form, NOW)).not.toHaveProperty('asset_id')
  })

  test('is compared with the open ones of its site, the same asset first', () => {
    const orders = [order('w1', { asset_id: 'a2' }), order('w2', { asset_id: 'a1' }), order('w3', { state: 'closed' }), order('w4', { site_id: 's2' })]
    expect(lookalikes({ ...EMPTY, site: 's1', asset: 'a1' }, orders).map((o) => o.id)).toEqual(['w2', 'w1'])
    expect(faultedBefore({ ...EMPTY, asset: 'a1' }, orders)).toBe(3)
  })
})

describe('days', () => {
  test('are those of the wall clock in China, wherever the desk stands', () => {
    expect(dayOf('2026-11-20T16:00:00.000Z')).toBe('2026-11-21')
    expect(new Date(startOfDay('2026-11-21')).toISOString()).toBe('2026-11-20T16:00:00.000Z')
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(fromLocalInput(toLocalInput(at(0)))).toBe(at(0))
    expect(fromLocalInput('')).toBeNull()
  })

  test('an afternoon that has begun is not offered as a slot', () => {
    expect(slotPresets(NOW).map((p) => p.key)).toEqual(['now', 'afternoon', 'tomorrow_am', 'tomorrow_pm'])
    expect(slotPresets(NOW + 5 * 3_600_000).map((p) => p.key)).toEqual(['now', 'tomorrow_am', 'tomorrow_pm'])
    expect(slotPresets(NOW).find((p) => p.key === 'tomorrow_am')!.slot.start).toBe('2026-11-22T01:00:00.000Z')
  })
})

test('a button is offered only to a role that may and in a state that allows', () => {
  expect(may('visit.cancel', 'working', ['dispatcher'])).toBe(true)
  expect(may('visit.cancel', 'submitted', ['dispatcher'])).toBe(false)
  expect(may('visit.cancel', 'working', ['operator'])).toBe(false)
  expect(stateAllows('visit.dispatch', 'closed')).toBe(false)
  expect(orderEnded('merged')).toBe(true)
})

test('the newest contact of two phones counts', () => {
  const phones = phonesByUser([row('phone_status', '1', { user_id: 'alice', last_contact: at(-5), pending: 0, files_waiting: 0 })], NOW)
  expect(phones.get('alice')!.freshness).toBe('fresh')
})
