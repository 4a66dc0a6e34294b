/** The life of the server's database: another name means that it was restored from a backup. */
import type { Tables } from './database'
import { offerFormerLines } from './line'
import { readMeta, writeMeta } from './meta'
import { sendFilesAgain } from './verifying'

/**
 * Inside the transaction of any answer, push or pull, whichever hears of it first. Receipts belong to the life that
 * gave them: their revs cannot be compared with those of another, so such acts are asked about again, and every file
 * still here is offered again.
 */
export async function enterEpoch(db: Tables, epoch: string): Promise<void> {
  const before = await readMeta(db, 'epoch')
  if (before === epoch) return
  await writeMeta(db, { epoch })
  if (!before) return
  await sendFilesAgain(db)
  await offerFormerLines(db)
  await db.outbox.where('state').equals('answered').modify({ state: 'pending', outcome: null, rev: null, code: null, detail: null })
}
