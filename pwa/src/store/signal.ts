/** "There is something to send": acts and screens say it, the sync room listens. The store never imports sync. */

/** `urgent`: a person asked, or a visit was handed in, so no waiting for a better moment. */
type Listener = (urgent: boolean) => void

const listeners = new Set<Listener>()

/** Syncs now, whatever the last try said. */
export function requestSync(): void {
  for (const listener of listeners) listener(true)
}

/** An act was recorded: it goes soon, with those that follow it closely. */
export function workRecorded(): void {
  for (const listener of listeners) listener(false)
}

/** Returns the function that stops listening. */
export function onSyncRequested(listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
