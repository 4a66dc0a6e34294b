import { effectScope, onScopeDispose as onStop } from 'vue'
import { describe, expect, it, vi } from 'vitest'
import { shared } from '../../src/store/live'

describe('what a page asks once for all its parts', () => {
  it('is asked by the first and let go by the last of them', () => {
    const stopped = vi.fn()
    const make = vi.fn(() => {
      onStop(stopped)
      return {}
    })
    const use = shared(make)
    const [one, two] = [effectScope(), effectScope()]
    expect(one.run(use)).toBe(two.run(use))
    one.stop()
    expect([make.mock.calls.length, stopped.mock.calls.length]).toEqual([1, 0])
    two.stop()
    expect(stopped).toHaveBeenCalledOnce()
  })

  it('is asked anew by who comes after that', () => {
    const use = shared(() => ({}))
    const one = effectScope()
    const before = one.run(use)
    one.stop()
    expect(effectScope().run(use)).not.toBe(before)
  })
})
