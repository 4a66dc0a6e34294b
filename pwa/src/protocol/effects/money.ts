/** Quotations, charges, papers and another time: what these acts do to the rows of this device. */
import type { Act } from '../acts'
import type { FieldArgs } from '../field_acts'
import type { FieldBodies } from '../field_nouns'
import type { Basis } from '../money'
import type { Id } from '../nouns'
import { bornFact, changed, eventOf } from './born'
import type { Actor, Change, Effect, View } from './view'

type Born = 'quotation' | 'charge' | 'message_slip' | 'custody' | 'rebooking'
type MakingAct = 'quotation.make' | 'charge.record' | 'slip.leave' | 'custody.take' | 'rebooking.propose'

/** A new fact on a visit of this device, once, with its line in the timeline. */
async function makes<N extends Born>(
  noun: N, act: Act<MakingAct>, view: View, actor: Actor, said: Omit<FieldBodies[N], keyof ReturnType<typeof bornFact>>, data: Record<string, unknown>,
): Promise<Change[]> {
  const { id, visit_id } = act.args
  const visit = (await view.get(noun, id)) ? undefined : await view.get('visit', visit_id)
  if (!visit) return []
  const body = { ...bornFact(act, actor, visit), ...said } as unknown as FieldBodies[N]
  return [{ noun, id, scope: visit.scope, body } as Change, eventOf(act, actor, visit.body.work_order_id, visit_id, data)]
}

const quote: Effect<'quotation.make'> = (act, view, actor) => {
  const { content, content_hash } = act.args
  const total_cents = Number(content.total_cents)
  const unanswered = { state: 'open' as const, answered_at: null, signer: '', strokes: null, image_id: null, answer_note: '' }
  return makes('quotation', act, view, actor, { content, content_hash, basis: content.basis as Basis, total_cents, ...unanswered }, { total_cents })
}

const charge: Effect<'charge.record'> = (act, view, actor) => {
  const { quotation_id, basis, lines, total_cents, paid_cents, method, receipt_number, note } = act.args
  const said = { quotation_id: quotation_id ?? null, basis, lines, total_cents, paid_cents, method, receipt_number: receipt_number ?? '', note: note ?? '' }
  return makes('charge', act, view, actor, said, { total_cents })
}

const leaveSlip: Effect<'slip.leave'> = (act, view, actor) => {
  const { addressee, text, phone, next_start, next_end } = act.args
  const said = { addressee: addressee ?? '', text, phone: phone ?? '', next_start: next_start ?? null, next_end: next_end ?? null }
  return makes('message_slip', act, view, actor, said, { text })
}

const take: Effect<'custody.take'> = (act, view, actor) => {
  const { content, content_hash, signer, strokes, image_id, asset_id, expected_on } = act.args
  const said = { asset_id: asset_id ?? null, content, content_hash, signer, strokes, image_id, expected_on: expected_on ?? null, state: 'held' as const, returned: null }
  return makes('custody', act, view, actor, said, {})
}

const giveBack: Effect<'custody.return'> = async (act, view, actor) => {
  const { id, visit_id, content, content_hash, signer, strokes, image_id } = act.args
  const row = await view.get('custody', id)
  if (row?.body.state !== 'held' || row.body.withdrawn) return []
  const returned = { at: act.at, by: actor.userId, visit_id, signer, condition: String(content.condition ?? ''), content, content_hash, strokes, image_id }
  return [{ ...row, body: { ...row.body, state: 'returned', returned } }, eventOf(act, actor, row.body.work_order_id, visit_id, {})]
}

const agree: Effect<'quotation.agree'> = async (act, view, actor) => {
  const { id, visit_id, signer, strokes, image_id } = act.args
  const row = await view.get('quotation', id)
  if (row?.body.state !== 'open') return []
  const body = { ...row.body, state: 'agreed' as const, answered_at: act.at, signer, strokes, image_id }
  return [{ ...row, body }, eventOf(act, actor, row.body.work_order_id, visit_id, {})]
}

const decline: Effect<'quotation.decline'> = async (act, view, actor) => {
  const { id, visit_id, note } = act.args
  const row = await view.get('quotation', id)
  if (row?.body.state !== 'open') return []
  const body = { ...row.body, state: 'declined' as const, answered_at: act.at, answer_note: note ?? '' }
  return [{ ...row, body }, eventOf(act, actor, row.body.work_order_id, visit_id, { note: note ?? '' })]
}

const withdraws = <A extends 'slip.withdraw' | 'quotation.withdraw' | 'charge.withdraw'>(noun: 'message_slip' | 'quotation' | 'charge'): Effect<A> =>
  async (act, view) => {
    const row = await view.get(noun, (act.args as { id: Id }).id)
    return row && !row.body.withdrawn ? [{ ...row, body: { ...row.body, withdrawn: true } } as Change] : []
  }

/** Signed, so that it was withdrawn is said in the timeline. */
const withdrawCustody: Effect<'custody.withdraw'> = async (act, view, actor) => {
  const row = await view.get('custody', act.args.id)
  if (row?.body.state !== 'held' || row.body.withdrawn) return []
  return [{ ...row, body: { ...row.body, withdrawn: true } }, eventOf(act, actor, row.body.work_order_id, row.body.visit_id, { text: act.args.reason ?? '' })]
}

const propose: Effect<'rebooking.propose'> = async (act, view, actor) => {
  const { visit_id, kind, slot_start, slot_end, reason, note } = act.args
  const visit = (await view.get('visit', visit_id))?.body
  const was = { was_start: visit?.slot_start ?? slot_start, was_end: visit?.slot_end ?? slot_end }
  const unanswered = { state: 'proposed' as const, answered_by: null, answered_at: null, answer_note: '' }
  return makes('rebooking', act, view, actor, { kind, reason, note: note ?? '', ...was, slot_start, slot_end, ...unanswered }, { reason, note: note ?? '' })
}

const answer: Effect<'rebooking.answer'> = async (act, view, actor) => {
  const { id, decision, note } = act.args
  const row = await view.get('rebooking', id)
  if (row?.body.state !== 'proposed') return []
  const state = decision === 'confirm' ? ('confirmed' as const) : ('refused' as const)
  const body = { ...row.body, state, answered_by: actor.userId, answered_at: act.at, answer_note: note ?? '' }
  const visit = decision === 'confirm' ? await view.get('visit', row.body.visit_id) : undefined
  const moved = visit ? [changed(visit, { slot_start: row.body.slot_start, slot_end: row.body.slot_end })] : []
  return [{ ...row, body }, ...moved, eventOf(act, actor, row.body.work_order_id, row.body.visit_id, { decision, note: note ?? '' })]
}

type MoneyEffects = { [A in keyof FieldArgs]: Effect<A> }
export const moneyEffects: MoneyEffects = {
  'quotation.make': quote,
  'quotation.agree': agree,
  'quotation.decline': decline,
  'quotation.withdraw': withdraws('quotation'),
  'charge.record': charge,
  'charge.withdraw': withdraws('charge'),
  'slip.leave': leaveSlip,
  'slip.withdraw': withdraws('message_slip'),
  'custody.take': take,
  'custody.return': giveBack,
  'custody.withdraw': withdrawCustody,
  'rebooking.propose': propose,
  'rebooking.answer': answer,
}
