import { expect, test } from 'vitest'
import type { Entry } from './agenda'
import { follow } from './lost'

const entry = (id: string, state = 'accepted', more: object = {}): Entry =>
  ({ visit: { id, body: { state }, ...more }, order: { body: { site_name: `现场${id}`, title: '' } }, site: undefined, due: null }) as unknown as Entry
const NOTHING = { open: [], lost: [] }

test('an open visit that leaves the phone is told until it is read', () => {
  const before = follow(NOTHING, [entry('1'), entry('2')])
  expect(before.lost).toEqual([])
  const after = follow(before, [entry('2')])
  expect(after.lost).toEqual([{ id: '1', title: '现场1' }])
  expect(follow(after, [entry('2')]).lost).toHaveLength(1)
})

test('a finished visit that is archived is not lost, and one that comes back is not either', () => {
  expect(follow(follow(NOTHING, [entry('1', 'submitted')]), []).lost).toEqual([])
  const lost = follow(follow(NOTHING, [entry('1')]), [])
  expect(follow(lost, [entry('1')]).lost).toEqual([])
})

test('what is handed over with something to send is told by its own notice', () => {
  const handed = follow(follow(NOTHING, [entry('1')]), [entry('1', 'accepted', { handedOver: 'reassigned' })])
  expect(handed).toEqual(NOTHING)
})
