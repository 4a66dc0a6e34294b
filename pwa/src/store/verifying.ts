/** What the server says of files, followed from the attachments it sends. */
import type { AttachmentBody } from '../protocol/nouns'
import type { WireRow } from '../protocol/wire'
import type { StoredFile, Tables } from './database'

/** Inside the pull's transaction: only the server's own word makes a file stored or verified. */
export async function followFiles(db: Tables, rows: readonly WireRow[], at: string): Promise<void> {
  const attachments = rows.filter((row) => row.noun === 'attachment' && row.body)
  if (!attachments.length) return
  const files = await db.files.bulkGet(attachments.map((row) => row.id))
  for (const [i, row] of attachments.entries()) {
    const file = files[i]
    const change = file && changeOf(file, row.body as AttachmentBody, at)
    if (change) await db.files.update(file.attachmentId, change)
  }
}

function changeOf(file: StoredFile, { state, refusal, withdrawn }: AttachmentBody, at: string): Partial<StoredFile> | null {
  if (state === 'verified') return file.state === 'verified' ? null : { state: 'verified', verifiedAt: at, error: null }
  if (state === 'stored') return { state: 'stored', offset: file.size, error: null }
  if (state === 'refused') return { state: 'stuck', error: refusal ?? 'refused' }
  if (withdrawn && file.state === 'stuck') return { state: 'verified', verifiedAt: at } // nobody waits for it any more
  // Its act was held, parked or lost by a restored server, and is here now: nobody has to press "again" for that.
  if (state === 'declared' && file.state === 'stuck' && file.error === 'slot-unknown') return { state: 'waiting', error: null }
  return null
}

/** A server restored from a backup may have lost what it had: every copy still here is offered again. */
export async function sendFilesAgain(db: Tables): Promise<void> {
  await db.files.where('state').anyOf('stored', 'verified', 'uploading').filter((file) => !file.purged)
    .modify({ state: 'waiting', uploadUrl: null, offset: 0, error: null })
}
