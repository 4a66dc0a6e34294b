import { describe, expect, it } from 'vitest'
import vectors from '@vectors/presence.json'
import { flagsOf, isTelling, type Before, type Proof } from '@/protocol/presence'

describe('a proof is flagged as the vectors say', () => {
  it.each(vectors.proofs)('$name', ({ proof, before, flags }) => {
    expect(flagsOf(proof as Proof, vectors.point, vectors.site, before as Before | null)).toEqual(flags)
  })
})

it('no position alone calls nobody', () => {
  expect([isTelling(['no-place', 'vague']), isTelling(['no-place', 'pace'])]).toEqual([false, true])
})
