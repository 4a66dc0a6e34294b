/**
 * A new version of the app. It takes over when nothing is under way: no visit open in any tab and nothing being sent,
 * by itself while nobody looks, or when the person says so. Until then page and worker go on as the version they are,
 * and a page that was overtaken all the same (another tab, a crash) still finds its parts (see `sw.ts`).
 */
import { computed, ref } from 'vue'
import { outboxIsIdle } from '@/store'
import { APP_VERSION } from '@/version'

/** How often an app that stays open for days asks for a new version. */
const CHECK_MS = 60 * 60 * 1000
/** How long a page just opened goes on asking whether what it sends at its start is sent. */
const OPENING_MS = 30_000
const OPENING_LOOK_MS = 500
/** Held, shared, by every tab that has a visit open. */
const AT_WORK = 'xunxiu-at-work'
/** The version this tab was loaded anew for: once, or two that never agree would reload for ever. */
const RELOADED_FOR = 'xunxiu.reloaded-for'

const waiting = ref(false)
const working = ref(false)
/** True when a new version waits and nothing on this page is half filled in. */
export const updateReady = computed(() => waiting.value && !working.value)

let registration: ServiceWorkerRegistration | undefined
let overtakenBy: string | null = null
let stopWorking = () => {}

/** Said by the page: something is open that a new start would disturb. */
export function setAtWork(now: boolean): void {
  if (now === working.value) return
  working.value = now
  stopWorking()
  stopWorking = () => {}
  if (!now) return reloadIfOvertaken()
  const done = new Promise<void>((resolve) => { stopWorking = resolve })
  void navigator.locks?.request(AT_WORK, { mode: 'shared' }, () => done)
}

export function watchForUpdates(touched: AbortSignal): void {
  const workers = navigator.serviceWorker
  if (!import.meta.env.PROD || !workers) return
  let controlled = workers.controller !== null
  workers.addEventListener('controllerchange', () => {
    if (controlled) void agree()
    controlled = true
  })
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') void takeUnseen() })
  window.setInterval(() => void registration?.update().catch(() => {}), CHECK_MS)
  void register(workers, touched).catch((error) => console.warn('The worker was not registered', error))
}

/** Aborted when a person first does something on this page, be it before the worker is known or the app is there. */
export function firstTouch(): AbortSignal {
  const touched = new AbortController()
  for (const kind of ['pointerdown', 'keydown']) window.addEventListener(kind, () => touched.abort(), { once: true, capture: true })
  return touched.signal
}

async function register(workers: ServiceWorkerContainer, touched: AbortSignal): Promise<void> {
  // The worker fetches the whole app: at a first visit it must not stand in the way of the page itself.
  if (document.readyState !== 'complete') await new Promise((done) => window.addEventListener('load', done, { once: true }))
  registration = await workers.register('/sw.js', { scope: '/' })
  const look = () => { waiting.value = registration!.waiting !== null && workers.controller !== null }
  registration.addEventListener('updatefound', () => registration!.installing?.addEventListener('statechange', look))
  look()
  await agree()
  await takeUntouched(touched)
}

/** Just opened, nobody has begun anything; but its start syncs, and the worker may still be fetching the version. */
async function takeUntouched(touched: AbortSignal): Promise<void> {
  const until = Date.now() + OPENING_MS
  while (!touched.aborted && Date.now() < until) {
    await takeUnseen()
    await new Promise((done) => window.setTimeout(done, OPENING_LOOK_MS))
  }
}

/** Page and worker of one version, or this page starts anew as soon as nothing is open on it. */
async function agree(): Promise<void> {
  const version = await workerVersion()
  overtakenBy = version !== null && version !== APP_VERSION ? version : null
  reloadIfOvertaken()
}

function reloadIfOvertaken(): void {
  if (!overtakenBy || working.value || sessionStorage.getItem(RELOADED_FOR) === overtakenBy) return
  sessionStorage.setItem(RELOADED_FOR, overtakenBy)
  window.location.reload()
}

/** Null when there is none, or one so old that it does not answer. */
async function workerVersion(): Promise<string | null> {
  const worker = navigator.serviceWorker.controller
  if (!worker) return null
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', ({ data }) => resolve(String(data)), { once: true })
    port1.start()
    worker.postMessage({ type: 'VERSION' }, [port2])
    window.setTimeout(() => resolve(null), 5000)
  })
}

async function takeUnseen(): Promise<void> {
  if (waiting.value && !working.value && (await outboxIsIdle())) await takeOver()
}

/** At the person's wish. False: a visit is open in another tab. */
export const updateNow = (): Promise<boolean> => takeOver()

async function takeOver(): Promise<boolean> {
  const tell = () => {
    registration?.waiting?.postMessage({ type: 'SKIP_WAITING' })
    return true
  }
  if (!navigator.locks) return tell()
  return navigator.locks.request(AT_WORK, { ifAvailable: true }, (lock) => (lock ? tell() : false))
}
