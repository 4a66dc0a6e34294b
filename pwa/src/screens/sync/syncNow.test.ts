import { describe, expect, it } from 'vitest'
import type { SyncStatus } from '@/store'
import { judge } from './syncNow'

const status = (part: Partial<SyncStatus>): SyncStatus => ({
  contact: 'ok', lastContactAt: null, syncing: false, phase: 'idle', pendingActs: 0, waitingFiles: 0, checkingFiles: 0, oldestPendingAt: null, oldestFileAt: null,
  firstSync: { complete: true, rows: 0 }, persisted: null, storage: { used: null, quota: null }, clockOffsetMs: 0,
  signInNeeded: false, draining: null, compared: null, originalsWaiting: 0, ...part,
})

describe('sync now', () => {
  it('says how much was delivered', () => {
    expect(judge(status({ pendingActs: 3, waitingFiles: 1 }), status({}))).toEqual({ kind: 'sent', n: 4 })
  })
  it('says that nothing waited', () => expect(judge(status({}), status({}))).toEqual({ kind: 'nothing' }))
  it('does not say "delivered" while something is left', () => {
    expect(judge(status({ pendingActs: 3 }), status({ pendingActs: 1 }))).toEqual({ kind: 'left', n: 1 })
    expect(judge(status({ waitingFiles: 2 }), status({ waitingFiles: 2 }))).toEqual({ kind: 'files', f: 2 })
  })
  it('names why there was no contact', () => {
    const after = status({ contact: 'failed', pendingActs: 3, problem: { code: 'no-contact', detail: 'TypeError' } })
    expect(judge(status({ pendingActs: 3 }), after)).toEqual({ kind: 'failed', code: 'no-contact', detail: 'TypeError' })
  })
})
