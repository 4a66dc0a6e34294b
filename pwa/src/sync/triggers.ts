/** When to sync: at the start, back online, back in sight, on the clock, when asked, when poked. Never only when asked. */
import { provideServer } from '../store/server'
import { onComparisonRequested, onSyncRequested } from '../store/signal'
import { storageReport } from '../store/storage'
import { request } from './http'
import { listen } from './live'
import { syncFiles, syncRows, type Peer } from './sync'

/** Acts recorded within this time of each other travel together. */
const GATHER_MS = 250
const FIRST_BACKOFF_MS = 2000
const LONGEST_BACKOFF_MS = 60_000
/** Between two polls when all is well: 30 to 60 s, so that phones do not all come at once. */
const pollMs = () => 30_000 + Math.random() * 30_000

/** Keeps this person's device in step until the returned function is called. */
export function startSync(peer: Peer): () => void {
  const stopping = new AbortController()
  const { signal } = stopping
  const rounds = new Rounds(peer, signal)
  provideServer((path, init) => request(peer, path, init))
  const stopAsking = onSyncRequested((urgent) => (urgent ? rounds.now() : rounds.soon()))
  const stopComparing = onComparisonRequested(() => rounds.compareNext())
  const now = () => rounds.now()
  const visible = () => { if (document.visibilityState === 'visible') rounds.now() }
  globalThis.addEventListener?.('online', now, { signal })
  globalThis.addEventListener?.('pageshow', now, { signal })
  globalThis.document?.addEventListener('visibilitychange', visible, { signal })
  lineOf()?.addEventListener('change', now, { signal }) // Wi-Fi is here: photos may go
  void storageReport()
  void listen(peer, now, signal).catch((error) => console.error('The live stream ended', error))
  rounds.now()
  return () => {
    stopAsking()
    stopComparing()
    stopping.abort()
  }
}

const lineOf = () => (globalThis.navigator as { connection?: EventTarget } | undefined)?.connection

/** One round at a time; a wish that comes during a round makes one more afterwards. */
class Rounds {
  private timer: ReturnType<typeof setTimeout> | undefined
  private running = false
  private wanted = false
  private failures = 0
  private uploading = false
  /** Asked for, also by each start. */
  private comparison = true
  private comparing = false

  constructor(private readonly peer: Peer, private readonly signal: AbortSignal) {}

  now(): void {
    this.failures = 0
    this.after(0)
  }

  /** After a failure the backoff stands: a dead network is not asked again at every tap. */
  soon(): void {
    if (this.failures === 0) this.after(GATHER_MS)
    else void askForBackgroundSync()
  }

  /** The next round compares the rows with the office, however short ago that was done. */
  compareNext(): void {
    this.comparison = true
  }

  private after(ms: number): void {
    clearTimeout(this.timer)
    if (this.signal.aborted) return
    if (this.running) this.wanted = true
    else this.timer = setTimeout(() => void this.round(), ms)
  }

  private async round(): Promise<void> {
    this.running = true
    this.wanted = false
    try {
      await syncRows(this.peer)
      this.failures = 0
      void this.files()
      void this.compare()
    } catch {
      this.failures += 1
      void askForBackgroundSync()
    } finally {
      this.running = false
      this.after(this.wanted ? GATHER_MS : this.failures ? this.backoff() : pollMs())
    }
  }

  /** Beside the rounds: a large photo on a weak link must not hold up the acts recorded meanwhile. */
  private async files(): Promise<void> {
    if (this.uploading || this.signal.aborted) return
    this.uploading = true
    await syncFiles(this.peer).catch((error) => console.warn('Files wait for a better moment:', String(error)))
    this.uploading = false
  }

  /** Now that this device is at rest. It loads its code only here: nobody waits for it to see a screen. */
  private async compare(): Promise<void> {
    if (this.comparing || this.signal.aborted) return
    this.comparing = true
    const asked = this.comparison
    this.comparison = false
    try {
      const { checkIfDue } = await import('./check')
      await checkIfDue(this.peer, asked)
    } catch (error) {
      this.comparison ||= asked
      console.warn('The comparison waits for a better moment:', String(error))
    }
    this.comparing = false
  }

  private backoff(): number {
    const ms = Math.min(FIRST_BACKOFF_MS * 2 ** (this.failures - 1), LONGEST_BACKOFF_MS)
    return ms * (0.75 + Math.random() / 2)
  }
}

/** Where the browser can (not on iOS, not in Firefox), it wakes the worker when the network is back. */
async function askForBackgroundSync(): Promise<void> {
  const registration = await globalThis.navigator?.serviceWorker?.getRegistration?.().catch(() => undefined)
  const { sync } = (registration ?? {}) as { sync?: { register(tag: string): Promise<void> } }
  await sync?.register('xunxiu-sync').catch(() => {})
}
