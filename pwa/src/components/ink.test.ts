import { describe, expect, it } from 'vitest'
import type { Strokes } from '@/protocol/nouns'
import { fitted, isSigned } from './ink'

const line = (n: number, step: number): Strokes => ({
  width: 350, height: 250, strokes: [{ points: Array.from({ length: n }, (_, i) => [20 + i * step, 100 + (i % 4) * step, i * 10]) }],
})

describe('ink', () => {
  it('takes a name for a signature', () => expect(isSigned(line(40, 6))).toBe(true))
  it('refuses nothing, a dot and a slip', () => {
    expect(isSigned(null)).toBe(false)
    expect(isSigned({ width: 350, height: 250, strokes: [] })).toBe(false)
    expect(isSigned(line(1, 0))).toBe(false)
    expect(isSigned(line(5, 4))).toBe(false)
  })
  it('refuses a dot scribbled for a long time', () => {
    const points = Array.from({ length: 300 }, (_, i) => [100 + (i % 3), 100 + (i % 5), i] as [number, number, number])
    expect(isSigned({ width: 350, height: 250, strokes: [{ points }] })).toBe(false)
  })
  it('fits a turned phone without stretching', () => {
    const turned = fitted(line(10, 10), 700, 250)
    const [a, b] = [turned.strokes[0]!.points[0]!, turned.strokes[0]!.points[1]!]
    expect([b[0] - a[0], b[1] - a[1]]).toEqual([10, 10])
    expect(turned.strokes[0]!.points.every(([x]) => x >= 0 && x <= 700)).toBe(true)
  })
})
