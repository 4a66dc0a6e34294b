/** The app without a network, and a chance to send after the page is gone. */
import { cacheNames } from 'workbox-core'
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import './protocol/effects/desk'
import { knownUsers } from './store/device'
import { markHeld } from './store/evicting'
import { openStore } from './store/opening'
import { answerCalls } from './sw.push'
import { syncAll } from './sync/sync'
import { APP_VERSION } from './version'

declare const self: ServiceWorkerGlobalScope

/** Addresses the server answers itself; everything else a person can navigate to is the app. */
const SERVER_PATHS = [/^\/api\b/, /^\/files\b/, /^\/health\b/, /^\/docs-assets\b/, /^\/public\b/]
/** Parts of the version before, for pages of it that are still open. */
const PREVIOUS = 'xunxiu-previous'
const isPart = (url: URL): boolean => url.origin === self.location.origin && url.pathname.startsWith('/assets/')

// Before the new parts come in: what is there now is what open pages were made of.
self.addEventListener('install', (event) => event.waitUntil(keepParts()))
precacheAndRoute(self.__WB_MANIFEST)
cleanupOutdatedCaches()
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: SERVER_PATHS }))
registerRoute(({ url }) => isPart(url), async ({ url, request }) =>
  (await caches.match(url.pathname, { cacheName: PREVIOUS })) ?? fetch(request))

answerCalls()

async function keepParts(): Promise<void> {
  const current = await caches.open(cacheNames.precache)
  const parts = (await current.keys()).filter(({ url }) => isPart(new URL(url)))
  if (!parts.length) return
  await caches.delete(PREVIOUS)
  const previous = await caches.open(PREVIOUS)
  for (const part of parts) {
    const answer = await current.match(part)
    if (answer) await previous.put(new URL(part.url).pathname, answer)
  }
}

self.addEventListener('message', (event) => {
  // A new version waits until the page asks for it, so nobody loses a form half filled in.
  if (event.data?.type === 'SKIP_WAITING') void self.skipWaiting()
  if (event.data?.type === 'VERSION') event.ports[0]?.postMessage(APP_VERSION)
})

/** Background Sync: the browser calls when the network is back, page or no page. Rejecting makes it call again. */
self.addEventListener('sync', (event) => {
  const { tag, waitUntil } = event as ExtendableEvent & { tag: string }
  if (tag === 'xunxiu-sync') waitUntil.call(event, syncEveryone())
})

/** Each person's work with that person's own token, from that person's own database. One's trouble is not another's. */
async function syncEveryone(): Promise<void> {
  const failed: unknown[] = []
  for (const user of await knownUsers()) {
    const store = await openStore(user.userId)
    if (!store) continue
    await syncAll(store).catch((error) => failed.push(error))
    await markHeld(store).finally(() => store.db.close())
  }
  if (failed.length) throw failed[0]
}
