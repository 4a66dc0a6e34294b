/** The app without a network, and a chance to send after the page is gone. */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { knownUsers } from './store/device'
import { openStore } from './store/opening'
import { syncAll } from './sync/sync'

declare const self: ServiceWorkerGlobalScope

/** Addresses the server answers itself; everything else a person can navigate to is the app. */
const SERVER_PATHS = [/^\/api\b/, /^\/files\b/, /^\/health\b/, /^\/docs-assets\b/, /^\/public\b/]

precacheAndRoute(self.__WB_MANIFEST)
cleanupOutdatedCaches()
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: SERVER_PATHS }))

// A new version waits until the page asks for it, so nobody loses a form half filled in.
self.addEventListener('message', (event) => {
  if (event.data?.type === 'SKIP_WAITING') void self.skipWaiting()
})

/** Background Sync: the browser calls when the network is back, page or no page. Rejecting makes it call again. */
self.addEventListener('sync', (event) => {
  const { tag, waitUntil } = event as ExtendableEvent & { tag: string }
  if (tag === 'xunxiu-sync') waitUntil.call(event, syncEveryone())
})

/** Each person's work with that person's own token, from that person's own database. */
async function syncEveryone(): Promise<void> {
  for (const user of await knownUsers()) {
    const store = await openStore(user.userId)
    if (!store) continue
    await syncAll(store).finally(() => store.db.close())
  }
}
