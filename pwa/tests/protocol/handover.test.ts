import { describe, expect, it } from 'vitest'
import vectors from '@vectors/handover.json'
import { completeness, type Archive } from '@/protocol/handover'

describe('an archive is as complete as the vectors say', () => {
  it.each(vectors.cases)('$name', ({ archive, percent, lines }) => {
    const found = completeness(archive as unknown as Archive)
    expect([found.percent, found.lines.filter((line) => line.state !== 'complete')]).toEqual([percent, lines])
  })
})
