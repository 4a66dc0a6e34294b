/** A checklist template while it is edited: groups of items, moved, changed and compared. Pure; every change is a new draft. */
import { versionChanges } from '@/protocol/answers'
import type { ChecklistItem, ItemType } from '@/protocol/checklist'
import type { ChecklistVersionBody, Id } from '@/protocol/nouns'

export type TemplateKind = ChecklistVersionBody['kind']
export interface DraftGroup { key: number; name: string; name_en: string; items: ChecklistItem[] }
export interface Draft {
  /** The version it was made from; null for a checklist that is new. */
  over: Id | null
  code: string
  name: string
  name_en: string
  kind: TemplateKind
  groups: DraftGroup[]
  /** The version it was published as, until that is known to have arrived. */
  published: Id | null
}

/** Type by id of every item that earlier versions had: an id never comes back as something else. */
export type Former = ReadonlyMap<string, string>

const BLANK: Omit<ChecklistItem, 'id' | 'type'> = {
  group: '', group_en: '', label: '', label_en: '', mandatory: false, unit: '', min: null, max: null, options: [], options_en: [],
  show_if: null, on_fail: [], help: '', help_en: '',
}

export function blankDraft(): Draft {
  return { over: null, code: '', name: '', name_en: '', kind: 'monthly', groups: [{ key: 1, name: '', name_en: '', items: [] }], published: null }
}

function groupsOf(items: readonly ChecklistItem[]): DraftGroup[] {
  const groups: DraftGroup[] = []
  for (const item of items) {
    // A group is one on the phone wherever its items stand.
    const known = groups.find((group) => group.name === item.group)
    if (known) known.items.push({ ...item })
    else groups.push({ key: groups.length + 1, name: item.group, name_en: item.group_en, items: [{ ...item }] })
  }
  return groups.length ? groups : blankDraft().groups
}

export function draftOf(id: Id, { code, name, name_en, kind, items }: ChecklistVersionBody): Draft {
  return { over: id, code, name, name_en, kind, groups: groupsOf(items), published: null }
}

/** The same checklist with other items, such as a workbook's. */
export const withItems = (draft: Draft, items: readonly ChecklistItem[]): Draft => ({ ...draft, groups: groupsOf(items) })

/** The items as they would be published. */
export const itemsOf = (draft: Draft): ChecklistItem[] =>
  draft.groups.flatMap((group) => group.items.map((item) => tidied({ ...item, group: group.name.trim(), group_en: group.name_en.trim() })))

/** Whether an answer to it can be a failure at all. */
export const canFail = (item: ChecklistItem): boolean =>
  item.type === 'check' || (item.type === 'number' && Boolean(item.min || item.max)) || (item.type === 'choice' && Boolean(item.fail_options?.length))

/** Without what belongs to another type: a limit of what is no longer a number would stay behind unseen. */
export function tidied(item: ChecklistItem): ChecklistItem {
  const isNumber = item.type === 'number'
  const isChoice = item.type === 'choice'
  const limit = (value: string | number | null) => (isNumber && value !== null && String(value).trim() ? String(value).trim() : null)
  const options = isChoice ? item.options.map((one) => one.trim()) : []
  const english = isChoice ? (item.options_en ?? []).map((one) => one.trim()) : []
  const { fail_options, ...rest } = item
  const failing = isChoice ? (fail_options ?? []).filter((one) => options.includes(one)) : []
  const plain: ChecklistItem = {
    ...rest, label: item.label.trim(), label_en: item.label_en.trim(), unit: isNumber ? item.unit.trim() : '', min: limit(item.min), max: limit(item.max), options,
    options_en: english.some(Boolean) ? options.map((one, i) => english[i] || one) : [],
    show_if: item.show_if && { ...item.show_if, value: String(item.show_if.value) }, ...(failing.length && { fail_options: failing }),
  }
  return canFail(plain) ? plain : { ...plain, on_fail: [] }
}

/** The next id in the manner of those there are; one that was ever used is not used again. */
export function nextId(draft: Draft, former: Former): string {
  const used = [...draft.groups.flatMap((group) => group.items.map((item) => item.id)), ...former.keys()]
  const numbered = used.flatMap((id) => { const hit = /^(.*?)(\d+)$/.exec(id); return hit ? [{ prefix: hit[1]!, n: Number(hit[2]), width: hit[2]!.length }] : [] })
  const last = numbered.at(0)
  const prefix = last?.prefix ?? `${(draft.code || 'item').toLowerCase()}-`
  const n = Math.max(0, ...numbered.filter((one) => one.prefix === prefix).map((one) => one.n)) + 1
  return `${prefix}${String(n).padStart(last?.width ?? 2, '0')}`
}

const withGroups = (draft: Draft, groups: DraftGroup[]): Draft => ({ ...draft, groups })
const mapItems = (draft: Draft, map: (item: ChecklistItem) => ChecklistItem): Draft =>
  withGroups(draft, draft.groups.map((group) => ({ ...group, items: group.items.map(map) })))

/** Where it stands: the index of its group, and its own in there. */
export function placeOf(draft: Draft, id: string): [group: number, at: number] | null {
  for (const [g, group] of draft.groups.entries()) {
    const at = group.items.findIndex((item) => item.id === id)
    if (at >= 0) return [g, at]
  }
  return null
}
export const findItem = (draft: Draft, id: string): ChecklistItem | undefined => draft.groups.flatMap((group) => group.items).find((item) => item.id === id)

/** A new item behind the one that is chosen, else at the end. */
export function addItem(draft: Draft, type: ItemType, after: string, former: Former, like?: ChecklistItem): [Draft, id: string] {
  const id = nextId(draft, former)
  const item: ChecklistItem = { ...(like ?? BLANK), id, type, ...(!like && type === 'choice' && { options: ['', ''], options_en: ['', ''] }) }
  const [g, at] = placeOf(draft, after) ?? [draft.groups.length - 1, draft.groups.at(-1)!.items.length - 1]
  return [withGroups(draft, draft.groups.map((group, i) => (i === g ? { ...group, items: group.items.toSpliced(at + 1, 0, item) } : group))), id]
}

export const changeItem = (draft: Draft, id: string, part: Partial<ChecklistItem>): Draft =>
  mapItems(draft, (item) => (item.id === id ? { ...item, ...part } : item))

/** Of another type it is another item, once phones know the old one: it gets an id of its own, and conditions follow. */
export function changeType(draft: Draft, id: string, type: ItemType, former: Former): [Draft, id: string] {
  const now = former.has(id) && former.get(id) !== type ? nextId(draft, former) : id
  const options = type === 'choice' && !findItem(draft, id)?.options.length ? { options: ['', ''], options_en: ['', ''] } : {}
  const changed = mapItems(draft, (item) => {
    const own = item.id === id ? { ...item, ...options, id: now, type } : item
    return own.show_if?.item === id ? { ...own, show_if: { ...own.show_if, item: now } } : own
  })
  return [changed, now]
}

export const removeItem = (draft: Draft, id: string): Draft =>
  withGroups(draft, draft.groups.map((group) => ({ ...group, items: group.items.filter((item) => item.id !== id) })))

/** One place up or down; past the end of its group into the next one. */
export function moveItem(draft: Draft, id: string, by: -1 | 1): Draft {
  const place = placeOf(draft, id)
  if (!place) return draft
  const [g, at] = place
  const size = draft.groups[g]!.items.length
  if (at + by >= 0 && at + by < size) return putItem(draft, id, g, at + by)
  const next = draft.groups[g + by]
  return next ? putItem(draft, id, g + by, by < 0 ? next.items.length : 0) : draft
}

/** Into a group at an index, as it is once the item has been taken out. */
export function putItem(draft: Draft, id: string, g: number, at: number): Draft {
  const item = findItem(draft, id)
  if (!item || !draft.groups[g]) return draft
  const without = removeItem(draft, id)
  return withGroups(without, without.groups.map((group, i) => (i === g ? { ...group, items: group.items.toSpliced(at, 0, item) } : group)))
}

/** Dropped on another item: takes its place, from above or from below. */
export function dropOn(draft: Draft, id: string, on: string): Draft {
  const place = placeOf(draft, on)
  return place && id !== on ? putItem(draft, id, place[0], place[1]) : draft
}

export function moveGroup(draft: Draft, g: number, by: -1 | 1): Draft {
  const group = draft.groups[g]
  if (!group || g + by < 0 || g + by >= draft.groups.length) return draft
  return withGroups(draft, draft.groups.toSpliced(g, 1).toSpliced(g + by, 0, group))
}
export function addGroup(draft: Draft): Draft {
  const key = Math.max(0, ...draft.groups.map((group) => group.key)) + 1
  return withGroups(draft, [...draft.groups, { key, name: '', name_en: '', items: [] }])
}
export const changeGroup = (draft: Draft, g: number, part: Partial<Pick<DraftGroup, 'name' | 'name_en'>>): Draft =>
  withGroups(draft, draft.groups.map((group, i) => (i === g ? { ...group, ...part } : group)))
/** Only an empty one goes: items are never lost by the way. */
export const removeGroup = (draft: Draft, g: number): Draft =>
  (draft.groups.length > 1 && !draft.groups[g]?.items.length ? withGroups(draft, draft.groups.toSpliced(g, 1)) : draft)

export interface TemplateChange {
  item: string
  label: ChecklistItem
  change: 'added' | 'changed' | 'removed' | 'moved'
  fields: { name: string; was: unknown; now: unknown }[]
}

/** Beside what a phone is told about a newer version: what only the editor's eye looks for. */
const ALSO = ['group_en', 'label_en', 'options_en', 'fail_options', 'help', 'help_en'] as const

/** What differs between two versions, in the newer's order; what it no longer asks at the end. */
export function templateChanges(old: readonly ChecklistItem[], newer: readonly ChecklistItem[]): TemplateChange[] {
  const [before, after] = [new Map(old.map((item) => [item.id, item])), new Map(newer.map((item) => [item.id, item]))]
  const said = new Map(versionChanges(old, newer).map((one) => [one.item, one]))
  const moved = movedIn(old.filter((item) => after.has(item.id)).map((item) => item.id), newer.filter((item) => before.has(item.id)).map((item) => item.id))
  const kept = newer.flatMap((item): TemplateChange[] => {
    const was = before.get(item.id)
    if (!was) return [{ item: item.id, label: item, change: 'added', fields: [] }]
    const names = [...(said.get(item.id)?.fields ?? []), ...ALSO.filter((name) => text(was[name]) !== text(item[name]))]
    const fields = names.map((name) => ({ name, was: was[name as keyof ChecklistItem], now: item[name as keyof ChecklistItem] }))
    if (fields.length) return [{ item: item.id, label: item, change: 'changed', fields }]
    return moved.has(item.id) ? [{ item: item.id, label: item, change: 'moved', fields: [] }] : []
  })
  return [...kept, ...old.filter((item) => !after.has(item.id)).map((item): TemplateChange => ({ item: item.id, label: item, change: 'removed', fields: [] }))]
}

const text = (value: unknown): string => (Array.isArray(value) ? value.join('|') : typeof value === 'string' ? value : '')

/** The fewest items that must have moved: all but a longest run that kept its order. */
function movedIn(old: readonly string[], newer: readonly string[]): Set<string> {
  const rank = new Map(old.map((id, i) => [id, i]))
  const best: { length: number; from: number }[] = []
  let end = -1
  for (const [i, id] of newer.entries()) {
    best[i] = { length: 1, from: -1 }
    for (let j = 0; j < i; j += 1) {
      if (rank.get(newer[j]!)! < rank.get(id)! && best[j]!.length >= best[i]!.length) best[i] = { length: best[j]!.length + 1, from: j }
    }
    if (end < 0 || best[i]!.length > best[end]!.length) end = i
  }
  const still = new Set<string>()
  for (let i = end; i >= 0; i = best[i]!.from) still.add(newer[i]!)
  return new Set(newer.filter((id) => !still.has(id)))
}
