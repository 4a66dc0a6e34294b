import { describe, expect, it } from 'vitest'
import { emptyPart, lines, problemOfPart } from './partDraft'

describe('a part being recorded', () => {
  it('comes from own stock only when there is some', () => {
    expect([emptyPart('p', true).source, emptyPart('p', false).source]).toEqual(['own', 'warehouse'])
  })
  it('wants one serial for each unit, and no serial twice', () => {
    const form = { ...emptyPart('p', true), quantity: 2 }
    expect(problemOfPart({ ...form, serials: ['A1'] }, true)).toBe('serials-missing')
    expect(problemOfPart({ ...form, serials: ['A1', ' A1 '] }, true)).toBe('serials-twice')
    expect(problemOfPart({ ...form, serials: ['A1', 'A2'] }, true)).toBeNull()
  })
  it('asks for no serial where the part has none', () => expect(problemOfPart(emptyPart('p', true), false)).toBeNull())
  it('drops serials of units taken away again', () => expect(lines(['A', 'B', 'C'], 2)).toEqual(['A', 'B']))
})
