/** Setting out with the departure checklist. The list is one group; leaving is an act of its own, which no list may park. */
import type { Answers } from '../protocol/checklist'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { record, recordTogether } from './record'

export interface Departure {
  visit_id: Id
  version_id: Id
  answers: Answers
  /** Nothing the list asks for is missing. Somebody who leaves without is not stopped, and the list says so. */
  complete: boolean
}

export async function setOut({ visit_id, version_id, answers, complete }: Departure): Promise<void> {
  const run_id = newId()
  const given = Object.entries(answers).filter(([, answer]) => answer.value !== null)
  if (given.length) await recordTogether([
    { act: 'checklist.start' as const, args: { id: run_id, visit_id, version_id } },
    ...given.map(([item_id, { value, note }]) => ({
      act: 'checklist.answer' as const, args: { id: newId(), run_id, item_id, value, ...(note && { note }) },
    })),
    ...(complete ? [{ act: 'checklist.complete' as const, args: { run_id } }] : []),
  ])
  await record('visit.travel', { visit_id })
}
