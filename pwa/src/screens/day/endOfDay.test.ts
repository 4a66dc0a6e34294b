import { describe, expect, it } from 'vitest'
import type { DayItem, RowOf } from '@/store'
import { byVisit, dayOf, looseEnd } from './endOfDay'

const item = (visitId: string | null, where: DayItem['where']): DayItem =>
  ({ key: `${visitId}${where}`, noun: 'note', id: 'n', label: 'ledger.note.add', at: '2026-11-21T01:00:00.000Z', where, visitId })
const NOW = Date.parse('2026-11-21T10:00:00.000Z') // 18:00 on site
const visit = (state: string, slot_start = '2026-11-21T01:00:00.000Z', slot_end = '2026-11-21T03:00:00.000Z') =>
  ({ body: { state, slot_start, slot_end } }) as RowOf<'visit'>
const loose = (row: RowOf<'visit'>) => looseEnd(row, '2026-11-21', NOW)

describe('the end of the day', () => {
  it('is of the company\'s calendar', () => {
    expect(dayOf('2026-11-21')).toEqual({ from: '2026-11-20T16:00:00.000Z', to: '2026-11-21T16:00:00.000Z' })
  })
  it('counts what is verified, and names what is not, the worst visit first', () => {
    const days = byVisit([item('a', 'verified'), item('a', 'verified'), item('b', 'verified'), item('b', 'phone'), item(null, 'server')])
    expect(days.map(({ visitId, all, verified, open }) => [visitId, all, verified, open.length])).toEqual([['b', 2, 1, 1], [null, 1, 0, 1], ['a', 2, 2, 0]])
  })
  it('asks for what is begun and not handed in', () => {
    expect(['working', 'signed', 'cannot_complete', 'submitted', 'cancelled'].map((state) => loose(visit(state)))).toEqual(['live', 'to_submit', 'to_submit', null, null])
  })
  it('asks for what nobody set out for, once its slot is over', () => {
    expect(loose(visit('accepted'))).toBe('not_begun')
    expect(loose(visit('accepted', '2026-11-21T11:00:00.000Z', '2026-11-21T12:00:00.000Z'))).toBeNull()
  })
})
