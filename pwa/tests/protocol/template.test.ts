import { describe, expect, it } from 'vitest'
import vectors from '@vectors/template.json'
import type { ChecklistItem } from '@/protocol/checklist'
import { templateFaults } from '@/protocol/template'

type Grown = { $repeat: [unknown, number] }
const isGrown = (value: unknown): value is Grown => typeof value === 'object' && value !== null && '$repeat' in value

function grown(value: unknown): unknown {
  if (isGrown(value)) {
    const [what, times] = value.$repeat
    return typeof what === 'string' ? what.repeat(times) : Array.from({ length: times }, () => grown(what))
  }
  return Array.isArray(value) ? value.map(grown) : value
}

function itemsOf(items: readonly object[]): ChecklistItem[] {
  return items.flatMap((item) => (isGrown(item) ? (grown(item) as object[]) : [item]))
    .map((item) => ({ ...vectors.item_defaults, ...Object.fromEntries(Object.entries(item).map(([name, value]) => [name, grown(value)])) }) as unknown as ChecklistItem)
}

describe('what is wrong with a template is what the vectors say', () => {
  it.each(vectors.cases)('$name', (one) => {
    const former = new Map(Object.entries('former' in one ? (one.former as Record<string, string>) : {}))
    expect(templateFaults(itemsOf(one.items), former)).toEqual(one.faults)
  })
})
