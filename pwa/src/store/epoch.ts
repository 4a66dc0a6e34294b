/** The life of the server's database: another name means that it was restored from a backup. */
import type { Tables } from './database'
import { offerFormerLines, proveLine } from './line'
import { readMeta, writeMeta } from './meta'
import { sendFilesAgain } from './verifying'

/**
 * Inside the transaction of any answer, push or pull, whichever hears of it first; true when it is another. Receipts
 * belong to the life that gave them: their revs cannot be compared with those of another, so such acts are asked about
 * again, and every file still here is offered again.
 */
export async function enterEpoch(db: Tables, epoch: string, last: number): Promise<boolean> {
  const before = await readMeta(db, 'epoch')
  if (before === epoch) return false
  await writeMeta(db, { epoch })
  if (!before) return false
  await sendFilesAgain(db)
  await offerFormerLines(db)
  await proveLine(db, last)
  return true
}
