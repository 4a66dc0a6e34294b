/** Everything typed is saved as it is typed, because a camera or a phone call may kill the page at any moment. */
import { customRef, onScopeDispose, type Ref } from 'vue'
import { current } from './current'
import { now } from './clock'
import { durably } from './connection'
import type { UserDatabase } from './database'

export interface Draft<T> {
  /** Set it like any ref; each change is written at the end of the current task. */
  value: Ref<T>
  /** False until what was typed before a kill has been restored. */
  ready: Promise<void>
  /** Forgets the draft, once an act has taken its words, and goes back to the initial value. */
  clear(): Promise<void>
}

/** A value by `key` (such as `note:<visit id>`) that survives the page. Not for objects mutated in place: assign anew. */
export function useDraft<T>(key: string, initial: T): Draft<T> {
  const db = current.value?.db
  let value = initial
  let touched = false
  let tell = () => {}
  const writer = db && draftWriter(db, key, () => value)
  const ref = customRef<T>((track, trigger) => {
    tell = trigger
    return {
      get: () => (track(), value),
      set(next) {
        touched = true
        value = next
        trigger()
        writer?.schedule()
      },
    }
  })
  const ready = (async () => {
    const saved = await db?.drafts.get(key)
    if (saved && !touched) { // what is typed now is newer than what was kept
      value = saved.value as T
      tell()
    }
  })()
  onScopeDispose(() => void writer?.flush())
  return {
    value: ref,
    ready,
    async clear() {
      await ready
      touched = false
      value = initial
      tell()
      await writer?.forget()
    },
  }
}

/**
 * Writes one after the other. What is set while a write is under way goes along with the next: a strict write takes
 * tens of milliseconds, and with one per key the disk would fall behind a fast hand.
 */
function draftWriter(db: UserDatabase, key: string, read: () => unknown) {
  let scheduled = false
  let chain: Promise<unknown> = Promise.resolve()
  const write = () => {
    chain = chain.then(async () => {
      if (!scheduled) return // an earlier write took it along, or it was forgotten
      scheduled = false
      const value = JSON.parse(JSON.stringify(read() ?? null)) // a reactive proxy cannot be cloned into the database
      await durably(db, () => db.drafts.put({ key, value, at: now() }))
    }).catch((error) => console.error('A draft could not be kept', key, error))
  }
  return {
    schedule() {
      if (scheduled) return
      scheduled = true
      queueMicrotask(write)
    },
    flush: () => { if (scheduled) write(); return chain },
    forget() {
      scheduled = false
      return (chain = chain.then(() => durably(db, () => db.drafts.delete(key))))
    },
  }
}
