import { describe, expect, it } from 'vitest'
import vectors from '@vectors/merge.json'
import { fieldRule, mergeField } from '@/protocol/merge'
import type { Json, MergePolicy } from '@/protocol/merge'

describe('a field merges as the vectors say', () => {
  it.each(vectors.cases)('$name', ({ policy, current, was, now, value, outcome }) => {
    const merged = mergeField(policy as MergePolicy, current as Json, was as Json, now as Json)
    expect(merged).toEqual({ value, outcome })
  })
})

describe('the owner of a field', () => {
  it('is read from the rules, and a field that is not edited has none', () => {
    expect(fieldRule('diagnosis', 'cause_code')).toEqual({ owner: 'engineer', policy: 'protected' })
    expect(fieldRule('visit', 'state')).toBeNull()
    expect(fieldRule('toString', 'length')).toBeNull()
  })
})
