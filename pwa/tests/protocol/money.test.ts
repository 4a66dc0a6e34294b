import { describe, expect, it } from 'vitest'
import vectors from '@vectors/money.json'
import {
  basisOf, custodyContent, fenOf, isBillable, paperFault, priced, quotationContent, returnContent, totalOf, yuan, type Paper, type PricedLine,
} from '../../src/protocol/money'

describe('who pays, as the vectors say', () => {
  it.each(vectors.bases)('$name', ({ warranty_until, on, misuse, basis, billable }) => {
    const found = basisOf(warranty_until, on, misuse)
    expect([found, isBillable(found)]).toEqual([basis, billable])
  })
  it.each(vectors.totals)('$name', ({ lines, total_cents }) => expect(totalOf(lines as PricedLine[])).toBe(total_cents))
  it.each(vectors.words)('$text', ({ cents, text }) => expect(yuan(cents)).toBe(text))
})

describe('a paper that does not add up or proves nothing is none', () => {
  it.each(vectors.papers)('$name', ({ paper, changes, fault }) => {
    const content = structuredClone(vectors.content[paper as Paper]) as Record<string, unknown>
    for (const [path, value] of changes as [(string | number)[], unknown][]) {
      const place = path.slice(0, -1).reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, content)
      place[path.at(-1)!] = value
    }
    expect(paperFault(paper as Paper, content)).toBe(fault)
  })
})

describe('what the phone makes', () => {
  const view = {
    order: { number: null, title: '黑屏', customer_name: '物业' }, site: { name: '大厦', address: '一号' },
    asset: { name: '控制器', serial: 'SN-1' }, engineer: { name: '艾丽', name_en: 'Alice' }, on: '2026-11-21',
  }
  const line = { ...(vectors.content.quotation.lines[0] as PricedLine) }

  it('is a paper the server takes, also before the work order has a number', () => {
    const quotation = quotationContent(view, { basis: 'charged', lines: [line], photos: [], note: '' })
    expect([quotation.number, quotation.total_cents, paperFault('quotation', quotation)]).toEqual(['', 25600, null])
    const taken = custodyContent(view, { condition: '外壳完好', accessories: ['电源线'], expected_on: '', note: '' })
    const back = returnContent(taken, { condition: '已修复', accessories: ['电源线'], on: '2026-11-28', note: '' })
    expect([paperFault('custody', taken), paperFault('custody_return', back), back.taken_on]).toEqual([null, null, '2026-11-21'])
  })
  it('costs nothing under warranty, whatever is on the list', () => {
    expect(totalOf(priced([line], 'warranty'))).toBe(0)
    expect(totalOf(priced([line], 'misuse'))).toBe(25600)
  })
  it('takes yuan as people type them', () => {
    expect(['12', '12.5', '¥ 12.05', '12。30', '', '12.345', '-1'].map(fenOf)).toEqual([1200, 1250, 1205, 1230, null, null, null])
  })
})
