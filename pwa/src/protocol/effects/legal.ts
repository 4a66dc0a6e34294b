/** How a legal hold looks until the server's row arrives. */
import { born, changed } from './born'
import type { Effect } from './view'

const place: Effect<'legal_hold.place'> = async (act, view, actor) => {
  const { id, of_noun, of_id, reason } = act.args
  if (await view.get('legal_hold', id)) return []
  const of = (await view.get(of_noun, of_id))?.body as { number?: string; title?: string; name?: string } | undefined
  const label = [of?.number, of?.title ?? of?.name].filter(Boolean).join(' ')
  const body = { ...born(act, actor), of_noun, of_id, label, reason, placed_at: act.at, lifted_at: null, lifted_by: null, lift_reason: '' }
  return [{ noun: 'legal_hold', id, scope: 'office', body }]
}

const lift: Effect<'legal_hold.lift'> = async (act, view, actor) => {
  const row = await view.get('legal_hold', act.args.id)
  return row && !row.body.lifted_at ? [changed(row, { lifted_at: act.at, lifted_by: actor.userId, lift_reason: act.args.reason })] : []
}

export const legalEffects = { 'legal_hold.place': place, 'legal_hold.lift': lift }
