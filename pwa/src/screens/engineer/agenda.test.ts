import { describe, expect, it } from 'vitest'
import type { RowOf } from '@/store'
import { arrange, inSight, isMine, lastArrival, nextDue, withDistance, type Entry } from './agenda'

const NOW = Date.parse('2026-11-21T02:00:00.000Z') // 10:00 on site
const at = (hours: number) => new Date(NOW + hours * 3_600_000).toISOString()

function visit(id: string, body: Partial<RowOf<'visit'>['body']> = {}, more: Partial<RowOf<'visit'>> = {}): RowOf<'visit'> {
  const base = {
    work_order_id: `wo-${id}`, site_id: 's', sequence: 1, mode: 'on_site', state: 'accepted', lead_id: 'alice',
    helper_ids: [], slot_start: at(1), slot_end: at(3), brief: '', checklist_codes: [], times: {},
  }
  return { noun: 'visit', id, scope: `wo:${id}`, rev: 1, pending: false, body: { ...base, ...body }, ...more } as RowOf<'visit'>
}
const entry = (row: RowOf<'visit'>, due: Entry['due'] = null): Entry => ({ visit: row, order: undefined, site: undefined, due })
const milestone = (kind: string, hours: number, met: string | null = null) =>
  ({ body: { kind, due_at: at(hours), met_at: met, breached: false } }) as RowOf<'sla_milestone'>
const ids = (entries: Entry[]) => entries.map((one) => one.visit.id)

describe('the agenda', () => {
  it('puts what Alice is doing first, then the slots in order', () => {
    const list = [entry(visit('late', { slot_start: at(4) })), entry(visit('soon')), entry(visit('working', { state: 'working', slot_start: at(6) }))]
    expect(ids(arrange(list, 'slot', NOW).today)).toEqual(['working', 'soon', 'late'])
  })

  it('sorts by deadline when asked, with no deadline last', () => {
    const list = [entry(visit('none')), entry(visit('far'), { kind: 'arrive', at: NOW + 9e6 }), entry(visit('near'), { kind: 'arrive', at: NOW + 1e6 })]
    expect(ids(arrange(list, 'due', NOW).today)).toEqual(['near', 'far', 'none'])
  })

  it('sorts by the way from where one arrived last; a remote visit and a place nobody knows come last', () => {
    const sited = (id: string, lat: string, more: Partial<RowOf<'visit'>['body']> = {}): Entry =>
      ({ ...entry(visit(id, more)), site: { body: { lat, lng: lat && '120.1' } } as RowOf<'site'> })
    const list = [sited('far', '31.5'), sited('unknown', ''), sited('near', '30.3'), sited('remote', '30.2', { mode: 'remote' })]
    const here = lastArrival([sited('before', '30.0', { times: { arrived: at(-5) } }), sited('last', '30.2', { times: { arrived: at(-1) } }), ...list])
    expect(here).toEqual({ lat: 30.2, lng: 120.1 })
    expect(ids(arrange(withDistance(list, here), 'near', NOW).today)).toEqual(['near', 'far', 'remote', 'unknown'])
  })

  it('calls a visit overdue when its slot has passed and nobody set out, and keeps it in today', () => {
    const agenda = arrange([entry(visit('missed', { slot_start: at(-30), slot_end: at(-28) }))], 'slot', NOW)
    expect([ids(agenda.today), ids(agenda.overdue)]).toEqual([['missed'], ['missed']])
  })

  it('does not call a visit overdue for its slot once one is at work, but does for its deadline', () => {
    const working = visit('w', { state: 'working', slot_start: at(-3), slot_end: at(-1) })
    expect(ids(arrange([entry(working)], 'slot', NOW).overdue)).toEqual([])
    expect(ids(arrange([entry(working, { kind: 'resolve', at: NOW - 1 })], 'slot', NOW).overdue)).toEqual(['w'])
  })

  it('has tomorrow by the calendar of the site: 00:30 in China is another day than 23:30', () => {
    const evening = Date.parse('2026-11-21T15:30:00.000Z') // 23:30 on site
    const list = [entry(visit('after', { slot_start: '2026-11-21T16:30:00.000Z', slot_end: '2026-11-21T17:30:00.000Z' }))]
    expect(ids(arrange(list, 'slot', evening).week)).toEqual(['after'])
  })

  it('shows what was handed over while changes are still to send, whoever leads it now', () => {
    const gone = visit('gone', { lead_id: 'bob' }, { handedOver: 'reassigned' })
    expect(isMine(gone, 'alice')).toBe(true)
    const agenda = arrange([entry(gone)], 'slot', NOW)
    expect([ids(agenda.handedOver), ids(agenda.today)]).toEqual([['gone'], []])
  })

  it("leaves out a team mate's visit, and shows the one Alice helps with", () => {
    expect(isMine(visit('b', { lead_id: 'bob' }), 'alice')).toBe(false)
    expect(isMine(visit('h', { lead_id: 'bob', helper_ids: ['alice'] }), 'alice')).toBe(true)
  })
})

describe('the next deadline', () => {
  it('is the earliest that is not met', () => {
    const due = nextDue(visit('v', { state: 'dispatched' }), [milestone('resolve', 70), milestone('respond', 1, at(-1)), milestone('arrive', 2)])
    expect(due).toEqual({ kind: 'arrive', at: Date.parse(at(2)) })
  })

  it('counts what this phone knows as met before the server has heard of it', () => {
    const arrived = visit('v', { state: 'arrived', times: { accepted: at(-2), arrived: at(-1) } })
    expect(nextDue(arrived, [milestone('respond', -1), milestone('arrive', 1), milestone('resolve', 9)])?.kind).toBe('resolve')
  })
})

describe('what a list needs to know of years of work', () => {
  it('is all that is open or handed over, and of what is done the last', () => {
    const done = (id: string, days: number) => visit(id, { state: 'reviewed', slot_start: at(-24 * days), slot_end: at(-24 * days + 1) })
    const kept = { ...done('kept', 300), handedOver: 'reassigned' }
    const all = [done('old', 200), done('last', 1), visit('open'), kept, done('before', 2), visit('gone', { state: 'cancelled' })]
    expect(inSight(all, 2).map(({ id }) => id)).toEqual(['open', 'kept', 'last', 'before'])
    expect(inSight(all, Infinity)).toHaveLength(5)
  })
})
