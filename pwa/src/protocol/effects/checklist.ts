/** Checklists and presence: what was answered, taken up again, and where somebody stood. */
import type { PointBody } from '../nouns'
import { flagsOf } from '../presence'
import { born, bornFact, eventOf } from './born'
import { applyChanges } from './changes'
import { newOn } from './fact'
import type { Effect } from './view'

const startChecklist: Effect<'checklist.start'> = async (act, view, actor) => {
  const { id, visit_id, version_id } = act.args
  const visit = await newOn(view, 'checklist_run', id, visit_id)
  if (!visit) return []
  const code = (await view.get('checklist_version', version_id))?.body.code ?? ''
  const body = { ...bornFact(act, actor, visit), version_id, code, state: 'in_progress' as const, completed_at: null }
  return [{ noun: 'checklist_run', id, scope: visit.scope, body }]
}

const answerItem: Effect<'checklist.answer'> = async (act, view, actor) => {
  const { id, run_id, item_id, value, note, over } = act.args
  const run = await view.get('checklist_run', run_id)
  const visit = run && (await newOn(view, 'checklist_answer', id, run.body.visit_id))
  if (!visit) return []
  const body = { ...bornFact(act, actor, visit), run_id, item_id, value, note: note ?? '', over: over ?? null }
  return [{ noun: 'checklist_answer', id, scope: visit.scope, body }]
}

const completeChecklist: Effect<'checklist.complete'> = async (act, view) => {
  const run = await view.get('checklist_run', act.args.run_id)
  if (!run || run.body.state === 'completed') return []
  return [{ ...run, body: { ...run.body, state: 'completed', completed_at: act.at } }]
}

const reopenChecklist: Effect<'checklist.reopen'> = async (act, view, actor) => {
  const run = await view.get('checklist_run', act.args.run_id)
  if (!run || run.body.state === 'in_progress') return []
  const { work_order_id, visit_id, code } = run.body
  return [
    { ...run, body: { ...run.body, state: 'in_progress', completed_at: null } },
    eventOf(act, actor, work_order_id, visit_id, { id: run.id, code }),
  ]
}

const upgradeChecklist: Effect<'checklist.upgrade'> = async (act, view, actor) => {
  const run = await view.get('checklist_run', act.args.run_id)
  const [was, newer] = run ? [await view.get('checklist_version', run.body.version_id), await view.get('checklist_version', act.args.version_id)] : []
  if (!run || !newer || newer.body.version <= (was?.body.version ?? 0)) return []
  const data = { id: run.id, code: run.body.code, was: was?.body.version ?? 0, version: newer.body.version }
  return [{ ...run, body: { ...run.body, version_id: newer.id } }, eventOf(act, actor, run.body.work_order_id, run.body.visit_id, data)]
}

/** Which number it has only the server knows, when two publish at once. */
const publishChecklist: Effect<'checklist.publish'> = async (act, view, actor) => {
  const { id, over, ...said } = act.args
  const before = over ? await view.get('checklist_version', over) : undefined
  return [{ noun: 'checklist_version', id, scope: 'ref', body: { ...born(act, actor), ...said, version: (before?.body.version ?? 0) + 1 } }]
}

const addPoint: Effect<'point.add'> = async (act, view, actor) => {
  const { id, ...said } = act.args
  if (await view.get('point', id)) return []
  const body = { ...born(act, actor), name_en: '', location: '', item_ids: [], sort: 0, active: true, ...said, token: said.token ?? '' }
  return [{ noun: 'point', id, scope: `site:${said.site_id}`, body }]
}

const editPoint: Effect<'point.edit'> = async (act, view) => {
  const row = await view.get('point', act.args.id)
  return row ? [{ ...row, body: applyChanges<PointBody>(row.body, act.args.changes) }] : []
}

/** How far this phone's clock is off only the server knows; all other doubts are said at once. */
const provePresence: Effect<'presence.prove'> = async (act, view, actor) => {
  const { id, visit_id, point_id, run_id, how, token, place } = act.args
  const visit = await newOn(view, 'presence_proof', id, visit_id)
  const point = visit && (await view.get('point', point_id))
  if (!visit || !point) return []
  const mine = (await view.find('presence_proof', 'visit_id', visit_id)).filter(({ body }) => body.created_by === actor.userId)
  const last = mine.toSorted((a, b) => ((a.body.server_at ?? '~') + a.id < (b.body.server_at ?? '~') + b.id ? -1 : 1)).at(-1)
  const before = last?.body.device_at && last.body.point_id !== point_id ? { at: last.body.device_at, place: last.body.place } : null
  const site = (await view.get('site', visit.body.site_id))?.body
  const flags = flagsOf({ how, token, at: act.at, place: place ?? null }, point.body, site, before)
  const body = { ...bornFact(act, actor, visit), point_id, run_id: run_id ?? null, how, token, place: place ?? null, flags }
  return [{ noun: 'presence_proof', id, scope: visit.scope, body }]
}

export const checklistEffects = {
  'checklist.start': startChecklist,
  'checklist.answer': answerItem,
  'checklist.complete': completeChecklist,
  'checklist.reopen': reopenChecklist,
  'checklist.upgrade': upgradeChecklist,
  'checklist.publish': publishChecklist,
  'point.add': addPoint,
  'point.edit': editPoint,
  'presence.prove': provePresence,
}
