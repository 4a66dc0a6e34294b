import { describe, expect, it, test } from 'vitest'
import clocks from '@vectors/sla_clocks.json'
import vectors from '@vectors/sla.json'
import { dueAt, milestonesOf, PRESETS, timetable, warningsAt, type Interval, type Policy, type Span } from '@/protocol/sla'
import { zone } from '@/protocol/zones'

const iso = (instant: number) => new Date(instant).toISOString()
const span = (said: unknown) => said as Span

describe('a deadline is where the vectors say', () => {
  it.each(vectors.due)('$name', ({ span: said, start, due }) => {
    expect(iso(dueAt(Date.parse(start), span(said)))).toBe(iso(Date.parse(due)))
  })
})

describe('a clock is due and warns when single minutes say so', () => {
  it.each(clocks.clocks)('$name', (expected) => {
    const { start, pauses, extension, due, warnings } = expected
    const table = timetable(expected.policy as Partial<Policy>)
    const paused = pauses.map(([from, to]): Interval => [Date.parse(from!), Date.parse(to!)])
    const extended: Interval | null = extension && [Date.parse(extension[0]!), Date.parse(extension[1]!)]
    expect(iso(dueAt(Date.parse(start), span(expected.span), table, paused, extended))).toBe(due)
    expect(warningsAt(Date.parse(start), span(expected.span), [50, 75, 90], table, paused, extended).map(iso)).toEqual(warnings)
  })
})

describe('a work order gets the milestones of its policy and level', () => {
  it.each(vectors.milestones)('$name', ({ policy, level, reported_at, milestones }) => {
    const found = milestonesOf(PRESETS[policy] ?? PRESETS.default!, level, Date.parse(reported_at))
    expect(found.map(({ kind, dueAt: due }) => ({ kind, due_at: iso(due) })))
      .toEqual(milestones.map(({ kind, due_at }) => ({ kind, due_at: iso(Date.parse(due_at)) })))
  })
})

test('a calendar or a zone nobody has is refused', () => {
  expect(() => timetable({ calendar: 'moon' })).toThrow('unknown')
  expect(() => zone('Mars/Olympus')).toThrow('unknown')
})
