/** Values that follow the database of whoever is signed in, and a key that may change. */
import { liveQuery, type Subscription } from 'dexie'
import { onScopeDispose, shallowRef, watchEffect, type Ref } from 'vue'
import { current, type Store } from './current'
import { reopen } from './connection'

/**
 * `undefined` until the first answer. `query` gives null to say "cannot be asked yet". The last value stays while a
 * new question is under way, so that a screen does not blink.
 */
export function useLive<T>(query: (store: Store) => (() => Promise<T>) | null): Readonly<Ref<T | undefined>> {
  const value = shallowRef<T | undefined>()
  let subscription: Subscription | undefined
  const stop = watchEffect(() => {
    subscription?.unsubscribe()
    const store = current.value
    const ask = store && query(store)
    if (!ask) {
      value.value = undefined
      return
    }
    subscription = subscribe(store, ask, value)
  })
  onScopeDispose(() => {
    stop()
    subscription?.unsubscribe()
  })
  return value
}

function subscribe<T>(store: Store, ask: () => Promise<T>, value: Ref<T | undefined>): Subscription {
  return liveQuery(ask).subscribe({
    next: (answer) => { value.value = answer },
    // Systems kill the connection of a page in the background; the next change asks again over a new one.
    error: (error: unknown) => { void reopen(store.db, error) },
  })
}
