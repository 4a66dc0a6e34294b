/** Three-way merge of one field by content, with no clock. Twin of `sync/merge.py`: both run `tests/vectors/merge.json`. */
import rules from '@rules/fields.json'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type MergePolicy = 'protected' | 'latest' | 'text' | 'set'
export type MergeOutcome = 'applied' | 'same' | 'merged' | 'conflict'
/** `value` is what to store; on `conflict` the stored value stands and a person must choose. */
export interface Merged {
  value: Json
  outcome: MergeOutcome
}
export interface FieldRule {
  owner: 'engineer' | 'office'
  policy: MergePolicy
}

/** Who owns a field and how two changes of it meet; null for a field that is not edited. */
export function fieldRule(noun: string, field: string): FieldRule | null {
  const fields = Object.hasOwn(rules, noun) ? (rules as unknown as Record<string, Record<string, FieldRule>>)[noun]! : {}
  return Object.hasOwn(fields, field) ? fields[field]! : null
}

/** Merges a change `[was, now]` into `current`. */
export function mergeField(policy: MergePolicy, current: Json, was: Json, now: Json): Merged {
  if (!Object.hasOwn(POLICIES, policy)) throw new RangeError(`unknown policy: ${policy}`)
  if (equal(current, now)) return { value: current, outcome: 'same' }
  if (equal(current, was)) return { value: now, outcome: 'applied' }
  return POLICIES[policy](current, was, now)
}

const later = (_current: Json, _was: Json, now: Json): Merged => ({ value: now, outcome: 'merged' })

const POLICIES: Record<MergePolicy, (current: Json, was: Json, now: Json) => Merged> = {
  protected: (current) => ({ value: current, outcome: 'conflict' }),
  latest: later,
  text: later,
  set: mergeSets,
}

/** The stored order stays; what was added comes after, in its own order. Anything but lists is taken as `latest`. */
function mergeSets(current: Json, was: Json, now: Json): Merged {
  if (!Array.isArray(current) || !Array.isArray(now)) return later(current, was, now)
  const seen = Array.isArray(was) ? was : []
  const value: Json[] = []
  for (const one of current) {
    const removed = holds(seen, one) && !holds(now, one)
    if (!removed && !holds(value, one)) value.push(one)
  }
  for (const one of now) if (!holds(seen, one) && !holds(value, one)) value.push(one)
  return { value, outcome: equal(value, current) ? 'same' : 'merged' }
}

function holds(values: Json[], one: Json): boolean {
  return values.some((value) => equal(value, one))
}

function equal(a: Json, b: Json): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, i) => equal(one, b[i]!))
  if (a && b && typeof a === 'object' && typeof b === 'object' && !Array.isArray(a) && !Array.isArray(b)) {
    const keys = Object.keys(a)
    return keys.length === Object.keys(b).length
      && keys.every((key) => Object.hasOwn(b, key) && equal(a[key]!, b[key]!))
  }
  return a === b
}
