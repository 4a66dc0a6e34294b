import { expect, test } from 'vitest'
import type { Act, ActName, Args } from '../../src/protocol/acts'
import { effectOf } from '../../src/protocol/effects'
import type { Change, View, ViewRow } from '../../src/protocol/effects/view'
import type { Bodies, Noun } from '../../src/protocol/nouns'

const ALICE = { userId: 'alice', name: '艾丽' }
let n = 0

/** Rows that an effect finds, and that what it says is written to. */
function rowsOf(...given: object[]): View & { apply: (changes: Change[]) => void; body: <N extends Noun>(noun: N, id: string) => Bodies[N] } {
  const rows = new Map(given.map((row) => [`${(row as ViewRow).noun}:${(row as ViewRow).id}`, row as ViewRow]))
  return {
    get: async (noun, id) => rows.get(`${noun}:${id}`) as never,
    find: async (noun, index, value) => [...rows.values()].filter((row) => row.noun === noun && (index === 'scope' ? row.scope === value : false)) as never,
    apply: (changes) => { for (const change of changes) rows.set(`${change.noun}:${change.id}`, change as ViewRow) },
    body: (noun, id) => rows.get(`${noun}:${id}`)!.body as never,
  }
}
const act = <A extends ActName>(name: A, args: Args[A]): Act => ({ n: ++n, id: `act-${n}`, act: name, v: 1, at: `2026-11-21T0${n}:00:00.000Z`, args, group: null }) as Act
const part = { noun: 'part', id: 'p', scope: 'ref', body: { number: 'P-1', name: '电源', unit: '个' } }
const stock = { noun: 'stock', id: 's', scope: 'user:alice', body: { user_id: 'alice', part_id: 'p', quantity: 1 } }

test('a part that came is on the van at once, and what is handed back is off it', async () => {
  const rows = rowsOf(part, stock)
  const take = async (name: Act) => rows.apply(await effectOf(name, rows, ALICE))
  await take(act('part_request.make', { id: 'r', part_id: 'p', quantity: 3 }))
  expect(rows.body('part_request', 'r')).toMatchObject({ state: 'requested', part_name: '电源', user_id: 'alice' })
  await take(act('part_request.receive', { id: 'r' }))
  expect(rows.body('stock', 's').quantity).toBe(1) // nothing was sent yet
  await take(act('part_request.approve', { id: 'r' }))
  await take(act('part_request.ship', { id: 'r', quantity: 2 }))
  await take(act('part_request.receive', { id: 'r' }))
  expect([rows.body('part_request', 'r').state, rows.body('stock', 's').quantity]).toEqual(['received', 3])
  await take(act('part_return.hand_in', { id: 'b', part_id: 'p', quantity: 4, kind: 'unused' }))
  await take(act('part_return.hand_in', { id: 'o', part_id: 'p', quantity: 1, kind: 'old', serials: ['S1'] }))
  expect(rows.body('stock', 's').quantity).toBe(-1) // below nought, and nobody is stopped
})
