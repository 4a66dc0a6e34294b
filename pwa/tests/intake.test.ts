import { describe, expect, test } from 'vitest'
import vectors from '@vectors/intake.json'
import { lacking, suggestLevel } from '../src/protocol/intake'

describe('registering a request', () => {
  test.each(vectors.lacking)('what it lacks: $name', ({ request, expected }) => expect(lacking(request)).toEqual(expected))
  test.each(vectors.level)('which level is suggested: $name', (one) =>
    expect(suggestLevel(one.title, one.description, one.faulted_before)).toEqual(one.expected))
})
