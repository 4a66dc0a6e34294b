import { describe, expect, it } from 'vitest'
import type { RowOf } from '@/store'
import { kindOf, partLine, unquoted } from './quote'

const part = (id: string, number: string) => ({ id, body: { number, name: number, name_en: '', unit: '个', price_cents: 12_800 } }) as RowOf<'part'>
const use = (part_id: string, quantity: number, more: object = {}) => ({ body: { part_id, quantity, source: 'own', withdrawn: false, ...more } }) as RowOf<'part_use'>
const parts = new Map([['a', part('a', 'P-1')], ['b', part('b', 'P-2')]])

describe('a quotation', () => {
  it('takes in the parts that were used, each once', () => {
    const found = unquoted([use('a', 2), use('a', 1), use('b', 1)], parts, [partLine(parts.get('b')!)])
    expect(found.map(({ code, quantity, price_cents }) => [code, quantity, price_cents])).toEqual([['P-1', 3, 12_800]])
  })
  it("leaves out what was taken back and what is the customer's own", () => {
    expect(unquoted([use('a', 1, { withdrawn: true }), use('b', 1, { source: 'customer' })], parts, [])).toEqual([])
  })
  it('tells labour from travel by the code of the list', () => expect(['LAB-01', 'TRV-02', 'SVC-01'].map(kindOf)).toEqual(['labour', 'travel', 'other']))
})
