/**
 * Whose words an act is made of. The draft goes in the act's own transaction: were it forgotten afterwards, a kill in
 * between would leave the words in the field beside the act they have become, and a thumb would record them again.
 */
import type { ActName } from '../protocol/acts'

interface Said { visit_id?: string; work_order_id?: string; run_id?: string; item_id?: string; asset_id?: string; role?: string }

const ofVisit = (name: string) => ({ visit_id }: Said) => `${name}:${visit_id}`
const ofOrder = (name: string) => ({ work_order_id }: Said) => `${name}:${work_order_id}`

/** The key of the draft, as the screen that shows it names it. */
const TAKEN: Partial<Record<ActName, (said: Said) => string>> = {
  'note.add': ofVisit('note'),
  'part.use': ofVisit('part'),
  'part_request.make': ({ visit_id }) => `stock:${visit_id ?? ''}`,
  'quotation.make': ofVisit('quote'),
  'charge.record': ofVisit('charge'),
  'slip.leave': ofVisit('slip'),
  'custody.take': ofVisit('custody'),
  'custody.return': ofVisit('return'),
  'rebooking.propose': ofVisit('time'),
  'report.sign': ({ visit_id, role }) => (role === 'customer' ? `sign:${visit_id}` : `sign:${visit_id}:${role}`),
  'report.waive': ofVisit('waive'),
  'defect.open': ({ run_id, item_id }) => `defect:${run_id}:${item_id}`,
  'hold.propose': ofOrder('hold'),
  'delay.declare': ofOrder('delay'),
  'feedback.give': ofOrder('feedback'),
  'help.ask': ofOrder('help'),
  'plan.save': ofOrder('plan'),
  'work_order.register': () => 'office.register',
}

/** Arguments that are read inside the transaction name no draft. */
export const draftsTaken = (intents: readonly { act: ActName; args: unknown }[]): string[] =>
  intents.flatMap(({ act, args }) => (typeof args === 'object' ? (TAKEN[act]?.(args as Said) ?? []) : []))
