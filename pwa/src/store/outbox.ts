/** What waits on this device. */
import type { Ref } from 'vue'
import { useLive } from './live'
import type { OutboxEntry, WaitingFile } from './types'

/** Acts whose effect has not come back by pull, oldest first. */
export function useOutbox(): Readonly<Ref<OutboxEntry[] | undefined>> {
  return useLive(({ db }) => () => db.outbox.orderBy('n').toArray())
}

/** Files the server has not stored yet, and those that are stuck. */
export function useWaitingFiles(): Readonly<Ref<WaitingFile[] | undefined>> {
  return useLive(({ db }) => async () => {
    const files = await db.files.where('state').anyOf('waiting', 'uploading', 'stuck').toArray()
    return files.sort((a, b) => b.priority - a.priority || (a.addedAt < b.addedAt ? -1 : 1))
  })
}
