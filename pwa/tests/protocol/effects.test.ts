import { describe, expect, test } from 'vitest'
import lifecycles from '@rules/lifecycles.json'
import type { Act, ActName, Args } from '../../src/protocol/acts'
import { effectOf, knownActs } from '../../src/protocol/effects'
import { complete } from '../../src/protocol/effects/desk'
import { derivedState } from '../../src/protocol/effects/visit'
import type { Change, View, ViewRow } from '../../src/protocol/effects/view'
import { newId } from '../../src/protocol/ids'
import { can, next, stepsOf } from '../../src/protocol/lifecycle'
import type { VisitState } from '../../src/protocol/nouns'
import { ALICE, BOB, DORA, ORDER, orderBody, VISIT, visitBody, WO } from '../world'

const AT = '2026-11-21T08:00:00.000Z'
const dora = { userId: DORA, name: 'Dora' }

/** Rows in a plain array: an effect needs no more. */
function viewOf(rows: { noun: string; id: string; scope?: string; body: object }[]): View {
  const all = rows.map((row) => ({ scope: WO, ...row })) as unknown as ViewRow[]
  return {
    get: async (noun, id) => all.find((row) => row.noun === noun && row.id === id) as never,
    find: async (noun, index, value) => all.filter((row) => row.noun === noun
      && (index === 'scope' ? row.scope : (row.body as never)[index]) === value) as never,
  }
}
const order = (more?: object) => ({ noun: 'work_order', id: ORDER, body: orderBody(more) })
const visit = (more?: object) => ({ noun: 'visit', id: VISIT, body: visitBody(more) })
const act = <A extends ActName>(name: A, args: Args[A]): Act => ({ n: 1, id: newId(), act: name, v: 1, at: AT, args, group: null })
const bodyIn = (changes: Change[], noun: string, id?: string) =>
  changes.filter((change) => change.noun === noun && (!id || change.id === id)).at(-1)?.body as never as Record<string, unknown>

test('every act of the contract has an effect', () => {
  const inTable = lifecycles.visit.transitions.map((row) => row.act).filter((name) => !name.endsWith('_work'))
  for (const name of inTable) expect(knownActs()).toContain(name)
  expect(knownActs().length).toBeGreaterThan(43)
  expect(complete).toBe(true) // the type of it makes a missing one an error
})

test('an effect changes nothing that it was given', async () => {
  const rows = [order(), visit()]
  const before = JSON.stringify(rows)
  await effectOf(act('visit.accept', { visit_id: VISIT }), viewOf(rows), { userId: ALICE, name: 'Alice' })
  expect(JSON.stringify(rows)).toBe(before)
})

describe('the life-cycle', () => {
  test('is the table, for every act from every state', () => {
    for (const state of lifecycles.visit.states as VisitState[]) {
      for (const row of lifecycles.visit.transitions as { act: string; from: string[]; to: string; modes?: string[] }[]) {
        for (const mode of ['on_site', 'remote'] as const) {
          const legal = lifecycles.visit.transitions.some((other: { act: string; from: string[]; modes?: string[] }) =>
            other.act === row.act && other.from.includes(state) && (!other.modes || other.modes.includes(mode)))
          expect(next(state, row.act as never, mode) !== null, `${row.act} from ${state} ${mode}`).toBe(legal)
        }
      }
    }
  })
  test('is the lead\'s; a helper has no step in it', () => {
    const row = { state: 'accepted', mode: 'on_site', lead_id: ALICE } as const
    expect(can(row, 'visit.arrive', ALICE)).toBe(true)
    expect(can(row, 'visit.arrive', BOB)).toBe(false)
    expect(stepsOf(row, ALICE)).toEqual(expect.arrayContaining(['visit.travel', 'visit.arrive', 'visit.decline', 'visit.cannot_complete']))
  })
})

test('deadlines are met by what happened, and the work order runs to the next one', async () => {
  const milestone = (kind: string, due_at: string) =>
    ({ noun: 'sla_milestone', id: kind, body: { work_order_id: ORDER, kind, due_at, met_at: null, breached: false } })
  const rows = [order({ due_at: '2026-11-21T07:00:00.000Z' }), visit(),
    milestone('respond', '2026-11-21T07:00:00.000Z'), milestone('resolve', '2026-11-22T07:00:00.000Z')]
  const changes = await effectOf(act('visit.accept', { visit_id: VISIT }), viewOf(rows), { userId: ALICE, name: 'Alice' })
  expect(bodyIn(changes, 'sla_milestone')).toMatchObject({ kind: 'respond', met_at: AT, breached: true })
  expect(bodyIn(changes, 'work_order')).toMatchObject({ due_at: '2026-11-22T07:00:00.000Z' })
})

test('a reassigned visit is cancelled and its successor has its plan', async () => {
  const rows = [order({ state: 'in_progress' }), visit({ state: 'working', brief: '带梯子', checklist_codes: ['departure'] })]
  const args = { visit_id: VISIT, new_id: 'v2', lead_id: BOB, reason: 'sick' }
  const changes = await effectOf(act('visit.reassign', args), viewOf(rows), dora)
  expect(bodyIn(changes, 'visit', VISIT)).toMatchObject({ state: 'cancelled', replaced_by_id: 'v2', reason: 'sick' })
  expect(bodyIn(changes, 'visit', 'v2')).toMatchObject({
    state: 'dispatched', lead_id: BOB, replaces_id: VISIT, brief: '带梯子', checklist_codes: ['departure'], sequence: 2,
    slot_start: visitBody().slot_start,
  })
  expect(bodyIn(changes, 'work_order')).toMatchObject({ state: 'scheduled' })
})

test('a cancelled work order takes its open visits along and leaves the finished', async () => {
  const rows = [order(), visit(), { noun: 'visit', id: 'done', body: visitBody({ state: 'submitted', sequence: 2 }) }]
  const changes = await effectOf(act('work_order.cancel', { id: ORDER, reason: 'double' }), viewOf(rows), dora)
  expect(bodyIn(changes, 'work_order')).toMatchObject({ state: 'cancelled', cancelled: { reason: 'double', by: DORA } })
  expect(bodyIn(changes, 'visit', VISIT)).toMatchObject({ state: 'cancelled' })
  expect(bodyIn(changes, 'visit', 'done')).toBeUndefined()
})

test('a review accepts, or gives back with words', async () => {
  const rows = [order({ state: 'work_done' }), visit({ state: 'submitted' })]
  const accepted = await effectOf(act('visit.review', { visit_id: VISIT, decision: 'accept' }), viewOf(rows), dora)
  expect(bodyIn(accepted, 'work_order')).toMatchObject({ state: 'confirming' })
  const returned = await effectOf(act('visit.review', { visit_id: VISIT, decision: 'return', remarks: '缺照片' }), viewOf(rows), dora)
  expect(bodyIn(returned, 'visit')).toMatchObject({ state: 'returned', returned_note: '缺照片' })
  expect(bodyIn(returned, 'event')).toMatchObject({ kind: 'visit.return_work', data: { from: 'submitted', to: 'returned', remarks: '缺照片' } })
})

test('a settled conflict writes the value where it belongs', async () => {
  const rows = [order(), { noun: 'conflict', id: 'c', body: { noun: 'work_order', row_id: ORDER, field: 'title', state: 'open' } }]
  const changes = await effectOf(act('conflict.settle', { id: 'c', value: '新标题' }), viewOf(rows), dora)
  expect(bodyIn(changes, 'work_order')).toMatchObject({ title: '新标题' })
  expect(bodyIn(changes, 'conflict')).toMatchObject({ state: 'settled', settled_value: '新标题' })
})

test('a work order\'s state follows from its visits', () => {
  const of = (...states: [VisitState, boolean?][]) => derivedState(states.map(([state, partial = false]) => ({ state, partial })))
  expect(of()).toEqual(['ready', false])
  expect(of(['cancelled'], ['declined'])).toEqual(['ready', false])
  expect(of(['dispatched'])).toEqual(['scheduled', false])
  expect(of(['submitted'], ['paused'])).toEqual(['in_progress', false])
  expect(of(['submitted'], ['accepted'])).toEqual(['scheduled', false])
  expect(of(['submitted', true])).toEqual(['ready', true])
  expect(of(['submitted', true], ['submitted'])).toEqual(['work_done', false])
  expect(of(['reviewed'], ['reviewed'])).toEqual(['confirming', false])
})

test('ids are UUIDv7 and grow, even when the clock goes back', () => {
  const ids = [5000, 5000, 4000, 5001, 1].map((ms) => newId(Date.parse('2030-01-01T00:00:00Z') + ms))
  expect([...ids].sort()).toEqual(ids)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set(Array.from({ length: 10_000 }, () => newId())).size).toBe(10_000)
})

test('the ways of notice one chose are there at once, and a second choice changes the same row', async () => {
  const chosen = { id: newId(), push: ['urgent' as const], mail: [], address: '', lang: 'en' as const }
  const [made] = await effectOf(act('channels.choose', chosen), viewOf([]), dora)
  expect(made).toMatchObject({ noun: 'notice_choice', scope: `user:${DORA}`, body: { user_id: DORA, push: ['urgent'] } })
  const again = { ...chosen, mail: ['urgent' as const], address: 'dora@example.com' }
  const [changed] = await effectOf(act('channels.choose', again), viewOf([{ ...made!, body: made!.body! }]), dora)
  expect(changed).toMatchObject({ id: chosen.id, body: { user_id: DORA, mail: ['urgent'], address: 'dora@example.com' } })
})
