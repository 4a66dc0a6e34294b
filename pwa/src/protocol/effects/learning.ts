/** What reviews, seminars and trainings do to the rows of this desk. */
import type { LearningArgs, RootCauseBody } from '../learning'
import { born, changed } from './born'
import type { Change, Effect, View } from './view'

async function about(view: View, work_order_id: string) {
  const order = await view.get('work_order', work_order_id)
  return { work_order_id, number: order?.body.number ?? '', title: order?.body.title ?? '', site_name: order?.body.site_name ?? '' }
}

const save: Effect<'root_cause.save'> = async (act, view, actor) => {
  const { id, work_order_id, facts = '', whys = [], cause = '', lessons = '', held_on = null, participant_ids = [], done } = act.args
  const was = (await view.get('root_cause', id))?.body ?? { ...born(act, actor), ...(await about(view, work_order_id)) }
  const body: RootCauseBody = {
    ...was, facts, whys: whys.map((why) => why.trim()).filter(Boolean), cause, lessons, held_on, participant_ids, state: done ? 'done' : 'draft',
    written_by: actor.userId, written_at: act.at,
  }
  return [{ noun: 'root_cause', id, scope: 'office', body }]
}

const nominate: Effect<'hard_case.nominate'> = async (act, view, actor) => {
  const { id, work_order_id, month, why } = act.args
  const body = {
    ...born(act, actor), ...(await about(view, work_order_id)), month, why, state: 'nominated' as const, decided_by: null, decided_at: null, decided_note: '',
    held_on: null, participant_ids: [], minutes: '',
  }
  return [{ noun: 'hard_case', id, scope: 'office', body }]
}

const decide: Effect<'hard_case.decide'> = async (act, view, actor) => {
  const row = await view.get('hard_case', act.args.id)
  if (!row || row.body.state === 'discussed') return []
  return [changed(row, { state: act.args.decision === 'choose' ? 'chosen' : 'declined', decided_by: actor.userId, decided_at: act.at, decided_note: act.args.note ?? '' })]
}

const discuss: Effect<'hard_case.discuss'> = async (act, view) => {
  const { id, minutes, held_on, participant_ids = [] } = act.args
  const row = await view.get('hard_case', id)
  return row && ['chosen', 'discussed'].includes(row.body.state) ? [changed(row, { state: 'discussed', minutes, held_on, participant_ids })] : []
}

const record: Effect<'training.record'> = async (act, view, actor) => {
  const { id, title, kind, held_on, minutes = 0, trainer = '', skills = [], people, note = '' } = act.args
  const whole = people.map(({ user_id, passed = true, note: said = '' }) => ({ user_id, passed, note: said }))
  const body = { ...born(act, actor), title, kind, held_on, minutes, trainer, skills, people: whole, note, withdrawn: false }
  const changes: Change[] = [{ noun: 'training_record', id, scope: 'office', body }]
  for (const one of whole) {
    const user = one.passed ? await view.get('user', one.user_id) : undefined
    const more = skills.filter((skill) => !user?.body.skills.includes(skill))
    if (user && more.length) changes.push(changed(user, { skills: [...user.body.skills, ...more] }))
  }
  return changes
}

const withdraw: Effect<'training.withdraw'> = async (act, view) => {
  const row = await view.get('training_record', act.args.id)
  return row ? [changed(row, { withdrawn: true, note: `${row.body.note}\n${act.args.reason}`.trim() })] : []
}

export const learningEffects: { [A in keyof LearningArgs]: Effect<A> } = {
  'root_cause.save': save, 'hard_case.nominate': nominate, 'hard_case.decide': decide, 'hard_case.discuss': discuss,
  'training.record': record, 'training.withdraw': withdraw,
}
