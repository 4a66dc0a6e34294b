import { describe, expect, it } from 'vitest'
import vectors from '@vectors/checklist.json'
import { versionChanges } from '@/protocol/answers'
import { checklistState, defectsOf, latestAnswers, problemOf, typedNumber, verdictOf } from '@/protocol/checklist'
import type { AnswerDefect, AnswerPhoto, AnswerRow, Answers, ChecklistItem } from '@/protocol/checklist'

const whole = (item: unknown) => ({ ...vectors.item_defaults, id: 'x', ...(item as object) }) as unknown as ChecklistItem

function valueOf(value: unknown): unknown {
  const long = (value as { $repeat?: [string, number] } | null)?.$repeat
  return long ? long[0].repeat(long[1]) : value
}

describe('a value is judged as the vectors say', () => {
  it.each(vectors.values)('$name', ({ item, value, problem, verdict }) => {
    expect([problemOf(whole(item), valueOf(value)), verdictOf(whole(item), valueOf(value))]).toEqual([problem, verdict])
  })
})

describe('a run stands as the vectors say', () => {
  it.each(vectors.states)('$name', (expected) => {
    const state = checklistState(expected.items.map(whole), expected.answers as unknown as Answers)
    expect({ ...state, visible: [...state.visible] }).toEqual({
      visible: expected.visible, missing: expected.missing, failed: expected.failed,
      done: expected.done, total: expected.total,
    })
  })
})

describe('the answer that counts is the one the vectors name', () => {
  it.each(vectors.latest)('$name', ({ rows, attachments, answers, run, defects }) => {
    const found = defectsOf((defects ?? []) as AnswerDefect[], run ?? '')
    expect(latestAnswers(rows as AnswerRow[], attachments as AnswerPhoto[], found)).toEqual(answers)
  })
})

describe('a newer version says what it asks otherwise', () => {
  it.each(vectors.versions)('$name', ({ old, new: newer, changes }) => {
    expect(versionChanges(old.map(whole), newer.map(whole))).toEqual(changes)
  })
})

describe('a number is read as people type it', () => {
  it.each([
    ['23.5', '23.5'], [' 23 ', '23'], ['２３．５', '23.5'], ['23。5', '23.5'], ['+7', '7'], ['－15', '-15'],
    ['.5', '0.5'], ['-.5', '-0.5'], ['5.', '5'], ['', null], ['abc', null], ['1e3', null], ['--1', null],
    ['1234567890123', null],
  ])('%s → %s', (typed, stored) => {
    expect(typedNumber(typed)).toBe(stored)
  })
})
