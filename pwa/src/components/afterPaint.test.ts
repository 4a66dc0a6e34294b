import { effectScope, nextTick, ref } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useAfterPaint } from './afterPaint'

let frames: (() => void)[] = []
const frame = () => frames.splice(0).forEach((run) => run())
beforeEach(() => {
  vi.useFakeTimers()
  frames = []
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('what is drawn after the first sight', () => {
  it('waits until that has been painted, and stays', async () => {
    const ready = ref(false)
    const below = effectScope().run(() => useAfterPaint(ready))!
    frame()
    expect(below.value).toBe(false)
    ready.value = true
    await nextTick()
    frame()
    expect(below.value).toBe(false)
    frame()
    vi.advanceTimersByTime(1)
    expect(below.value).toBe(true)
    ready.value = false
    await nextTick()
    expect(below.value).toBe(true)
  })

  it('comes on a page that is not painted too', () => {
    const below = effectScope().run(() => useAfterPaint(ref(true)))!
    vi.advanceTimersByTime(300)
    expect(below.value).toBe(true)
  })
})
