/** Values that follow the database of whoever is signed in, and a key that may change. */
import { liveQuery, type Subscription } from 'dexie'
import { effectScope, onScopeDispose, shallowRef, watchEffect, type EffectScope, type Ref } from 'vue'
import { current, type Store } from './current'
import { reopen } from './connection'

/** Between a failed query and the next try. */
const RETRY_MS = 500

/**
 * `undefined` until the first answer. `query` gives null to say "cannot be asked yet". The last value stays while a
 * new question is under way, so that a screen does not blink.
 */
export function useLive<T>(query: (store: Store) => (() => Promise<T>) | null): Readonly<Ref<T | undefined>> {
  const value = shallowRef<T | undefined>()
  let stopAsking = () => {}
  const stop = watchEffect(() => {
    stopAsking()
    const store = current.value
    const ask = store && query(store)
    if (ask) stopAsking = follow(store, ask, (answer) => { value.value = answer })
    else value.value = undefined
  })
  onScopeDispose(() => {
    stop()
    stopAsking()
  })
  return value
}

/** One value for all who use it at a time; it lives from the first of them to the last. */
export function shared<T>(make: () => T): () => T {
  let users = 0
  let held: { scope: EffectScope; value: T } | undefined
  return () => {
    if (!held) {
      const scope = effectScope(true)
      held = { scope, value: scope.run(make) as T }
    }
    users++
    onScopeDispose(() => {
      if (--users) return
      held?.scope.stop()
      held = undefined
    })
    return held.value
  }
}

/** Systems kill the connection of a page in the background: the question is asked again over a new one. */
function follow<T>(store: Store, ask: () => Promise<T>, tell: (answer: T) => void): () => void {
  let stopped = false
  let subscription: Subscription | undefined
  const start = () => {
    subscription = liveQuery(ask).subscribe({
      next: tell,
      error: (error: unknown) => void again(error),
    })
  }
  const again = async (error: unknown) => {
    console.error('A live query failed', error)
    try {
      await reopen(store.db, error)
    } catch (failed) {
      console.error('The database does not open again', failed)
    }
    setTimeout(() => { if (!stopped) start() }, RETRY_MS)
  }
  start()
  return () => {
    stopped = true
    subscription?.unsubscribe()
  }
}
