import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'

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
