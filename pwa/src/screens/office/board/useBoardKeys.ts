/** The keys of the board. `KeysDialog` says what each does. */
import { addDays } from '@/office/days'
import { VIEWS, type useBoardQuery } from './useBoardQuery'

interface Doing {
  /** What is held by keyboard takes arrows, Enter and Escape first. */
  hand: (event: KeyboardEvent) => boolean
  held: () => boolean
  escape: () => void
  help: () => void
  today: string
}

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** From card to card, in the order they stand. */
function step(by: number): void {
  const cards = [...document.querySelectorAll<HTMLElement>('.main [data-visit]')]
  const at = cards.findIndex((card) => card === document.activeElement)
  const next = cards[at < 0 ? (by > 0 ? 0 : cards.length - 1) : Math.min(cards.length - 1, Math.max(0, at + by))]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}

/** Listens until the returned function is called. */
export function useBoardKeys({ range, set }: ReturnType<typeof useBoardQuery>, doing: Doing): () => void {
  const actions: Record<string, () => void> = {
    j: () => step(1), k: () => step(-1), t: () => set({ day: null }), '?': doing.help, Escape: doing.escape,
    ArrowLeft: () => set({ day: addDays(range.value.from, -range.value.days) }), ArrowRight: () => set({ day: addDays(range.value.from, range.value.days) }),
    ...Object.fromEntries(VIEWS.map((view, i) => [String(i + 1), () => set({ view: view === 'lanes' ? null : view })])),
  }
  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return
    if (doing.held() && doing.hand(event)) return event.preventDefault()
    if (event.defaultPrevented || (typing(event.target) && event.key !== 'Escape')) return
    const arrow = event.key.startsWith('Arrow')
    if (arrow && (event.shiftKey || (event.target instanceof HTMLElement && event.target.closest('.map, .list, .drawer')))) return
    const action = actions[event.key]
    if (!action) return
    event.preventDefault()
    action()
  }
  // While something is held, its keys come before those of the button that has the focus.
  window.addEventListener('keydown', onKey, true)
  return () => window.removeEventListener('keydown', onKey, true)
}
