/** A round of a draft: answered like any other, and kept nowhere. */
import { computed, provide, shallowRef, type Ref } from 'vue'
import { checklistState, type Answer, type Answers, type AnswerValue, type ChecklistItem, type ItemType } from '@/protocol/checklist'
import { newId } from '@/protocol/ids'
import type { RowOf } from '@/store'
import { PHOTO_KEEPER } from '../engineer/photoKeeper'
import { valueToSend, type Round, type Typed } from '../engineer/runEdits'

interface Told { type: ItemType; typed: Typed; photos: string[]; defects: RowOf<'defect'>[] }
const NOTHING: Told = { type: 'text', typed: { value: null, note: '' }, photos: [], defects: [] }

/** What the editor says to the preview, and the preview to the editor. */
export interface Shown { kind: 'template'; name: string; name_en: string; items: ChecklistItem[] }
export interface Chosen { kind: 'item'; id: string }
export interface Ready { kind: 'ready' }

export function usePreviewRound(items: Ref<ChecklistItem[]>): Round & { openDefect: (item: ChecklistItem) => void; clear: () => void } {
  const told = shallowRef<Record<string, Told>>({})
  const urls = new Map<string, string>()
  /** An item that became another type has no answer yet. */
  const of = ({ id, type }: ChecklistItem): Told => (told.value[id]?.type === type ? told.value[id] : NOTHING)
  const tell = (item: ChecklistItem, part: Partial<Told>): void => { told.value = { ...told.value, [item.id]: { ...of(item), type: item.type, ...part } } }

  async function keep(_visit: unknown, files: readonly Blob[]): Promise<string[]> {
    return files.map((file) => {
      const id = newId()
      urls.set(id, URL.createObjectURL(file))
      return id
    })
  }
  provide(PHOTO_KEEPER, { keep, urlOf: (id) => urls.get(id) })

  const shown = computed(() => Object.fromEntries(items.value.map((item) => [item.id, of(item).typed])))
  const answers = computed<Answers>(() => Object.fromEntries(items.value.map((item): [string, Answer] => {
    const { typed, photos, defects } = of(item)
    return [item.id, { note: typed.note, value: valueToSend(item, typed.value), photos, defects: defects.map((row) => row.id) }]
  })))
  const set = (item: ChecklistItem, part: Partial<Typed>): void => tell(item, { typed: { ...of(item).typed, ...part } })

  return {
    items: computed(() => items.value),
    answers,
    state: computed(() => checklistState(items.value, answers.value)),
    pending: computed(() => new Set<string>()),
    edits: { shown, save: async () => {} },
    set,
    answerAll: async (some: ChecklistItem[], value: AnswerValue) => { for (const item of some) set(item, { value }) },
    addFailPhotos: async (item, files) => tell(item, { photos: [...of(item).photos, ...(await keep(null, files))] }),
    defects: computed(() => new Map(Object.entries(told.value).filter(([, one]) => one.defects.length).map(([id, one]) => [id, one.defects]))),
    lastTime: computed(() => new Map()),
    doubles: computed(() => new Map()),
    files: computed(() => []),
    choose: async () => {},
    openDefect: (item) => tell(item, { defects: [...of(item).defects, defectOf(item)] }),
    clear: () => { told.value = {} },
  }
}

function defectOf(item: ChecklistItem): RowOf<'defect'> {
  const body = { label: item.label, label_en: item.label_en, item_id: item.id, severity: 'major', text: '', state: 'open', photos: [], steps: [] }
  return { noun: 'defect', id: newId(), scope: '', rev: 0, pending: false, body } as unknown as RowOf<'defect'>
}
