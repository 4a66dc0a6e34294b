/** What this device will not even record: said at once, instead of by a receipt hours later. The server checks all again. */
import type { Act, Args } from './acts'
import { can, isCustomerSide, isEnded, isLeadOnly, isOpen, next, nextOfDefect, nextOfWorkOrder, type VisitStep } from './lifecycle'
import type { Noun } from './nouns'
import type { Actor, View, ViewRow } from './effects/view'

export type Refusal = 'illegal-transition' | 'not-lead' | 'not-crew' | 'not-found' | 'withdrawn' | 'checklist-completed'

const CREW_FACTS = new Set([
  'diagnosis.edit', 'part.use', 'attachment.add', 'checklist.start', 'defect.open', 'defect.fix', 'defect.raise',
  'defect.verify', 'presence.prove',
  'defect.verify', 'quotation.make', 'quotation.agree', 'quotation.decline', 'charge.record', 'slip.leave', 'custody.take',
  'custody.return', 'rebooking.propose',
])
const WITHDRAWALS: Record<string, Noun> = {
  'part.withdraw': 'part_use', 'attachment.withdraw': 'attachment', 'note.withdraw': 'note',
  'defect.withdraw': 'defect', 'quotation.withdraw': 'quotation', 'charge.withdraw': 'charge', 'slip.withdraw': 'message_slip',
  'custody.withdraw': 'custody',
}

/** Why the act cannot be, on the rows as they are shown; null when it can. */
export async function refusalOf(act: Act, view: View, actor: Actor): Promise<Refusal | null> {
  const args = act.args as unknown as Record<string, string>
  if (act.act.startsWith('defect.') && act.act !== 'defect.open') {
    const refusal = await refusalOnDefect(act, view)
    if (refusal) return refusal
  }
  if (act.act.startsWith('work_order.')) return refusalOnWorkOrder(act, view)
  if (act.act.startsWith('checklist.') && 'run_id' in args) return refusalOnRun(act, view, actor)
  const noun = WITHDRAWALS[act.act]
  if (noun) return refusalOfWithdrawal(noun, args['id']!, view, actor)
  if (act.act === 'visit.dispatch') return (await view.get('work_order', args['work_order_id']!)) ? null : 'not-found'
  if (/^part_re(quest|turn)\./.test(act.act)) return null // a person's, whatever became of the visit they name
  return 'visit_id' in args ? refusalOnVisit(act, view, actor) : null
}

async function refusalOnVisit(act: Act, view: View, actor: Actor): Promise<Refusal | null> {
  const visit = await view.get('visit', (act.args as { visit_id: string }).visit_id)
  if (!visit) return 'not-found'
  if (CREW_FACTS.has(act.act)) return isCrew(visit, actor) ? null : 'not-crew'
  const name = stepName(act)
  if (name === null) return null
  if (isLeadOnly(name) && visit.body.lead_id !== actor.userId) return 'not-lead'
  if (!isTransition(act)) return null
  return can(visit.body, name, actor.userId) && next(visit.body.state, name, visit.body.mode) ? null : 'illegal-transition'
}

/** Only the customer's signature moves the visit; an engineer may sign at any time. */
const isTransition = (act: Act): boolean => act.act !== 'report.sign' || isCustomerSide((act.args as Args['report.sign']).role)

function stepName(act: Act): VisitStep | null {
  if (act.act === 'visit.review') {
    return (act.args as Args['visit.review']).decision === 'accept' ? 'visit.accept_work' : 'visit.return_work'
  }
  const free = act.act === 'visit.reschedule' || act.act === 'visit.prepare' || !/^(visit|report)\./.test(act.act)
  return free ? null : (act.act as VisitStep)
}

const isCrew = ({ body }: ViewRow<'visit'>, { userId }: Actor): boolean =>
  body.lead_id === userId || body.helper_ids.includes(userId)

async function refusalOnDefect(act: Act, view: View): Promise<Refusal | null> {
  const args = act.args as { id: string; result?: string }
  const defect = await view.get('defect', args.id)
  if (!defect) return 'not-found'
  return nextOfDefect(defect.body.state, args.result === 'failed' ? 'defect.recur' : act.act) ? null : 'illegal-transition'
}

async function refusalOnWorkOrder(act: Act, view: View): Promise<Refusal | null> {
  if (act.act === 'work_order.register') return null
  if (act.act === 'work_order.draft') return (await view.get('site', (act.args as Args['work_order.draft']).site_id)) ? null : 'not-found'
  const order = await view.get('work_order', (act.args as { id: string }).id)
  if (!order) return 'not-found'
  if (act.act === 'work_order.edit' || act.act === 'work_order.estimate') return isEnded(order.body.state) ? 'illegal-transition' : null
  return nextOfWorkOrder(order.body.state, act.act) ? null : 'illegal-transition'
}

async function refusalOnRun(act: Act, view: View, actor: Actor): Promise<Refusal | null> {
  const run = await view.get('checklist_run', (act.args as { run_id: string }).run_id)
  const visit = run && (await view.get('visit', run.body.visit_id))
  if (!run || !visit) return 'not-found'
  if (act.act === 'checklist.reopen') {
    if (!isOpen(visit.body.state)) return 'illegal-transition'
  } else if (run.body.state === 'completed') return 'checklist-completed'
  return isCrew(visit, actor) ? null : 'not-crew'
}

async function refusalOfWithdrawal(noun: Noun, id: string, view: View, actor: Actor): Promise<Refusal | null> {
  const row = (await view.get(noun as 'note', id))
  if (!row) return 'not-found'
  if (row.body.withdrawn) return 'withdrawn'
  if (row.body.created_by === actor.userId) return null
  const lead = row.body.visit_id && (await view.get('visit', row.body.visit_id))?.body.lead_id
  return lead === actor.userId ? null : 'not-lead'
}
