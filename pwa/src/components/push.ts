/** Whether and how this browser can be called while the app is closed. Asked for from a button, never by itself. */

export type PushState = 'unsupported' | 'install-first' | 'denied' | 'off' | 'on'

const isApple = (): boolean => /iPhone|iPad|iPod/.test(navigator.userAgent)
const standalone = (): boolean => matchMedia('(display-mode: standalone)').matches

export async function pushState(): Promise<PushState> {
  if (!('serviceWorker' in navigator) || !('PushManager' in globalThis) || !('Notification' in globalThis)) {
    return isApple() && !standalone() ? 'install-first' : 'unsupported' // iOS gives it to installed apps only
  }
  if (Notification.permission === 'denied') return 'denied'
  const subscription = await (await worker())?.pushManager.getSubscription()
  return subscription && Notification.permission === 'granted' ? 'on' : 'off'
}

const worker = (): Promise<ServiceWorkerRegistration | undefined> => navigator.serviceWorker.getRegistration()

/** Asks the person, then the browser's push service; null when the person said no. */
export async function beginPush(key: string): Promise<PushSubscriptionJSON | null> {
  if ((await Notification.requestPermission()) !== 'granted') return null
  const { pushManager } = await navigator.serviceWorker.ready
  const known = await pushManager.getSubscription()
  if (known && !isFor(known, key)) await known.unsubscribe() // of a server that was set up anew
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) })
  return subscription.toJSON()
}

export async function endPush(): Promise<void> {
  await (await (await worker())?.pushManager.getSubscription())?.unsubscribe()
}

function isFor(subscription: PushSubscription, key: string): boolean {
  const held = subscription.options.applicationServerKey
  return !held || String(new Uint8Array(held)) === String(bytesOf(key))
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
}
