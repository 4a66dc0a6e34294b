/** What follows from plans, logs and the clock: which plan is in force, how far one is, who was reached. Pure. */
import type { EmergencyEntryBody, EmergencyPlanBody, EmergencyStep, PlanGroup } from '@/protocol/nouns'
import type { RowOf } from '@/store'

export type PlanRow = RowOf<'emergency_plan'>
export type EntryRow = Pick<RowOf<'emergency_entry'>, 'id'> & { body: EmergencyEntryBody }

export const GROUPS: readonly PlanGroup[] = ['command', 'team', 'liaison']
export const MINUTE_MS = 60_000

/** Of each code the highest published version, the gravest level first. */
export function inForce(rows: readonly PlanRow[] | undefined): PlanRow[] {
  const best = new Map<string, PlanRow>()
  for (const row of rows ?? []) {
    const known = best.get(row.body.code)
    if (row.body.state === 'published' && (!known || known.body.version < row.body.version)) best.set(row.body.code, row)
  }
  return [...best.values()].sort((a, b) => a.body.level - b.body.level || a.body.name.localeCompare(b.body.name, 'zh'))
}

/** In the order in which things happened; rows of two phones may arrive in any. */
export const inOrder = <R extends EntryRow>(entries: readonly R[]): R[] =>
  [...entries].sort((a, b) => a.body.at.localeCompare(b.body.at) || (a.id < b.id ? -1 : 1))

export interface StepState { step: EmergencyStep; done: EmergencyEntryBody | null; due: number | null; late: boolean }

/** Each step with who did it, until when it is to be done, and whether that moment has passed without it. */
export function stepsOf(plan: EmergencyPlanBody, entries: readonly EntryRow[], startedAt: string | null, now: number): StepState[] {
  const last = new Map<string, EmergencyEntryBody>()
  for (const { body } of inOrder(entries)) if (body.step_id && (body.kind === 'tick' || body.kind === 'untick')) last.set(body.step_id, body)
  return plan.steps.map((step) => {
    const said = last.get(step.id)
    const done = said?.kind === 'tick' ? said : null
    const due = startedAt && step.minutes ? Date.parse(startedAt) + step.minutes * MINUTE_MS : null
    return { step, done, due, late: due !== null && (done ? Date.parse(done.at) : now) > due }
  })
}

/** By contact: the last call. */
export function lastCalls(entries: readonly EntryRow[]): Map<string, EmergencyEntryBody> {
  const last = new Map<string, EmergencyEntryBody>()
  for (const { body } of inOrder(entries)) if (body.kind === 'call' && body.contact_id) last.set(body.contact_id, body)
  return last
}

/** Only what a phone dials. */
export const dialled = (phone: string): string => `tel:${phone.replace(/[^0-9+*#]/g, '')}`

/** A blank form, or the next version of a plan as it is. */
export function contentOf(plan: EmergencyPlanBody | null) {
  const { code = '', level = 1, name = '', name_en = '', scenario = '', roster = [], steps = [], suppliers = [] } = plan ?? {}
  const kept = { code, level, name, name_en, scenario, roster, steps, suppliers }
  return JSON.parse(JSON.stringify(kept)) as typeof kept // a reactive proxy cannot be cloned any other way
}

type Content = ReturnType<typeof contentOf>
const PHONE = /^[0-9+*#() -]{3,32}$/

/** What keeps a plan from being one, by the words' keys; nothing: it may be handed in. */
export function faultsOf(form: Content): string[] {
  const faults: string[] = []
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(form.code)) faults.push('em.fault.code')
  if (!form.name.trim()) faults.push('em.fault.name')
  if (!form.roster.some((one) => one.group === 'command')) faults.push('em.fault.command')
  if (form.roster.some((one) => !one.name.trim() || !PHONE.test(one.phone)) || form.suppliers.some((one) => !one.name.trim() || !PHONE.test(one.phone))) faults.push('em.fault.phone')
  if (!form.steps.length || form.steps.some((one) => !one.text.trim())) faults.push('em.fault.steps')
  return faults
}
