/** How a person's own choice looks until the server's row arrives. */
import { born, changed } from './born'
import type { Effect } from './view'

const choose: Effect<'channels.choose'> = async (act, view, actor) => {
  const { id, ...chosen } = act.args
  const known = await view.get('notice_choice', id)
  if (known) return [changed(known, chosen)]
  return [{ noun: 'notice_choice', id, scope: `user:${actor.userId}`, body: { ...born(act, actor), user_id: actor.userId, ...chosen } }]
}

export const channelEffects = { 'channels.choose': choose }
