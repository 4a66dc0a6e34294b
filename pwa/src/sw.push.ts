/** What the server calls this browser for, shown while no page is open. The text is the server's, made for a lock screen. */
import { deviceSetting } from './store/device'
import { openStore } from './store/opening'
import { request } from './sync/http'

declare const self: ServiceWorkerGlobalScope

interface Said { title?: string; body?: string; tag?: string; path?: string; lang?: string }

export function answerCalls(): void {
  self.addEventListener('push', (event) => event.waitUntil(show(event)))
  self.addEventListener('notificationclick', (event) => {
    event.notification.close()
    event.waitUntil(open(String((event.notification.data as Said | null)?.path ?? '/')))
  })
  // A push service may give a browser another address; whoever worked here last goes on being called.
  self.addEventListener('pushsubscriptionchange', (event) => (event as ExtendableEvent).waitUntil(subscribeAnew()))
}

async function show(event: PushEvent): Promise<void> {
  const { title, body, tag, path, lang }: Said = read(event)
  // Something has to be shown for every call, or browsers take the right to be called away.
  await self.registration.showNotification(title || '巡修', {
    body: body ?? '', data: { path }, icon: '/icons/icon-192.png', badge: '/icons/icon-192.png',
    ...(tag && { tag }), ...(lang && { lang }),
  })
}

function read(event: PushEvent): Said {
  try {
    return (event.data?.json() ?? {}) as Said
  } catch {
    return {}
  }
}

/** The page that is open comes to the front and goes there by itself, so that nothing half filled in is lost. */
async function open(path: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const page = windows.find((one) => one.visibilityState === 'visible') ?? windows[0]
  if (!page) return void (await self.clients.openWindow(path))
  await page.focus().catch(() => {})
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a client of a worker is of its origin, and takes none
  page.postMessage({ type: 'OPEN', path })
}

async function subscribeAnew(): Promise<void> {
  const userId = await deviceSetting<string>('lastUser')
  const store = userId && (await openStore(userId))
  if (!store) return
  try {
    const { push_key: key } = (await (await request(store, '/api/channels')).json()) as { push_key?: string }
    if (!key) return
    const subscription = await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
    const { endpoint, keys } = subscription.toJSON()
    const body = JSON.stringify({ endpoint, keys: { p256dh: keys?.['p256dh'], auth: keys?.['auth'] } })
    await request(store, '/api/channels/push', { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body })
  } finally {
    store.db.close()
  }
}
