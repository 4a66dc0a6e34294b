/** Defects and tickets from the field: found offline, seen at once; the server numbers the ticket. */
import type { Act, Args, TicketArgs } from '../acts'
import { isEnded, nextOfDefect, nextOfWorkOrder } from '../lifecycle'
import type { DefectBody, Id, WorkOrderBody } from '../nouns'
import { born, bornFact, eventOf } from './born'
import type { Actor, Change, Effect, View, ViewRow } from './view'

const open: Effect<'defect.open'> = async (act, view, actor) => {
  const { id, visit_id, run_id, item_id, asset_id, label, severity, text } = act.args
  const visit = await view.get('visit', visit_id)
  if (!visit || (await view.get('defect', id))) return []
  const run = run_id ? await view.get('checklist_run', run_id) : undefined
  const version = run && (await view.get('checklist_version', run.body.version_id))
  const item = version?.body.items.find((one) => one.id === item_id)
  const body: DefectBody = {
    ...bornFact(act, actor, visit), site_id: visit.body.site_id, asset_id: asset_id ?? null, run_id: run_id ?? null,
    code: run?.body.code ?? '', item_id: item_id ?? '', label: item?.label ?? label ?? '', label_en: item?.label_en ?? '',
    severity, text: text ?? '', state: 'open', photos: [], raised_id: null, raised_number: null,
    steps: [stepOf(act, actor, visit_id, { run_id, text })], checked_run_id: null, checked_visit_id: null,
  }
  return [
    { noun: 'defect', id, scope: `site:${body.site_id}`, body },
    eventOf(act, actor, visit.body.work_order_id, visit_id, { id, label: body.label, severity }),
  ]
}

interface Said { run_id?: Id | null | undefined; text?: string | undefined; order_id?: Id }

const stepOf = (act: Act, actor: Actor, visit_id: Id, said: Said = {}, name: string = act.act): DefectBody['steps'][number] => ({
  act: name, visit_id, run_id: said.run_id ?? null, at: act.at, by: actor.userId, text: said.text ?? '',
  order_id: said.order_id ?? null,
})

type StepAct = Act<'defect.fix' | 'defect.raise' | 'defect.verify' | 'defect.withdraw'>

/** The defect after a step of somebody on `visitId`; nothing when the table does not have it. */
async function step(
  act: StepAct, view: View, actor: Actor, visitId: Id | null, more: Partial<DefectBody> = {}, said: Said = {}, name: string = act.act,
): Promise<Change[]> {
  const defect = await view.get('defect', act.args.id)
  const state = defect && nextOfDefect(defect.body.state, name)
  if (!defect || !state) return []
  const on = visitId ?? defect.body.visit_id
  const body = { ...defect.body, ...more, state, steps: [...defect.body.steps, stepOf(act, actor, on, said, name)] }
  const visit = await view.get('visit', on)
  const data = { id: defect.id, label: defect.body.label, text: said.text ?? '' }
  return [{ ...defect, body }, ...(visit ? [eventOf(act, actor, visit.body.work_order_id, on, data, name)] : [])]
}

const fix: Effect<'defect.fix'> = (act, view, actor) =>
  step(act, view, actor, act.args.visit_id, {}, { text: act.args.note })

const verify: Effect<'defect.verify'> = (act, view, actor) => {
  const { visit_id, run_id, result, note } = act.args
  const checked = { checked_run_id: run_id ?? null, checked_visit_id: visit_id }
  return step(act, view, actor, visit_id, checked, { run_id, text: note }, result === 'passed' ? 'defect.verify' : 'defect.recur')
}

const withdraw: Effect<'defect.withdraw'> = (act, view, actor) =>
  step(act, view, actor, null, { withdrawn: true }, { text: act.args.reason })

const raise: Effect<'defect.raise'> = async (act, view, actor) => {
  const { id, visit_id, order_id, ...said } = act.args
  const defect = await view.get('defect', id)
  if (!defect) return []
  const moved = await step(act, view, actor, visit_id, { raised_id: order_id }, { order_id })
  const { site_id, asset_id } = defect.body
  return moved.length ? [...moved, ...(await ticket(act, view, actor, order_id, { ...said, site_id, asset_id, defect_id: id }))] : []
}

const draft: Effect<'work_order.draft'> = (act, view, actor) => {
  const { id, ...said } = act.args
  return ticket(act, view, actor, id, said)
}

interface Ticket extends TicketArgs { site_id: Id; asset_id?: Id | null; kind?: WorkOrderBody['kind']; defect_id?: Id }

/** A draft until the server registers it: only then has it a number and deadlines. */
async function ticket(act: Act, view: View, actor: Actor, id: Id, said: Ticket): Promise<Change[]> {
  if (await view.get('work_order', id)) return []
  const site = (await view.get('site', said.site_id))?.body
  const { contact_name, contact_phone, ...given } = said
  const body: WorkOrderBody = {
    ...born(act, actor), number: null, state: 'draft', kind: 'repair', description: '', ...given, asset_id: said.asset_id ?? null,
    customer_id: site?.customer_id ?? '', customer_name: site?.customer_name ?? '', site_name: site?.name ?? '',
    channel: 'field', source: 'field', categories: [], reported_at: act.at, owner_id: actor.userId, follow_up: false, due_at: null,
    cancelled: null, raised_by_id: actor.userId, defect_id: said.defect_id ?? null, merged_into_id: null,
    contact_masked: contact_name ? `${contact_name}${contact_phone ? `(${contact_phone.slice(-4)})` : ''}` : (site?.contact_masked ?? ''),
  }
  return [{ noun: 'work_order', id, scope: `wo:${id}`, body }, eventOf(act, actor, id, null, {}, 'work_order.draft')]
}

const triage: Effect<'work_order.triage'> = async (act, view, actor) => {
  const { id, level, level_reason } = act.args
  const order = await view.get('work_order', id)
  const state = order && nextOfWorkOrder(order.body.state, act.act)
  if (!order || !state) return []
  const data = { level, was: order.body.level, reason: level_reason }
  return [{ ...order, body: { ...order.body, state, level, level_reason, owner_id: actor.userId } }, eventOf(act, actor, id, null, data)]
}

const merge: Effect<'work_order.merge'> = async (act, view, actor) => {
  const { id, into_id, note } = act.args
  const [order, into] = [await view.get('work_order', id), await view.get('work_order', into_id)]
  const state = order && nextOfWorkOrder(order.body.state, act.act)
  if (!order || !into || !state || isEnded(into.body.state)) return []
  const data = { into: into.body.number ?? '', note: note ?? '' }
  return [{ ...order, body: { ...order.body, state, merged_into_id: into_id, due_at: null } }, eventOf(act, actor, id, null, data)]
}

/** What a picture belongs to shows it, or no longer. */
export async function pictured(view: View, args: Pick<Args['attachment.add'], 'id' | 'parent_noun' | 'parent_id' | 'sha256'>): Promise<Change[]> {
  const row = await parentOf(view, args)
  return row ? [showing(row, [...row.body.photos.filter((photo) => photo.id !== args.id), { id: args.id, sha256: args.sha256 }])] : []
}

export async function unpictured(view: View, photo: ViewRow<'attachment'>): Promise<Change[]> {
  const row = await parentOf(view, photo.body)
  return row ? [showing(row, row.body.photos.filter((one) => one.id !== photo.id))] : []
}

type Showing = ViewRow<'defect'> | ViewRow<'archive_change'>
const showing = (row: Showing, photos: DefectBody['photos']): Change => ({ ...row, body: { ...row.body, photos } }) as Change

async function parentOf(view: View, { parent_noun, parent_id }: { parent_noun?: string | null; parent_id?: Id | null }): Promise<Showing | undefined> {
  if (!parent_id) return undefined
  if (parent_noun === 'defect') return view.get('defect', parent_id)
  return parent_noun === 'archive_change' ? view.get('archive_change', parent_id) : undefined
}

export const defectEffects = {
  'defect.open': open,
  'defect.fix': fix,
  'defect.raise': raise,
  'defect.verify': verify,
  'defect.withdraw': withdraw,
  'work_order.draft': draft,
  'work_order.triage': triage,
  'work_order.merge': merge,
}
