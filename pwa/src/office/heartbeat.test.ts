import { describe, expect, test } from 'vitest'
import { alarmsOf, older, withWork } from './heartbeat'
import { attentionOf } from './attention'
import type { Held } from './rows'

const NOW = Date.parse('2026-11-21T02:00:00.000Z')
const ago = (hours: number): string => new Date(NOW - hours * 3_600_000).toISOString()
const phone = (more: object): Held<'phone_status'> => ({ id: 'p', scope: 'board:t', rev: 1, body: {
  user_id: 'alice', device_id: 'd', team_id: 't', last_contact: ago(0.1), pending: 0, oldest_at: null, files_waiting: 0, failing: null,
  app_version: '1.2.0', clock_offset_ms: 0, persisted: true, storage_used: 1e9, storage_quota: 1e11, evicted: null, ...more } }) as unknown as Held<'phone_status'>
const codes = (more: object, hasWork = true) => alarmsOf([phone(more)], hasWork, '1.2.0', NOW).map((alarm) => alarm.code)

describe('a phone alarms the office', () => {
  test('not at all when it is well', () => expect(codes({})).toEqual([]))
  test('when something has waited on it for four hours, and not before', () => {
    expect(codes({ pending: 3, oldest_at: ago(3.9) })).toEqual([])
    expect(alarmsOf([phone({ pending: 3, files_waiting: 2, oldest_at: ago(5) })], true, '1.2.0', NOW))
      .toEqual([{ code: 'old', tone: 'danger', n: 5, at: ago(5), ms: 5 * 3_600_000 }])
  })
  test('when nothing was heard of it for a day and its owner has work', () => {
    expect(codes({ last_contact: ago(25) })).toEqual(['silent'])
    expect(codes({ last_contact: ago(25) }, false)).toEqual([])
    expect(alarmsOf([phone({ last_contact: ago(25) }), phone({ last_contact: ago(1) })], true, '1.2.0', NOW)).toEqual([])
  })
  test('when sending fails, the browser emptied it, room runs out, its clock is wrong, its app is old or its storage unsafe', () => {
    expect(codes({ failing: 'hash-mismatch' })).toEqual(['failing'])
    expect(codes({ evicted: { unsent: 4, noticed_at: ago(2) } })).toEqual(['evicted'])
    expect(codes({ evicted: { unsent: 4, noticed_at: ago(24 * 8) } })).toEqual([])
    expect(codes({ storage_used: 9.95e10 })).toEqual(['storage'])
    expect(codes({ clock_offset_ms: -6 * 60_000 })).toEqual(['clock'])
    expect(codes({ app_version: '1.1.9' })).toEqual(['version'])
    expect(codes({ persisted: false })).toEqual(['persisted'])
    expect(codes({ persisted: null, storage_quota: null, storage_used: null, app_version: '' })).toEqual([])
  })
  test('with the gravest first', () => {
    expect(codes({ persisted: false, clock_offset_ms: 9e9, failing: 'busy', pending: 1, oldest_at: ago(9) })).toEqual(['old', 'failing', 'clock', 'persisted'])
  })
})

test('an older version is older by number, not by letter', () => {
  expect([older('0.9.2', '0.10.0'), older('0.10.0', '0.9.2'), older('1.2', '1.2.0'), older('reference', '1.0.0')]).toEqual([true, false, false, false])
})

test('who has work is lead or helper of a visit under way', () => {
  const visit = (state: string) => ({ id: state, scope: '', rev: 1, body: { state, lead_id: `lead-${state}`, helper_ids: [`helper-${state}`] } }) as unknown as Held<'visit'>
  expect([...withWork([visit('accepted'), visit('cancelled'), visit('submitted')])]).toEqual(['lead-accepted', 'helper-accepted'])
})

test('what is grave about a phone waits for the dispatcher, what is not does not', () => {
  const rows = { reviews: [], conflicts: [], lateFacts: [], visits: [], users: new Map(), orders: new Map() }
  const alarms = new Map([['alice', alarmsOf([phone({ failing: 'busy' })], true, '1.2.0', NOW)], ['bob', alarmsOf([phone({ persisted: false })], true, '1.2.0', NOW)]])
  expect(attentionOf({ ...rows, alarms }).map((item) => [item.key, item.about])).toEqual([['phone:alice', 'failing']])
})
