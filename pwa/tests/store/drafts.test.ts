import { effectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { addNote, usePart } from '../../src/acts'
import type { Store } from '../../src/store/current'
import { useDraft } from '../../src/store/drafts'
import { PART, phone, tab, VISIT } from '../world'

let store: Store
const scope = effectScope()
beforeEach(async () => { store = await phone() })
afterEach(() => { vi.restoreAllMocks(); store.db.close() })

const typed = <T>(key: string, initial: T, ...values: T[]) => scope.run(() => {
  const draft = useDraft<T>(key, initial)
  for (const value of values) draft.value.value = value
  return draft
})!

describe('a draft', () => {
  test('goes with the act that takes its words, not after it', async () => {
    typed(`note:${VISIT}`, '', '门', '门卫', '门卫不在')
    await addNote(VISIT, '门卫不在')
    const killed = tab(store) // here the page dies, and what comes after the act is never done
    expect(await killed.db.drafts.toArray()).toEqual([])
    expect((await killed.db.outbox.toArray()).map((entry) => entry.args)).toMatchObject([{ text: '门卫不在' }])
    killed.db.close()
  })

  test('stays when the act is refused', async () => {
    const form = { part_id: PART, quantity: 1 }
    typed<object | null>(`part:${VISIT}`, null, form)
    await expect(usePart({ visit_id: 'nowhere', part_id: PART, quantity: 1, source: 'own' })).rejects.toThrow()
    await addNote(VISIT, '别的话')
    expect(await store.db.drafts.get(`part:${VISIT}`)).toMatchObject({ value: form })
  })
})

describe('each key', () => {
  test('is on its way to the disk before the next one, whatever became of the strict write', async () => {
    const strict = vi.spyOn(store.db.drafts, 'put').mockImplementation((() => new Promise(() => {})) as never) // a disk that never answers
    const draft = typed(`note:${VISIT}`, '')
    for (const words of ['门', '门卫', '门卫不']) {
      draft.value.value = words
      await Promise.resolve() // the end of the key's own task, and no more
      await vi.waitFor(async () => expect(await store.db.drafts.get(`note:${VISIT}`)).toMatchObject({ value: words }))
    }
    expect(strict).not.toHaveBeenCalled()
  })

  test('is written strictly once the hand rests', async () => {
    const strict = vi.spyOn(store.db.drafts, 'put')
    typed(`note:${VISIT}`, '', '门', '门卫')
    await vi.waitFor(() => expect(strict).toHaveBeenCalledTimes(1), { timeout: 3_000 })
    expect(strict).toHaveBeenCalledWith(expect.objectContaining({ value: '门卫' }))
  })

  test('is kept over a connection that was killed', async () => {
    vi.spyOn(store.db, 'backendDB').mockImplementation(() => { throw new DOMException('closing', 'InvalidStateError') })
    typed(`note:${VISIT}`, '', '门')
    await vi.waitFor(async () => expect(await store.db.drafts.get(`note:${VISIT}`)).toMatchObject({ value: '门' }))
  })
})
