/**
 * What a dispatcher holds in the hand: a visit being moved, or an order nobody is on yet being given to somebody. Mouse
 * and keyboard move the same proposal; it becomes an act when it is put down, and one press takes it back.
 */
import { computed, onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import { cancelVisit, dispatchVisit, rescheduleVisit } from '@/acts'
import { attempt, toast } from '@/components/toast'
import { localName, t } from '@/i18n'
import type { Card } from '@/office/board'
import { nextGap, weigh, type Wanted } from '@/office/choosing'
import { candidates } from '@/office/crew'
import { toInstant } from '@/office/days'
import { may, roleMay } from '@/office/permits'
import { current } from '@/session'
import { useRow, type RowOf } from '@/store'
import { useChecklists } from '../checklists'
import { useOffice, type Office } from '../data'

const QUARTER_MS = 15 * 60_000
/** A visit whose length nobody has estimated. */
export const USUAL_MS = 2 * 3_600_000
/** A press that moves less than this is a press. */
const SLOP_PX = 4
/** Why a visit was cancelled that should never have been sent: no reason of the catalogue says that. */
export const UNDONE = 'dispatch-undone'

export type Grip = 'move' | 'start' | 'end'

export interface Proposal {
  orderId: string
  /** Null: nobody is on it yet. */
  visitId: string | null
  leadId: string | null
  start: number
  end: number
  was: { leadId: string | null; start: number; end: number } | null
  byKeyboard: boolean
}

/** What a place of the view means for what is held; null: nowhere to put anything down. */
export type Aim = (x: number, y: number, grab: { grip: Grip; offsetMs: number; proposal: Proposal }) => Partial<Pick<Proposal, 'leadId' | 'start' | 'end'>> | null
type Thing = Card | RowOf<'work_order'>

const lengthOf = (order: RowOf<'work_order'>): number => (order.body.estimate?.minutes ?? 0) * 60_000 || USUAL_MS
const isOrder = (thing: Thing): thing is RowOf<'work_order'> => 'body' in thing
const me = (): readonly string[] => current.value?.roles ?? []

export class Hand {
  readonly held = shallowRef<Proposal | null>(null)
  /** Whether it has left the place it was taken from. */
  readonly flying = ref(false)
  /** Another engineer asks for a reason, which their phone will show. */
  readonly asking = shallowRef<Proposal | null>(null)
  readonly mayDispatch = computed(() => roleMay('visit.dispatch', me()))
  readonly order = computed(() => (this.held.value ? this.office.order.value.get(this.held.value.orderId) : undefined))
  readonly asset = useRow('asset', () => this.order.value?.body.asset_id)
  readonly wanted = computed(() => this.held.value && this.wantedOf(this.held.value))
  readonly lead = computed(() => (this.held.value?.leadId ? this.office.user.value.get(this.held.value.leadId) : undefined))
  readonly weighed = computed(() => (this.wanted.value && this.lead.value
    ? weigh(this.lead.value.id, this.lead.value.body.skills, this.wanted.value, this.office.field.value, this.office.now.value) : null))
  /** Set by the view that is shown. */
  aim: Aim | null = null
  private letGo = (): void => {}

  constructor(private office: Office, private lanes: () => readonly { userId: string }[], private fitting: (kind: string) => string[]) {}

  private wantedOf(p: Proposal): Wanted {
    const visit = p.visitId ? this.office.visit.value.get(p.visitId) : undefined
    return {
      start: toInstant(p.start), end: toInstant(p.end), siteId: this.office.order.value.get(p.orderId)?.body.site_id ?? null,
      except: p.visitId, mode: visit?.body.mode ?? 'on_site', skill: this.asset.value?.body.asset_class ?? '',
    }
  }

  movable = (card: Card): boolean => may('visit.reschedule', card.state, me())
  private mayGive = (p: Proposal): boolean => !p.visitId || may('visit.reassign', this.office.visit.value.get(p.visitId)?.body.state ?? '', me())

  private proposalOf(thing: Thing, byKeyboard: boolean): Proposal | null {
    if (!isOrder(thing)) {
      if (!this.movable(thing)) return null
      const was = { leadId: thing.leadId, start: Date.parse(thing.slotStart), end: Date.parse(thing.slotEnd) }
      return { orderId: thing.workOrderId, visitId: thing.id, ...was, was, byKeyboard }
    }
    if (!this.mayDispatch.value) return null
    const start = Math.ceil(this.office.now.value / QUARTER_MS) * QUARTER_MS
    return { orderId: thing.id, visitId: null, leadId: null, start, end: start + lengthOf(thing), was: null, byKeyboard }
  }

  /** Takes hold with the pointer; nothing happens before it has moved. */
  grab(thing: Thing, event: PointerEvent, grip: Grip = 'move', offsetMs = 0): void {
    const proposal = event.button === 0 && !this.asking.value ? this.proposalOf(thing, false) : null
    if (!proposal) return
    const move = (e: PointerEvent): void => {
      if (!this.flying.value && Math.hypot(e.clientX - event.clientX, e.clientY - event.clientY) < SLOP_PX) return
      this.flying.value = true
      document.body.style.userSelect = 'none'
      const change = this.aim?.(e.clientX, e.clientY, { grip, offsetMs, proposal }) ?? (proposal.visitId ? {} : { leadId: null })
      const next = { ...(this.held.value ?? proposal), ...change }
      this.held.value = this.mayGive(proposal) ? next : { ...next, leadId: proposal.leadId }
    }
    const up = (): void => {
      this.letGo()
      if (this.flying.value) swallowClick()
      void this.putDown()
    }
    const stop = new AbortController()
    this.letGo = () => {
      stop.abort()
      document.body.style.userSelect = ''
    }
    window.addEventListener('pointermove', move, { signal: stop.signal })
    window.addEventListener('pointerup', up, { signal: stop.signal })
    window.addEventListener('pointercancel', () => this.cancel(), { signal: stop.signal })
  }

  /** Takes hold by keyboard: arrows move it from there. An order begins with whoever suits best, in their next gap. */
  lift(thing: Thing): void {
    let p = this.asking.value ? null : this.proposalOf(thing, true)
    if (!p) return
    if (isOrder(thing)) {
      const shown = new Set(this.lanes().map((lane) => lane.userId))
      const { user, phone, field, now } = this.office
      const best = candidates(user.value, phone.value, this.wantedOf(p), field.value, now.value).find((c) => shown.has(c.id))
      const start = best ? nextGap(best.id, p.start, lengthOf(thing), field.value) : p.start
      p = { ...p, leadId: best?.id ?? null, start, end: start + lengthOf(thing) }
    }
    this.held.value = p
    this.flying.value = true
  }

  /** A key while something is held by keyboard; false: the key is somebody else's. */
  key(event: KeyboardEvent, stepMs: number): boolean {
    const p = this.held.value
    if (!p?.byKeyboard || this.asking.value) return false
    const by = { ArrowLeft: -stepMs, ArrowRight: stepMs }[event.key] ?? 0
    const lanes = { ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0
    if (by && event.shiftKey) this.held.value = { ...p, end: Math.max(p.start + QUARTER_MS, p.end + by) }
    else if (by) this.held.value = { ...p, start: p.start + by, end: p.end + by }
    else if (lanes) this.held.value = this.mayGive(p) ? { ...p, leadId: this.neighbour(p.leadId, lanes) } : p
    else if (event.key === 'Enter') void this.putDown()
    else if (event.key === 'Escape') this.cancel()
    else return false
    return true
  }

  private neighbour(leadId: string | null, by: number): string | null {
    const all = this.lanes()
    const at = all.findIndex((lane) => lane.userId === leadId)
    return all[Math.min(all.length - 1, Math.max(0, at + by))]?.userId ?? leadId
  }

  cancel(): void {
    this.letGo()
    this.held.value = this.asking.value = null
    this.flying.value = false
  }

  private async putDown(): Promise<void> {
    const p = this.flying.value ? this.held.value : null
    const same = p?.was && p.was.leadId === p.leadId && p.was.start === p.start && p.was.end === p.end
    if (!p?.leadId || same) return this.cancel()
    if (p.visitId && p.leadId !== p.was?.leadId) {
      this.asking.value = p
      return
    }
    if (p.visitId) await moveVisit(p.visitId, p, p.was!)
    else await this.dispatch(p)
    this.cancel()
  }

  private async dispatch(p: Proposal): Promise<void> {
    const { kind = 'repair', estimate = null } = this.office.order.value.get(p.orderId)?.body ?? {}
    const slot = { slot_start: toInstant(p.start), slot_end: toInstant(p.end) }
    let id = ''
    const done = await attempt(async () => {
      id = await dispatchVisit({ ...slot, work_order_id: p.orderId, mode: estimate?.mode ?? 'on_site', lead_id: p.leadId!, checklist_codes: this.fitting(kind), bring: estimate?.parts ?? [] })
    })
    const name = localName(this.office.user.value.get(p.leadId!)?.body)
    if (done) toast(t('office.done.dispatched', { name }), { action: { label: t('common.undo'), run: () => void attempt(() => cancelVisit(id, UNDONE)) } })
  }
}

interface Span { start: number; end: number }

export async function moveVisit(visitId: string, to: Span, was: Span): Promise<void> {
  const go = (span: Span) => attempt(() => rescheduleVisit(visitId, toInstant(span.start), toInstant(span.end)))
  if (await go(to)) toast(t('office.done.moved'), { action: { label: t('common.undo'), run: () => void go(was) } })
}

/** The press that ends a flight opens nothing. */
function swallowClick(): void {
  const swallow = (event: Event): void => { event.stopPropagation(); event.preventDefault() }
  window.addEventListener('click', swallow, { capture: true, once: true })
  setTimeout(() => window.removeEventListener('click', swallow, true), 0)
}

export function useHand(lanes: () => readonly { userId: string }[]): Hand {
  const { fitting } = useChecklists()
  const hand = new Hand(useOffice(), lanes, fitting)
  onScopeDispose(() => hand.cancel())
  return hand
}

/** Scrolls a pane while something is held near its edge. */
export function edgeScroll(pane: Readonly<Ref<HTMLElement | null>>, x: number, y: number): void {
  const box = pane.value?.getBoundingClientRect()
  if (!box) return
  const near = 48
  const dx = x > box.right - near ? 1 : x < box.left + near + 180 && x > box.left ? -1 : 0
  const dy = y > box.bottom - near ? 1 : y < box.top + near ? -1 : 0
  if (dx || dy) pane.value!.scrollBy(dx * 12, dy * 12)
}
