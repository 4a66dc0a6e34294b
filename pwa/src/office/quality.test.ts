import { describe, expect, it } from 'vitest'
import type { Act, ActName, Args } from '@/protocol/acts'
import type { AssessmentBody, ComplaintBody } from '@/protocol/nouns'
import { effectOf } from '@/protocol/effects'
import '@/protocol/effects/desk'
import type { View, ViewRow } from '@/protocol/effects/view'
import { newId } from '@/protocol/ids'
import { lackingReview, lastOf, splitSkills } from './learning'
import type { Held } from './rows'
import { answerDue, isLow, isOverdue, madeOf, sortComplaints } from './complaints'

const AT = '2026-11-20T09:40:00.000Z'
const NOW = Date.parse(AT)
const HOUR = 3_600_000
const sam = { userId: 'sam', name: 'Sam' }
const act = <A extends ActName>(name: A, args: Args[A], at = AT): Act => ({ n: 1, id: newId(), act: name, v: 1, at, args, group: null })
function viewOf(rows: { noun: string; id: string; scope?: string; body: object }[]): View {
  const all = rows.map((row) => ({ scope: 'office', ...row })) as unknown as ViewRow[]
  return {
    get: async (noun, id) => all.find((row) => row.noun === noun && row.id === id) as never,
    find: async (noun, index, value) => all.filter((row) => row.noun === noun && (index === 'scope' ? row.scope : (row.body as never)[index]) === value) as never,
  }
}
const complaint = async (args: Partial<Args['complaint.register']> = {}, rows: Parameters<typeof viewOf>[0] = []): Promise<ComplaintBody> => {
  const [made] = await effectOf(act('complaint.register', { id: 'c1', title: '态度生硬', level: 2, channel: 'hotline', reported_at: AT, customer_name: '华园物业', ...args }), viewOf(rows), sam)
  return made!.body as ComplaintBody
}

describe('a complaint on this desk', () => {
  it('is due in a day, or when the company says, before the server has spoken', async () => {
    expect((await complaint()).answer_due_at).toBe('2026-11-21T09:40:00.000Z')
    const levels = { 1: {}, 2: { plan: { hours: 4, clock: 'elapsed' } }, 3: {} }
    const policy = { noun: 'sla_policy', id: 'p', scope: 'ref', body: { code: 'complaint24', active: true, settings: {}, levels } }
    expect((await complaint({}, [policy])).answer_due_at).toBe('2026-11-20T13:40:00.000Z')
  })
  it('takes its place from the answer it is made of, and decides a report', async () => {
    const rows = [
      { noun: 'survey', id: 's1', scope: 'wo:w1', body: { work_order_id: 'w1', visit_id: 'v1' } },
      { noun: 'visit', id: 'v1', scope: 'wo:w1', body: { work_order_id: 'w1', lead_id: 'alice' } },
      { noun: 'work_order', id: 'w1', scope: 'wo:w1', body: { number: 'SN1', site_id: 'x', customer_id: 'y', contact_masked: '张女士(5678)' } },
      { noun: 'customer_report', id: 'r1', body: { state: 'new', company: '华园', contact_masked: '李先生(1234)' } },
    ]
    const made = await complaint({ origin: { noun: 'survey', id: 's1' } }, rows)
    expect([made.work_order_id, made.visit_id, made.about_ids, made.order_number]).toEqual(['w1', 'v1', ['alice'], 'SN1'])
    const both = await effectOf(act('complaint.register', { id: 'c2', title: 't', level: 3, channel: 'web', reported_at: AT, origin: { noun: 'customer_report', id: 'r1' } }), viewOf(rows), sam)
    expect(both.map((change) => (change.body as { state: string }).state)).toEqual(['registered', 'complaint'])
  })
  it('is answered anew when the customer does not accept it, and counts from then', async () => {
    const body = { ...(await complaint()), state: 'answered', answered_at: AT, answer: '致歉' }
    const later = '2026-11-20T12:40:00.000Z'
    const view = viewOf([{ noun: 'complaint', id: 'c1', body }])
    const [again] = await effectOf(act('complaint.follow_up', { id: 'c1', text: '不够', channel: 'phone', satisfied: false }, later), view, sam)
    const now = again!.body as ComplaintBody
    expect([now.state, now.unsatisfied, now.answered_at, now.answer_due_at]).toEqual(['registered', 1, null, '2026-11-21T12:40:00.000Z'])
    expect(await effectOf(act('complaint.answer', { id: 'c1', text: 'x', channel: 'phone' }), view, sam)).toHaveLength(1)
    const closed = viewOf([{ noun: 'complaint', id: 'c1', body: { ...body, state: 'closed' } }])
    expect(await effectOf(act('complaint.answer', { id: 'c1', text: 'x', channel: 'phone' }), closed, sam)).toEqual([])
  })
  it('stands first when its day is nearest, and says what is left', async () => {
    const [early, late] = [await complaint(), await complaint({ reported_at: '2026-11-20T11:40:00.000Z' })]
    const rows = [{ id: 'b', body: late }, { id: 'c', body: { ...early, state: 'closed' as const } }, { id: 'a', body: early }]
    expect(sortComplaints(rows).map((row) => row.id)).toEqual(['a', 'b', 'c'])
    expect(answerDue(early, NOW + 2 * HOUR)).toEqual({ minutesLeft: 22 * 60, risk: 'ok' })
    expect(answerDue(early, NOW + 20 * HOUR).risk).toBe('soon')
    expect(answerDue(early, NOW + 25 * HOUR)).toEqual({ minutesLeft: -60, risk: 'late' })
    expect(answerDue({ ...early, answered_at: AT, breached: true }, NOW)).toEqual({ minutesLeft: null, risk: 'late' })
  })
  it('is offered for a low rating only, and found again from there', async () => {
    expect([isLow({ speed: 5, solution: 2, attitude: 5 }), isLow({ speed: 3, solution: 3, attitude: null }), isLow(null)]).toEqual([true, false, false])
    const made = { body: { ...(await complaint()), origin_id: 's1' } }
    expect([madeOf([made], 's1'), madeOf([made], 's2')]).toEqual([made, undefined])
    const action = { source_noun: null, source_id: null, text: '', owner_id: '', due_on: '2026-11-19', month: '', figure: '', state: 'open' as const, done_at: null, done_by: null, result: '', created_by: null, device_at: null, server_at: null }
    expect([isOverdue(action, '2026-11-20'), isOverdue({ ...action, state: 'done' }, '2026-11-20')]).toEqual([true, false])
  })
})

describe('an assessment on this device', () => {
  const sheet = (more: Partial<AssessmentBody> = {}): object => ({
    user_id: 'alice', month: '2026-11', state: 'suggested', total: 97, lines: [
      { id: 'l1', item: 'attitude', points: -3, count: 1, origin: 'suggested', state: 'open', reason: '', evidence: null, by: null, at: null, note: '' }], ...more,
  })
  const view = (more: Partial<AssessmentBody> = {}) => viewOf([{ noun: 'assessment', id: 'a1', scope: 'assess:alice', body: sheet(more) }])
  const alice = { userId: 'alice', name: 'Alice' }
  it('counts at once what somebody decides, and not about themselves', async () => {
    const drop = act('assessment.decide', { id: 'a1', line_id: 'l1', decision: 'drop' })
    expect((await effectOf(drop, view(), sam)).map((change) => (change.body as AssessmentBody).total)).toEqual([100])
    expect(await effectOf(drop, view(), alice)).toEqual([])
    expect(await effectOf(drop, view({ state: 'approved' }), sam)).toEqual([])
  })
  it('is objected to by the person only, once it is confirmed', async () => {
    const object = act('assessment.object', { id: 'a1', text: '客户改了时间' })
    expect((await effectOf(object, view({ state: 'confirmed' }), alice)).map((change) => (change.body as AssessmentBody).state)).toEqual(['objected'])
    expect(await effectOf(object, view({ state: 'confirmed' }), sam)).toEqual([])
    expect(await effectOf(object, view(), alice)).toEqual([])
  })
})

describe('learning at this desk', () => {
  it('lists urgent matters that are done and not reviewed, and lets a draft be one of them', () => {
    const order = (id: string, level: number, state: string) => ({ id, scope: `wo:${id}`, rev: 1, body: { level, state, reported_at: `2026-11-0${id}T00:00:00.000Z` } }) as never as Held<'work_order'>
    const review = (work_order_id: string, state: string) => ({ id: work_order_id, scope: 'office', rev: 1, body: { work_order_id, state } }) as never as Held<'root_cause'>
    const orders = [order('3', 1, 'closed'), order('1', 1, 'confirming'), order('2', 1, 'in_progress'), order('4', 2, 'closed'), order('5', 1, 'closed')]
    expect(lackingReview(orders, [review('3', 'draft'), review('5', 'done')]).map((row) => row.id)).toEqual(['1', '3'])
  })
  it('reads skills as people type them, and counts months over the year', () => {
    expect(splitSkills('UPS电源、门禁, 门禁  登高证')).toEqual(['UPS电源', '门禁', '登高证'])
    expect([lastOf('2026-01', -1), lastOf('2026-12', 1), lastOf('2026-11', -11)]).toEqual(['2025-12', '2027-01', '2025-12'])
  })
  it('gives who passed a training its skills at once', async () => {
    const rows = [{ noun: 'user', id: 'alice', scope: 'ref', body: { skills: ['门禁'] } }, { noun: 'user', id: 'bob', scope: 'ref', body: { skills: [] } }]
    const made = await effectOf(act('training.record', { id: 't', title: 'UPS', kind: 'internal', held_on: '2026-11-20', skills: ['门禁', 'UPS电源'], people: [{ user_id: 'alice' }, { user_id: 'bob', passed: false }] }), viewOf(rows), sam)
    expect(made.map((change) => [change.noun, change.id])).toEqual([['training_record', 't'], ['user', 'alice']])
    expect((made[1]!.body as { skills: string[] }).skills).toEqual(['门禁', 'UPS电源'])
  })
})
