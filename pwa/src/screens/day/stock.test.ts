import { describe, expect, it } from 'vitest'
import type { RowOf } from '@/store'
import { heldParts, oldParts, usedForSymptom } from './stock'

const stock = (part_id: string, quantity: number, user_id = 'alice') => ({ body: { part_id, quantity, user_id } }) as RowOf<'stock'>
const use = (id: string, more: object = {}) => ({ id, body: { part_id: 'p', visit_id: 'v', created_by: 'alice', withdrawn: false, old_serials: [], ...more } }) as unknown as RowOf<'part_use'>
const back = (serials: string[], kind = 'old') => ({ body: { kind, serials } }) as RowOf<'part_return'>
const found = (visit_id: string, symptom_code: string) => ({ body: { visit_id, symptom_code, withdrawn: false } }) as RowOf<'diagnosis'>

describe('a van', () => {
  it('shows what is below nought first, and neither what is used up nor what is another\'s', () => {
    expect(heldParts([stock('a', 3), stock('b', -1), stock('c', 0), stock('d', 9, 'bob')], 'alice').map(({ partId }) => partId)).toEqual(['b', 'a'])
  })
  it('still has the old parts whose serials nobody handed in', () => {
    const uses = [use('1', { old_serials: ['S1', 'S2'] }), use('2', { old_serials: ['S3'] }), use('3', { old_serials: ['S4'], withdrawn: true })]
    expect(oldParts(uses, [back(['S2', 'S3']), back(['S1'], 'unused')], 'alice').map(({ useId, serials }) => [useId, serials])).toEqual([['1', ['S1']]])
  })
  it('knows which parts put the same symptom right elsewhere', () => {
    const uses = [use('1', { visit_id: 'v1', part_id: 'disk' }), use('2', { visit_id: 'v2', part_id: 'disk' }), use('3', { visit_id: 'v3', part_id: 'fan' })]
    const diagnoses = [found('v1', 'NO-VIDEO'), found('v2', 'NO-VIDEO'), found('v3', 'NOISE'), found('here', 'NO-VIDEO')]
    expect([...usedForSymptom('NO-VIDEO', diagnoses, uses, 'here')]).toEqual([['disk', 2]])
    expect([...usedForSymptom('', diagnoses, uses, 'here')]).toEqual([])
  })
})
