/**
 * Answers of several phones to one item: what was said over what, what goes together, and what contradicts. Twin of
 * `sync/answers.py`; both run `tests/vectors/checklist.json`.
 *
 * An answer names the answers its author saw (`over`). Those nobody has answered over stand; there are several when
 * two people answered without knowing of each other.
 */
import type { AnswerRow, AnswerValue, ChecklistItem } from './checklist'

const SIDES = ['before', 'after'] as const
/** What of an item is compared between two versions of its checklist. */
const COMPARED = ['label', 'group', 'type', 'mandatory', 'unit', 'min', 'max', 'options', 'show_if', 'on_fail'] as const

export interface VersionChange { item: string; change: 'added' | 'changed' | 'removed'; fields: string[] }

/** The rows that count, as the server took them; what it has not seen yet comes after, in the order of birth. */
export function inOrder<R extends AnswerRow>(rows: readonly R[]): R[] {
  return rows.filter((row) => !row.withdrawn && row.late_state !== 'discarded')
    .sort((a, b) => compare(a.server_at || '~', b.server_at || '~') || compare(a.id, b.id))
}

/** The answers to one item, in order, that nobody answered over. Without `over` an answer stands for all before. */
export function standing<R extends AnswerRow>(rows: readonly R[]): R[] {
  let left: R[] = []
  for (const row of rows) {
    const { over } = row
    left = [...(over ? left.filter((one) => !over.includes(one.id)) : []), row]
  }
  return left
}

/** The value of the answers that stand, and those that contradict each other (none, or two and more). */
export function joined<R extends AnswerRow>(rows: readonly R[]): { value: AnswerValue; different: R[] } {
  const said = rows.filter(({ value }) => value !== null && value !== '' && !(Array.isArray(value) && !value.length))
  if (!said.length) return { value: rows.at(-1)?.value ?? null, different: [] }
  const values = said.map((row) => row.value)
  if (said.length > 1 && values.every((value) => Array.isArray(value))) return { value: [...new Set(values.flat())], different: [] }
  const pair = said.length > 1 ? pairOf(values) : null
  if (pair) return { value: pair, different: [] }
  const last = new Map(said.map((row) => [key(row.value), row]))
  const different = said.filter((row) => last.get(key(row.value)) === row)
  return { value: said.at(-1)!.value, different: different.length > 1 ? different : [] }
}

/** What a newer version of a checklist asks otherwise, in its order; what it no longer asks at the end. */
export function versionChanges(old: readonly ChecklistItem[], newer: readonly ChecklistItem[]): VersionChange[] {
  const before = new Map(old.map((item) => [item.id, item]))
  const after = new Set(newer.map((item) => item.id))
  const found = newer.flatMap((item): VersionChange[] => {
    const was = before.get(item.id)
    if (!was) return [{ item: item.id, change: 'added', fields: [] }]
    const fields = COMPARED.filter((name) => key(was[name] ?? null) !== key(item[name] ?? null))
    return fields.length ? [{ item: item.id, change: 'changed', fields }] : []
  })
  const removed = old.filter((item) => !after.has(item.id)).map((item): VersionChange => ({ item: item.id, change: 'removed', fields: [] }))
  return [...found, ...removed]
}

type Pair = Exclude<AnswerValue, string | string[] | null>

/** One pair out of several, when no side was given twice. */
function pairOf(values: readonly AnswerValue[]): Pair | null {
  if (!values.every((value): value is Pair => typeof value === 'object' && value !== null && !Array.isArray(value))) return null
  const given = SIDES.map((side) => [...new Set(values.map((value) => value[side]).filter(Boolean))])
  return given.some((side) => side.length > 1) ? null : { before: given[0]![0] ?? null, after: given[1]![0] ?? null }
}

function key(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => compare(a, b))) : inner))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
