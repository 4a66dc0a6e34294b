import { computed, ref } from 'vue'
import { describe, expect, it } from 'vitest'
import { checklistState, type Answers, type ChecklistItem } from '@/protocol/checklist'
import { useCards } from './cards'
import type { Typed } from './runEdits'

const item = (id: string): ChecklistItem =>
  ({ id, type: 'check', label: id, label_en: id, group: '', group_en: '', help: '', help_en: '', mandatory: true, on_fail: ['note'], show_if: null }) as unknown as ChecklistItem
const typed = (value: string): Typed => ({ value, note: '' })

function round() {
  const items = computed(() => ['a', 'b', 'c'].map(item))
  const shown = ref<Record<string, Typed>>({})
  const pending = ref<string[]>([])
  const answers = computed<Answers>(() =>
    Object.fromEntries(Object.entries(shown.value).map(([id, one]) => [id, { ...one, photos: [], defects: [], doubles: [] }])))
  const cards = useCards({
    items, answers, edits: { shown: computed(() => ({ ...shown.value })), save: async () => {} },
    state: computed(() => checklistState(items.value, answers.value)), pending: computed(() => new Set(pending.value)),
    defects: computed(() => new Map()), lastTime: computed(() => new Map()), doubles: computed(() => new Map()),
  })
  return { shown, pending, cards }
}

describe('the cards of a checklist', () => {
  it('stay the same objects when another item is answered', () => {
    const { shown, pending, cards } = round()
    const before = cards.value
    shown.value = { a: typed('ok') }
    const after = cards.value
    expect(after.get('a')).not.toBe(before.get('a'))
    expect([after.get('b'), after.get('c')]).toEqual([before.get('b'), before.get('c')])
    expect(after.get('b')).toBe(before.get('b'))
    expect(after.get('c')).toBe(before.get('c'))
    pending.value = ['a']
    expect([cards.value.get('a')!.pending, cards.value.get('b') === after.get('b')]).toEqual([true, true])
  })

  it('say what is answered, failed and missing', () => {
    const { shown, cards } = round()
    shown.value = { a: typed('fail'), b: typed('ok') }
    const [a, b, c] = ['a', 'b', 'c'].map((id) => cards.value.get(id)!)
    expect([a!.failed, a!.missing.length > 0]).toEqual([true, true])
    expect([b!.failed, b!.missing]).toEqual([false, []])
    expect([c!.answer, c!.missing]).toEqual([null, ['required']])
  })
})
