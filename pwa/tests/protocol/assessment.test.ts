import { describe, expect, it } from 'vitest'
import rules from '@rules/assessment.json'
import cases from '@vectors/assessment.json'
import { allowedPoints, FULL, itemsOf, suggestedPoints, totalOf, type AssessmentItem, type AssessmentLine } from '../../src/protocol/assessment'

describe('the assessment', () => {
  it('has the items the company says', () => {
    for (const { rows, codes } of cases.items) expect(itemsOf(rows as AssessmentItem[]).map((item) => item.code)).toEqual(codes)
  })
  it('begins mild and stays within what an item says', () => {
    for (const { code, count, suggested, allowed, refused } of cases.points) {
      const item = itemsOf([]).find((one) => one.code === code)!
      expect(suggestedPoints(item, count)).toBe(suggested)
      expect(allowed.filter((points) => !allowedPoints(item, points))).toEqual([])
      expect((refused as number[]).filter((points) => allowedPoints(item, points))).toEqual([])
    }
  })
  it('leaves what is left, never below nought', () => {
    expect(FULL).toBe(rules.full)
    for (const { lines, total } of cases.totals) expect(totalOf(lines as Pick<AssessmentLine, 'points' | 'state'>[])).toBe(total)
  })
})
