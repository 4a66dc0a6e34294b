/** Parts asked for and handed back: what these acts do to the rows of this device. */
import type { Act } from '../acts'
import type { StockArgs } from '../field_acts'
import { nextOfPartRequest } from '../lifecycle'
import { born } from './born'
import { moveStock } from './fact'
import type { Change, Effect, View } from './view'

const named = async (view: View, id: string) => {
  const part = (await view.get('part', id))?.body
  return { part_id: id, part_number: part?.number ?? '', part_name: part?.name ?? '', unit: part?.unit ?? '' }
}

const ask: Effect<'part_request.make'> = async (act, view, actor) => {
  const { id, part_id, quantity, visit_id, needed_on, note } = act.args
  if (await view.get('part_request', id)) return []
  const visit = visit_id ? await view.get('visit', visit_id) : undefined
  const body = {
    ...born(act, actor), ...(await named(view, part_id)), user_id: actor.userId, quantity, visit_id: visit_id ?? null,
    work_order_id: visit?.body.work_order_id ?? null, needed_on: needed_on ?? null, note: note ?? '', state: 'requested' as const,
    shipped: 0, received: 0, steps: [],
  }
  return [{ noun: 'part_request', id, scope: `parts:${actor.userId}`, body }]
}

type StepAct = 'part_request.approve' | 'part_request.refuse' | 'part_request.ship' | 'part_request.receive' | 'part_request.cancel'

const steps = <A extends StepAct>(): Effect<A> => async (act, view, actor) => {
  const { id, note, quantity } = act.args as StockArgs['part_request.ship']
  const row = await view.get('part_request', id)
  const state = row && nextOfPartRequest(row.body.state, act.act)
  if (!row || !state) return []
  const counted = act.act === 'part_request.ship' ? (quantity ?? row.body.quantity) : act.act === 'part_request.receive' ? (quantity ?? row.body.shipped) : null
  const step = { act: act.act, at: act.at, by: actor.userId, text: note ?? '', quantity: counted }
  const body = {
    ...row.body, state, steps: [...row.body.steps, step], ...(state === 'shipped' && { shipped: counted! }), ...(state === 'received' && { received: counted! }),
  }
  const own: Change[] = state === 'received' ? await moveStock(view, actor, row.body.part_id, counted!) : []
  return [{ ...row, body }, ...own]
}

const handIn: Effect<'part_return.hand_in'> = async (act, view, actor) => {
  const { id, part_id, quantity, kind, serials, visit_id, note } = act.args
  if (await view.get('part_return', id)) return []
  const body = {
    ...born(act, actor), ...(await named(view, part_id)), user_id: actor.userId, quantity, kind, serials: serials ?? [],
    visit_id: visit_id ?? null, note: note ?? '', state: 'handed_in' as const, received_by: null, received_at: null,
  }
  const taken: Change[] = kind === 'old' ? [] : await moveStock(view, actor, part_id, -quantity)
  return [{ noun: 'part_return', id, scope: `parts:${actor.userId}`, body }, ...taken]
}

const takeBack: Effect<'part_return.receive'> = async (act, view, actor) => {
  const row = await view.get('part_return', act.args.id)
  if (row?.body.state !== 'handed_in') return []
  return [{ ...row, body: { ...row.body, state: 'received', received_by: actor.userId, received_at: act.at } }]
}

/** The level is the sum of movements, and the server writes those. */
const adjust: Effect<'stock.adjust'> = async (_act: Act<'stock.adjust'>) => []

type StockEffects = { [A in keyof StockArgs]: Effect<A> }
export const stockEffects: StockEffects = {
  'part_request.make': ask,
  'part_request.approve': steps(),
  'part_request.refuse': steps(),
  'part_request.ship': steps(),
  'part_request.receive': steps(),
  'part_request.cancel': steps(),
  'part_return.hand_in': handIn,
  'part_return.receive': takeBack,
  'stock.adjust': adjust,
}
