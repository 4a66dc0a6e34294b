/** The monthly assessment: suggested, decided, objected to, settled, approved, handed on. */
import type { ActName, Args } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { answered } from './office'
import { record } from './record'

const SHEET_TIMEOUT_MS = 2 * 60_000

async function soon<A extends ActName>(act: A, args: Args[A]): Promise<void> {
  await record(act, args)
  requestSync()
}

export const suggestMonth = (month: string) => soon('assessment.suggest', { month })
export const decideLine = (args: Args['assessment.decide']) => soon('assessment.decide', args)
export const addLine = (args: Omit<Args['assessment.add_line'], 'line_id'>) => soon('assessment.add_line', { ...args, line_id: newId() })
export const confirmAssessment = (id: Id) => soon('assessment.confirm', { id })
export const objectTo = (id: Id, text: string, line_ids: Id[]) => soon('assessment.object', { id, text, line_ids })
export const settleObjection = (id: Id, note: string) => soon('assessment.settle', { id, note })
export const approveAssessment = (id: Id) => soon('assessment.approve', { id })
export const putItem = (args: Args['assessment_item.put']) => soon('assessment_item.put', args)

/** Marks what is approved as handed on; the file is the server's to make. */
export async function exportMonth(month: string, lang: string): Promise<Blob> {
  const file = await (await answered(`/api/assessments.xlsx?month=${month}&lang=${lang}`, { signal: AbortSignal.timeout(SHEET_TIMEOUT_MS) })).blob()
  await soon('assessment.export', { month })
  return file
}
