/** What the acts of an emergency and of a drill do to the rows of this device. */
import type { Act } from '../acts'
import type { DrillBody, EmergencyArgs, EmergencyEntryBody, EmergencyPlanBody, NewEntry } from '../emergencies'
import { nextOfDrill } from '../lifecycle'
import type { Id } from '../nouns'
import { born, changed, eventOf } from './born'
import type { Actor, Change, Effect, View } from './view'

type EmergencyEffects = { [A in keyof EmergencyArgs]: Effect<A> }

const write: Effect<'emergency_plan.write'> = async (act, view, actor) => {
  const { id, ...content } = act.args
  if (await view.get('emergency_plan', id)) return []
  const versions = (await view.find('emergency_plan', 'scope', 'ref')).filter(({ body }) => body.code === content.code)
  const version = Math.max(0, ...versions.map(({ body }) => body.version)) + 1
  const body: EmergencyPlanBody = { ...born(act, actor), ...content, version, state: 'proposed', decided_by: null, decided_at: null }
  return [{ noun: 'emergency_plan', id, scope: 'ref', body }]
}

const publish: Effect<'emergency_plan.publish'> = async (act, view, actor) => {
  const row = await view.get('emergency_plan', act.args.id)
  if (row?.body.state !== 'proposed') return []
  const said = { decided_by: actor.userId, decided_at: act.at }
  const before = (await view.find('emergency_plan', 'scope', row.scope)).filter(({ id, body }) => id !== row.id && body.code === row.body.code && body.state === 'published')
  return [changed(row, { state: 'published', ...said }), ...before.map((one) => changed(one, { state: 'retired', ...said }))]
}

const retire: Effect<'emergency_plan.retire'> = async (act, view, actor) => {
  const row = await view.get('emergency_plan', act.args.id)
  return row && row.body.state !== 'retired' ? [changed(row, { state: 'retired', decided_by: actor.userId, decided_at: act.at })] : []
}

const activate: Effect<'emergency.activate'> = async (act, view, actor) => {
  const { id, work_order_id, visit_id, plan_id, reason } = act.args
  const [order, plan] = [await view.get('work_order', work_order_id), await view.get('emergency_plan', plan_id)]
  if (!order || !plan || (await view.get('emergency', id))) return []
  const body = {
    ...born(act, actor), work_order_id, visit_id: visit_id ?? null, plan_id, state: 'active' as const, reason: reason ?? '', started_at: act.at,
    ended_at: null, ended_by: null, summary: '',
  }
  const told = eventOf(act, actor, work_order_id, visit_id ?? null, { plan: plan.body.name, version: plan.body.version, reason: reason ?? '' })
  return [{ noun: 'emergency', id, scope: order.scope, body }, told]
}

function entryOf(act: Act, actor: Actor, said: NewEntry, parent: Pick<EmergencyEntryBody, 'parent_noun' | 'parent_id' | 'work_order_id'>): Change<'emergency_entry'> {
  const body: EmergencyEntryBody = {
    ...born(act, actor), ...parent, kind: said.kind, step_id: said.step_id ?? null, contact_id: said.contact_id ?? null, contact_name: said.contact_name ?? '',
    phone: said.phone ?? '', result: said.result ?? null, text: said.text ?? '', by_name: actor.name, at: act.at,
  }
  return { noun: 'emergency_entry', id: said.id, scope: parent.work_order_id ? `wo:${parent.work_order_id}` : 'ref', body }
}

const log: Effect<'emergency.log'> = async (act, view, actor) => {
  const row = await view.get('emergency', act.args.emergency_id)
  return row ? [entryOf(act, actor, act.args, { parent_noun: 'emergency', parent_id: row.id, work_order_id: row.body.work_order_id })] : []
}

const end: Effect<'emergency.end'> = async (act, view, actor) => {
  const row = await view.get('emergency', act.args.id)
  if (row?.body.state !== 'active') return []
  const told = eventOf(act, actor, row.body.work_order_id, row.body.visit_id, { text: act.args.summary })
  return [changed(row, { state: 'ended', ended_at: act.at, ended_by: actor.userId, summary: act.args.summary }), told]
}

const plan: Effect<'drill.plan'> = async (act, view, actor) => {
  const { id, participant_ids, place, scenario, ...said } = act.args
  const known = await view.get('drill', id)
  if (known && known.body.state !== 'planned') return []
  const blank = { state: 'planned' as const, started_at: null, ended_at: null, score: null, good: '', findings: '', evaluated_by: null, evaluated_at: null, reason: '' }
  const people = (participant_ids ?? []).filter((one) => one !== said.leader_id)
  const body: DrillBody = { ...born(act, actor), ...blank, ...known?.body, ...said, place: place ?? '', scenario: scenario ?? '', participant_ids: people }
  return [{ noun: 'drill', id, scope: 'ref', body }]
}

async function moved(act: Act, view: View, id: Id, more: Partial<DrillBody>): Promise<Change[]> {
  const row = await view.get('drill', id)
  const state = row && nextOfDrill(row.body.state, act.act)
  return row && state ? [changed(row, { ...more, state })] : []
}

const drillLog: Effect<'drill.log'> = async (act, view, actor) =>
  ((await view.get('drill', act.args.drill_id)) ? [entryOf(act, actor, act.args, { parent_noun: 'drill', parent_id: act.args.drill_id, work_order_id: null })] : [])

const evaluate: Effect<'drill.evaluate'> = async (act, view, actor) => {
  const { id, score, good, findings, actions } = act.args
  const rows = await moved(act, view, id, { score, good: good ?? '', findings, evaluated_by: actor.userId, evaluated_at: act.at })
  if (!rows.length) return []
  const left = (actions ?? []).map(({ id: actionId, ...one }): Change<'drill_action'> => (
    { noun: 'drill_action', id: actionId, scope: 'ref', body: { ...born(act, actor), ...one, drill_id: id, done: false, done_at: null, done_by: null, note: '' } }))
  return [...rows, ...left]
}

const done: Effect<'drill_action.done'> = async (act, view, actor) => {
  const row = await view.get('drill_action', act.args.id)
  return row && !row.body.done ? [changed(row, { done: true, done_at: act.at, done_by: actor.userId, note: act.args.note ?? '' })] : []
}

export const emergencyEffects: EmergencyEffects = {
  'emergency_plan.write': write,
  'emergency_plan.publish': publish,
  'emergency_plan.retire': retire,
  'emergency.activate': activate,
  'emergency.log': log,
  'emergency.end': end,
  'drill.plan': plan,
  'drill.cancel': (act, view) => moved(act, view, act.args.id, { reason: act.args.reason }),
  'drill.start': (act, view) => moved(act, view, act.args.id, { started_at: act.at }),
  'drill.log': drillLog,
  'drill.finish': (act, view) => moved(act, view, act.args.id, { ended_at: act.at }),
  'drill.evaluate': evaluate,
  'drill_action.done': done,
}
