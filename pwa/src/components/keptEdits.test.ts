import { effectScope, nextTick, ref, type EffectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { t } from '../i18n'
import { useKeptEdits, type KeptEdits } from './keptEdits'

interface Fields { cause: string; action: string }

let scope: EffectScope
let hide: () => void
beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('window', globalThis)
  vi.stubGlobal('document', { visibilityState: 'hidden', addEventListener: (_: string, listener: () => void) => (hide = listener), removeEventListener: () => {} })
  scope = effectScope()
})
afterEach(() => {
  scope.stop()
  vi.useRealTimers()
})

function start(write: (changes: Partial<Fields>) => Promise<readonly string[] | void>) {
  const row = ref<Fields>({ cause: '', action: '' })
  const edits = scope.run(() => useKeptEdits<Fields>('test', () => row.value, write))! as KeptEdits<Fields>
  return { row, edits }
}

describe('what is typed', () => {
  it('becomes one act after a rest, with the last words only', async () => {
    const write = vi.fn(async () => {})
    const { edits } = start(write)
    edits.set('cause', '电')
    await vi.advanceTimersByTimeAsync(1_000)
    edits.set('cause', '电源')
    await vi.advanceTimersByTimeAsync(1_400)
    expect([write.mock.calls.length, edits.savedAt.value]).toEqual([0, null])
    await vi.advanceTimersByTimeAsync(200)
    expect(write.mock.calls).toEqual([[{ cause: '电源' }]])
    expect(edits.savedAt.value).not.toBeNull()
  })

  it('stays on the screen until the row shows the same, so that nothing jumps back', async () => {
    const { row, edits } = start(async () => {})
    edits.set('cause', '电源')
    await edits.save()
    expect(edits.shown.value.cause).toBe('电源')
    row.value = { cause: '电源', action: '' }
    await nextTick()
    row.value = { cause: '电源,同事改', action: '' }
    await nextTick()
    expect(edits.shown.value.cause).toBe('电源,同事改')
  })

  it('is not sent twice while its row is on the way', async () => {
    const write = vi.fn(async () => {})
    const { edits } = start(write)
    edits.set('cause', '电源')
    await edits.save()
    await edits.save()
    edits.set('action', '更换')
    await edits.save()
    expect(write.mock.calls).toEqual([[{ cause: '电源' }], [{ action: '更换' }]])
  })

  it('is kept, and the reason is told, when it cannot be saved; the next try sends it', async () => {
    let full = true
    const write = vi.fn(async () => {
      if (full) throw Object.assign(new Error('full'), { code: 'storage-full' })
    })
    const { edits } = start(write)
    edits.set('cause', '电源')
    await edits.save()
    expect([edits.problem.value, edits.savedAt.value, edits.shown.value.cause]).toEqual([t('problem.storage-full'), null, '电源'])
    full = false
    await edits.save()
    expect([edits.problem.value, edits.dirty.value]).toEqual([null, false])
  })

  it('does not call a half-typed number saved', async () => {
    const { edits } = start(async (changes) => Object.keys(changes))
    edits.set('cause', '-')
    await edits.save()
    expect([edits.savedAt.value, edits.dirty.value]).toEqual([null, true])
  })

  it('becomes an act when the phone is put away', async () => {
    const write = vi.fn(async () => {})
    const { edits } = start(write)
    edits.set('cause', '电源')
    hide()
    await vi.advanceTimersByTimeAsync(0)
    expect(write).toHaveBeenCalledTimes(1)
  })
})
