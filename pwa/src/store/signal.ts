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

const comparers = new Set<() => void>()

/** A person wants to know whether this device holds what the office thinks it holds: the next round looks. */
export function requestComparison(): void {
  for (const compare of comparers) compare()
}

/** Returns the function that stops listening. */
export function onComparisonRequested(listener: () => void): () => void {
  comparers.add(listener)
  return () => void comparers.delete(listener)
}

/** Returns the function that stops listening. */
export function onSyncRequested(listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Between the tabs of a browser: somebody is no longer signed in here, so no tab may go on showing their work. */
export const SESSION_CHANNEL = 'xunxiu-session'

/** Every tab hears it, the one that says it too. */
export function saySignedOut(userId: string): void {
  if (typeof BroadcastChannel === 'undefined') return
  const channel = new BroadcastChannel(SESSION_CHANNEL)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no target, it is of one origin
  channel.postMessage({ loggedOut: userId })
  channel.close()
}
