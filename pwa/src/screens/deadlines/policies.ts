/** The policies there are: the company's rows, and the presets no row has taken the place of. Pure. */
import type { Id, SlaPolicyBody } from '@/protocol/nouns'
import { PRESETS, type Policy } from '@/protocol/sla'

export interface Known { id: Id | null; code: string; policy: Policy; active: boolean; isPreset: boolean; isNew: boolean }

export function knownPolicies(rows: readonly { id: Id; body: SlaPolicyBody }[]): Known[] {
  const own = rows.map(({ id, body }): Known => ({
    id, code: body.code, active: body.active, isPreset: false, isNew: false,
    policy: { ...body.settings, name: body.name, name_en: body.name_en, levels: body.levels },
  }))
  const taken = new Set(own.map((one) => one.code))
  const presets = Object.entries(PRESETS).filter(([code]) => !taken.has(code))
    .map(([code, policy]): Known => ({ id: null, code, policy, active: true, isPreset: true, isNew: false }))
  return [...presets, ...own].sort((a, b) => Number(b.code === 'default') - Number(a.code === 'default') || a.code.localeCompare(b.code))
}

/** What holds for a code: as the server chooses. */
export function policyNamed(code: string | null | undefined, known: readonly Known[]): Policy {
  const found = known.find((one) => one.code === code && one.active) ?? known.find((one) => one.code === 'default')
  return found?.policy ?? PRESETS.default!
}
