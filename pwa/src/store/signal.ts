/** "There is something to send": acts and screens say it, the sync room listens. The store never imports sync. */
type Listener = () => void

const listeners = new Set<Listener>()

export function requestSync(): void {
  for (const listener of listeners) listener()
}

/** Returns the function that stops listening. */
export function onSyncRequested(listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
