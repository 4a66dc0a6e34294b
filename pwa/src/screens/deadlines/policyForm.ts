/** A policy while it is edited: every cell of the table is there, promised or not. Pure. */
import { CLOCKS, DEFAULTS, KINDS, type Clock, type MilestoneKind, type Policy, type Span, type Spans } from '@/protocol/sla'

export const LEVELS = ['1', '2', '3'] as const
export const UNITS = ['none', 'minutes', 'hours', 'working_days', 'end_of_day'] as const
export type Unit = (typeof UNITS)[number]
export interface Cell { unit: Unit; n: number; clock: Clock; declared: number }
export interface PolicyForm {
  code: string
  name: string
  name_en: string
  active: boolean
  zone: string
  calendar: string
  opens: string
  closes: string
  warn: string
  pauses: string[]
  days_off: string
  workdays: string
  levels: Record<string, Record<MilestoneKind, Cell>>
}
export type Fault = 'code' | 'resolve' | 'hours' | 'warn' | 'days'

function cellOf(span: Span | undefined, kind: MilestoneKind): Cell {
  const unit = UNITS.find((one) => one !== 'none' && span?.[one] !== undefined) ?? 'none'
  const amount = unit === 'none' || unit === 'end_of_day' ? 1 : Number(span![unit])
  return { unit, n: amount, clock: span?.clock ?? (kind === 'feed_back' ? 'working_days' : 'service'), declared: unit !== 'none' && unit !== 'end_of_day' ? Number(span?.declared?.[unit] ?? 0) : 0 }
}

export function formOf(code: string, policy: Policy, active = true): PolicyForm {
  const said = { ...DEFAULTS, ...policy }
  return {
    code, active, name: policy.name, name_en: policy.name_en, zone: said.zone, calendar: said.calendar, opens: said.service_hours[0]!, closes: said.service_hours[1]!,
    warn: said.warn.join(', '), pauses: [...said.pauses], days_off: said.days_off.join('\n'), workdays: said.workdays.join('\n'),
    levels: Object.fromEntries(LEVELS.map((level) => [level, Object.fromEntries(KINDS.map((kind) => [kind, cellOf(policy.levels[level]?.[kind], kind)]))])) as PolicyForm['levels'],
  }
}

function spanOf(cell: Cell, kind: MilestoneKind): Span | null {
  if (cell.unit === 'none') return null
  const clock = cell.unit === 'end_of_day' && cell.clock === 'elapsed' ? 'service' : cell.clock
  const amount = cell.unit === 'end_of_day' ? { end_of_day: true } : { [cell.unit]: Math.max(1, Math.round(cell.n) || 1) }
  const declared = cell.declared > cell.n && cell.unit !== 'end_of_day' ? { declared: { [cell.unit]: Math.round(cell.declared) } } : {}
  return { ...amount, clock, ...declared, ...(kind === 'feed_back' && { from: 'resolve' as const }) }
}

const lines = (text: string): string[] => text.split(/[\s,，]+/).filter(Boolean)
const numbers = (text: string): number[] => lines(text).map(Number)

export function policyOf(form: PolicyForm): Policy {
  const levels = Object.fromEntries(LEVELS.map((level) => [level, Object.fromEntries(KINDS.flatMap((kind) => {
    const span = spanOf(form.levels[level]![kind], kind)
    return span ? [[kind, span]] : []
  })) as Spans]))
  return {
    name: form.name.trim(), name_en: form.name_en.trim(), zone: form.zone, calendar: form.calendar, service_hours: [form.opens, form.closes],
    warn: numbers(form.warn), pauses: form.pauses, days_off: lines(form.days_off), workdays: lines(form.workdays), levels,
  }
}

/** Why it could not be counted by; the server asks the same again. */
export function faultOf(form: PolicyForm): Fault | null {
  if (!form.code.trim() || !form.name.trim()) return 'code'
  if (LEVELS.some((level) => form.levels[level]!.resolve.unit === 'none')) return 'resolve'
  if (!/^\d\d:\d\d$/.test(form.opens) || !/^\d\d:\d\d$/.test(form.closes) || form.opens >= form.closes) return 'hours'
  const warn = numbers(form.warn)
  if (warn.length > 6 || warn.some((one, i) => !Number.isInteger(one) || one < 1 || one > 99 || (i > 0 && one <= warn[i - 1]!))) return 'warn'
  const isDay = (day: string) => /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().slice(0, 10) === day
  return [...lines(form.days_off), ...lines(form.workdays)].every(isDay) ? null : 'days'
}

/** The settings as they travel: only what differs from the defaults. */
export function settingsOf(policy: Policy): Partial<Policy> {
  const { name: _name, name_en: _nameEn, levels: _levels, ...settings } = policy
  return Object.fromEntries(Object.entries(settings).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(DEFAULTS[key as keyof typeof DEFAULTS])))
}

export { CLOCKS, KINDS }
