/** Facts from the field: each adds a row, once. A row the server already knows is left as the server says it is. */
import type { Act } from '../acts'
import { isCustomerSide } from '../lifecycle'
import type { DiagnosisBody, DiagnosisFields, Noun, StockBody } from '../nouns'
import { born, bornFact, eventOf, FRESH } from './born'
import { applyChanges } from './changes'
import { pictured, unpictured } from './defect'
import type { Actor, Change, Effect, View, ViewRow } from './view'
import { step } from './visit'

/** The visit of a fact that this device does not have yet; null when it has, or has no such visit. */
export async function newOn(view: View, noun: Noun, id: string, visitId: string): Promise<ViewRow<'visit'> | null> {
  if (await view.get(noun, id)) return null
  return (await view.get('visit', visitId)) ?? null
}

/** A diagnosis before its first edit. */
export const NO_DIAGNOSIS: DiagnosisFields = {
  asset_id: null, symptom_code: '', symptom_text: '', cause_code: '', cause_text: '', action_code: '',
  action_text: '', cautions: '', test_result: '', test_text: '', consent: '', consent_name: '', consent_at: '',
}

const editDiagnosis: Effect<'diagnosis.edit'> = async (act, view, actor) => {
  const { id, visit_id, changes } = act.args
  const row = await view.get('diagnosis', id)
  if (row) return [{ ...row, body: applyChanges<DiagnosisBody>(row.body, changes) }]
  const visit = await view.get('visit', visit_id)
  if (!visit) return []
  const body = applyChanges<DiagnosisBody>({ ...bornFact(act, actor, visit), ...NO_DIAGNOSIS }, changes)
  return [{ noun: 'diagnosis', id, scope: visit.scope, body }]
}

const usePart: Effect<'part.use'> = async (act, view, actor) => {
  const { id, visit_id, part_id, quantity, source, serials, old_serials, note } = act.args
  const visit = await newOn(view, 'part_use', id, visit_id)
  if (!visit) return []
  const part = (await view.get('part', part_id))?.body
  const body = {
    ...bornFact(act, actor, visit), part_id, part_number: part?.number ?? '', part_name: part?.name ?? '',
    unit: part?.unit ?? '', quantity, source, serials: serials ?? [], old_serials: old_serials ?? [], note: note ?? '',
  }
  const taken = source === 'own' ? await moveStock(view, actor, part_id, -quantity) : []
  return [{ noun: 'part_use', id, scope: visit.scope, body }, ...taken]
}

/** What the person carries; where nothing was ever carried, the server makes the row. */
export async function moveStock(view: View, actor: Actor, partId: string, by: number): Promise<Change<'stock'>[]> {
  const row = (await view.find('stock', 'scope', `user:${actor.userId}`)).find((stock) => stock.body.part_id === partId)
  return row ? [{ ...row, body: { ...row.body, quantity: row.body.quantity + by } satisfies StockBody }] : []
}

const addAttachment: Effect<'attachment.add'> = async (act, view, actor) => {
  const { id, visit_id, work_order_id, ...declared } = act.args
  const visit = visit_id && (await newOn(view, 'attachment', id, visit_id))
  const order = !visit && work_order_id && !(await view.get('attachment', id)) && (await view.get('work_order', work_order_id))
  if (!visit && !order) return []
  const { sha256, size, mime, purpose, taken_at } = declared
  const fact = visit ? bornFact(act, actor, visit) : { ...born(act, actor), visit_id: null, work_order_id: work_order_id!, ...FRESH }
  const body = {
    ...fact, sha256, size, mime, purpose, taken_at,
    parent_noun: declared.parent_noun ?? null, parent_id: declared.parent_id ?? null, caption: declared.caption ?? '',
    place: declared.place ?? null, width: declared.width ?? null, height: declared.height ?? null,
    state: 'declared' as const, refusal: null, thumbs: {},
  }
  const scope = visit ? visit.scope : `wo:${work_order_id}`
  return [{ noun: 'attachment', id, scope, body }, ...(await pictured(view, { ...declared, id }))]
}

const addNote: Effect<'note.add'> = async (act, view, actor) => {
  const { id, visit_id, text } = act.args
  const visit = await newOn(view, 'note', id, visit_id)
  return visit ? [{ noun: 'note', id, scope: visit.scope, body: { ...bornFact(act, actor, visit), text } }] : []
}

const sign: Effect<'report.sign'> = async (act, view, actor) => {
  const { id, visit_id, rating, opinion, ...signed } = act.args
  const visit = await newOn(view, 'signature', id, visit_id)
  if (!visit) return []
  const { role, name, content_hash, content, strokes, image_id } = signed
  const body = {
    ...bornFact(act, actor, visit), role, name, content_hash, content, strokes, image_id, rating: rating ?? null,
    opinion: opinion ?? '',
  }
  const row: Change<'signature'> = { noun: 'signature', id, scope: visit.scope, body }
  if (!isCustomerSide(role)) return [row, eventOf(act, actor, visit.body.work_order_id, visit_id, { role, name })]
  return [row, ...(await step(act as Act<'report.sign'>, 'report.sign', view, actor))]
}

const waive: Effect<'report.waive'> = async (act, view, actor) => {
  const { id, visit_id, reason, note } = act.args
  const visit = await newOn(view, 'waiver', id, visit_id)
  if (!visit) return []
  const body = { ...bornFact(act, actor, visit), reason, note: note ?? '' }
  return [{ noun: 'waiver', id, scope: visit.scope, body }, ...(await step(act, 'report.waive', view, actor))]
}

const withdrawNote: Effect<'note.withdraw'> = async (act, view) => {
  const row = await view.get('note', act.args.id)
  return row && !row.body.withdrawn ? [{ ...row, body: { ...row.body, withdrawn: true } }] : []
}

const withdrawAttachment: Effect<'attachment.withdraw'> = async (act, view) => {
  const row = await view.get('attachment', act.args.id)
  if (!row || row.body.withdrawn) return []
  return [{ ...row, body: { ...row.body, withdrawn: true } }, ...(await unpictured(view, row))]
}

/** What was taken from one's own stock goes back there. */
const withdrawPart: Effect<'part.withdraw'> = async (act, view, actor) => {
  const row = await view.get('part_use', act.args.id)
  if (!row || row.body.withdrawn) return []
  const { source, created_by, part_id, quantity } = row.body
  const returned = source === 'own' && created_by === actor.userId ? await moveStock(view, actor, part_id, quantity) : []
  return [{ ...row, body: { ...row.body, withdrawn: true } }, ...returned]
}

export const factEffects = {
  'diagnosis.edit': editDiagnosis,
  'part.use': usePart,
  'part.withdraw': withdrawPart,
  'attachment.add': addAttachment,
  'attachment.withdraw': withdrawAttachment,
  'note.add': addNote,
  'note.withdraw': withdrawNote,
  'report.sign': sign,
  'report.waive': waive,
}
