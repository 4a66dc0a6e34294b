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
  if (writer) writing.set(`${db.name} ${key}`, writer.flush)
  onScopeDispose(() => {
    if (!writer) return
    if (writing.get(`${db.name} ${key}`) === writer.flush) writing.delete(`${db.name} ${key}`)
    void writer.flush()
  })
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

/** Of the fields on the screen: writes what was typed and not yet written. */
const writing = new Map<string, () => Promise<unknown>>()

/** Until every key that was pressed for these drafts is on the disk. */
export async function keysWritten(db: UserDatabase, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => writing.get(`${db.name} ${key}`)?.()))
}

/**
 * After the last key for so long, what was typed is made to outlive a power cut too. Longer than a hand pauses between
 * two words: while the disk is busy with the strict write, the keys that follow wait for it.
 */
const REST_MS = 1_000

/**
 * Writes twice. At once and without waiting for the disk: that outlives the page and the browser, whose death is what
 * happens to phones, and takes a millisecond or two. And strictly once the hand rests: a strict write takes tens of
 * milliseconds, and with one per key the disk would fall behind a fast hand and a kill would take more than a letter.
 */
function draftWriter(db: UserDatabase, key: string, read: () => unknown) {
  let scheduled = false
  let unsafe = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let chain: Promise<unknown> = Promise.resolve()
  /** A reactive proxy cannot be cloned into the database. */
  const row = () => ({ key, value: JSON.parse(JSON.stringify(read() ?? null)) as unknown, at: now() })

  function quickly(): void {
    if (!scheduled) return // taken along by a strict write, or forgotten
    scheduled = false
    unsafe = true
    try {
      const quick = db.backendDB().transaction('drafts', 'readwrite', { durability: 'relaxed' })
      quick.addEventListener('abort', strictly)
      quick.objectStore('drafts').put(row())
      quick.commit() // not when the answer has come back: the page may not live to hear it
    } catch { // the connection was killed, or is not open yet
      strictly()
      return
    }
    clearTimeout(timer)
    timer = setTimeout(strictly, REST_MS)
  }

  function strictly(): void {
    clearTimeout(timer)
    chain = chain.then(async () => {
      if (!unsafe && !scheduled) return // an earlier write took it along, or it was forgotten
      unsafe = scheduled = false
      await durably(db, () => db.drafts.put(row()))
    }).catch((error) => console.error('A draft could not be kept', key, error))
  }

  return {
    schedule() {
      if (scheduled) return
      scheduled = true
      queueMicrotask(quickly)
    },
    flush: () => { if (unsafe || scheduled) strictly(); return chain },
    forget() {
      clearTimeout(timer)
      unsafe = scheduled = false
      return (chain = chain.then(() => durably(db, () => db.drafts.delete(key))))
    },
  }
}
