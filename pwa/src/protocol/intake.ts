/** Registering a request: what is still to be asked, and which level is suggested. The twin of `sync/intake.py`. */
import rules from '@rules/intake.json'

export interface Choice { code: string; name: string; name_en: string }
export type ChoiceKind = keyof typeof rules.choices
export const CHOICES: Record<ChoiceKind, readonly Choice[]> = rules.choices

export type Request = Readonly<Record<string, unknown>>
export interface Lacking { must: string[]; should: string[]; percent: number }
export interface Why { code: 'keyword' | 'faulted_before'; word?: string; n?: number }
export interface Suggestion { level: 1 | 2 | 3; why: Why[] }

interface Asked { field: string; must?: boolean; kinds?: string[]; demands?: string[] }

const said = (value: unknown): boolean => (typeof value === 'string' ? value.trim() !== '' : Array.isArray(value) ? value.length > 0 : Boolean(value))

function concerns(entry: Asked, request: Request): boolean {
  if (entry.kinds && !entry.kinds.includes(String(request.kind))) return false
  const demands = (request.demands ?? []) as string[]
  return !entry.demands || demands.some((one) => entry.demands!.includes(one))
}

export function lacking(request: Request): Lacking {
  const asked = (rules.completeness as Asked[]).filter((entry) => concerns(entry, request))
  const empty = asked.filter((entry) => !said(request[entry.field]))
  return {
    must: empty.filter((entry) => entry.must).map((entry) => entry.field),
    should: empty.filter((entry) => !entry.must).map((entry) => entry.field),
    percent: Math.floor((100 * (asked.length - empty.length) + Math.floor(asked.length / 2)) / asked.length),
  }
}

export function suggestLevel(title: string, description: string, faultedBefore: number): Suggestion {
  const text = `${title}\n${description}`.toLowerCase()
  const found = rules.level.keywords.flatMap((entry) => entry.words.filter((word) => text.includes(word)).map((word) => ({ level: entry.level, word })))
  let level = Math.min(rules.level.otherwise, ...found.map((one) => one.level))
  let why: Why[] = found.filter((one) => one.level === level).map(({ word }) => ({ code: 'keyword', word }))
  if (faultedBefore > 0 && level >= rules.level.faulted_before) {
    level = rules.level.faulted_before
    why = [{ code: 'faulted_before', n: faultedBefore }, ...why]
  }
  return { level: level as Suggestion['level'], why }
}
