/** "Sync now" that tells the truth: it says what came of the very attempt that was asked for. */
import { ref, watch, type Ref } from 'vue'
import { requestComparison, requestSync, useSyncStatus, type SyncStatus } from '@/store'

/** Longer than this nobody watches a button; the sync itself goes on. */
const PATIENCE_MS = 30_000

export type Outcome =
  | { kind: 'nothing' } | { kind: 'sent'; n: number } | { kind: 'left'; n: number } | { kind: 'files'; f: number }
  | { kind: 'offline' } | { kind: 'failed'; code: string; detail: string } | { kind: 'slow' }

export interface SyncNow {
  running: Ref<boolean>
  outcome: Ref<Outcome | null>
  run: () => Promise<void>
}

/** What happened between two looks at the status. */
export function judge(before: SyncStatus, after: SyncStatus): Outcome {
  if (after.contact === 'failed') {
    return { kind: 'failed', code: after.problem?.code ?? 'no-contact', detail: after.problem?.detail ?? '' }
  }
  if (after.pendingActs) return { kind: 'left', n: after.pendingActs }
  if (after.waitingFiles) return { kind: 'files', f: after.waitingFiles }
  const sent = before.pendingActs + before.waitingFiles
  return sent ? { kind: 'sent', n: sent } : { kind: 'nothing' }
}

export function useSyncNow(): SyncNow {
  const status = useSyncStatus()
  const running = ref(false)
  const outcome = ref<Outcome | null>(null)

  /** Resolves when a round has begun and ended after this moment; false when that took too long. */
  function roundOver(before: SyncStatus): Promise<boolean> {
    return new Promise((resolve) => {
      let began = false
      const done = (inTime: boolean) => {
        window.clearTimeout(timer)
        stop()
        resolve(inTime)
      }
      const timer = window.setTimeout(() => done(false), PATIENCE_MS)
      const stop = watch(status, (now) => {
        if (!now) return
        began ||= now.syncing || now.lastContactAt !== before.lastContactAt
        if (began && !now.syncing) done(true)
      })
    })
  }

  async function run(): Promise<void> {
    const before = status.value
    if (running.value || !before) return
    outcome.value = null
    running.value = true
    const over = roundOver(before)
    requestComparison()
    requestSync()
    const inTime = await over
    running.value = false
    const after = status.value
    if (!after) return
    if (!navigator.onLine && after.lastContactAt === before.lastContactAt) outcome.value = { kind: 'offline' }
    else outcome.value = inTime ? judge(before, after) : { kind: 'slow' }
  }
  // What was said of one attempt is no longer true once another has changed something.
  watch(() => [status.value?.lastContactAt, status.value?.pendingActs, status.value?.waitingFiles], () => {
    if (!running.value) outcome.value = null
  })
  return { running, outcome, run }
}
