/** What people do about deadlines: hold, declare a delay, plan, ask for help, tell the customer. All of it offline too. */
import type { ActName, Args } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { record } from './record'

/** Somebody waits for these: they go as soon as there is a network. */
async function soon<A extends ActName>(act: A, args: Args[A]): Promise<void> {
  await record(act, args)
  requestSync()
}

type New<A extends ActName> = Omit<Args[A], 'id'>

export const proposeHold = (args: New<'hold.propose'>) => soon('hold.propose', { ...args, id: newId() })
export const decideHold = (args: Args['hold.decide']) => soon('hold.decide', args)
export const liftHold = (id: Id) => soon('hold.lift', { id })

export const declareDelay = (args: New<'delay.declare'>) => soon('delay.declare', { ...args, id: newId() })
export const decideDelay = (args: Args['delay.decide']) => soon('delay.decide', args)
export const tellDelay = (args: Args['delay.tell']) => soon('delay.tell', args)

export const savePlan = (args: New<'plan.save'>, id: Id = newId()) => soon('plan.save', { ...args, id })
export const decidePlan = (args: Args['plan.decide']) => soon('plan.decide', args)
export const requirePlan = (work_order_id: Id) => soon('plan.require', { work_order_id })

export const askHelp = (args: New<'help.ask'>) => soon('help.ask', { ...args, id: newId() })
export const answerHelp = (id: Id, text: string) => soon('help.answer', { id, text })
export const escalateHelp = (id: Id, text: string) => soon('help.escalate', { id, text })
export const closeHelp = (id: Id) => soon('help.close', { id })

export const giveFeedback = ({ promises, ...args }: Omit<Args['feedback.give'], 'id' | 'promises'> & { promises?: { text: string; due_on: string }[] }) =>
  soon('feedback.give', { ...args, id: newId(), promises: (promises ?? []).map((one) => ({ ...one, id: newId() })) })
export const reopenOrder = (id: Id, reason: string) => soon('work_order.reopen', { id, reason })
export const doneFollowUp = (id: Id, note: string) => soon('follow_up.done', { id, note })

export const readNotices = (ids: Id[]) => soon('notice.read', { ids })
export const savePolicy = (args: Omit<Args['policy.save'], 'id'>, id: Id = newId()) => soon('policy.save', { ...args, id })
export const choosePolicy = (id: Id, policy: string) => soon('customer.choose_policy', { id, policy })
