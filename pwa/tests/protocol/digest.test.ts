import { describe, expect, it, test } from 'vitest'
import vectors from '@vectors/digest.json'
import { dumpRepair, MAX_CHECK_ROWS, MAX_CHECK_SCOPES, partsOf } from '@/protocol/check'
import { combine, digestOf, EMPTY, hexOf, rowHash, type Listed } from '@/protocol/digest'
import { newId } from '@/protocol/ids'

const rowsOf = (rows: unknown[][]) => rows as unknown as Listed[]

describe('digests are those of the vectors', () => {
  it.each(vectors.hashes)('of the row $row', async ({ row, hash }) => {
    expect((await rowHash(row as unknown as Listed)).toString(16).padStart(16, '0')).toBe(hash)
  })

  it.each(vectors.sets)('of $name, whole and in parts', async ({ rows, count, digest }) => {
    const whole = await digestOf(rowsOf(rows))
    expect([whole.count, hexOf(whole)]).toEqual([count, digest])
    const half = rows.length >> 1
    const parts = [await digestOf(rowsOf(rows.slice(0, half))), await digestOf(rowsOf(rows.slice(half)))]
    expect(parts.reduce(combine, EMPTY)).toEqual(whole)
  })
})

describe('the second question', () => {
  test('is never too large and leaves no row out', () => {
    const listed = (rows: number): Listed[] => Array.from({ length: rows }, () => ['note', newId(), 1] as const)
    const scopes = new Map([['wo:large', listed(2 * MAX_CHECK_ROWS + 7)], ['ref', listed(MAX_CHECK_ROWS)], ['wo:empty', []]])
    for (let i = 0; i < MAX_CHECK_SCOPES + 30; i++) scopes.set(`wo:${i}`, listed(2))
    const asked = new Map<string, Listed[]>()
    let behind: unknown = null
    for (const part of partsOf(scopes)) {
      const entries = Object.entries(part.scopes)
      expect(entries.length).toBeLessThanOrEqual(MAX_CHECK_SCOPES)
      expect(entries.reduce((sum, [, rows]) => sum + rows.length, 0)).toBeLessThanOrEqual(MAX_CHECK_ROWS)
      for (const [scope, rows] of entries) asked.set(scope, [...(asked.get(scope) ?? []), ...rows])
      if (!('wo:large' in part.scopes)) continue
      expect(part.after).toEqual(behind)
      behind = part.upto
    }
    expect(behind).toBeNull()
    for (const [scope, rows] of scopes) expect(new Set(asked.get(scope))).toEqual(new Set(rows))
    expect(asked.size).toBe(scopes.size)
    expect(dumpRepair('d', 'c', { scopes: { ref: [] } })).toEqual({ protocol: 2, device: 'd', cookie: 'c', scopes: { ref: [] } })
  })
})
