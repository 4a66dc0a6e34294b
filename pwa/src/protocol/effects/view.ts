/** What an effect may see and say. Effects are pure: rows come through `View`, changes go out as a list. */
import type { Act, ActName } from '../acts'
import type { Bodies, Id, Noun } from '../nouns'

/** Fields by which rows are found, beside their noun and id. */
export const INDEXED_FIELDS = [
  'visit_id', 'work_order_id', 'site_id', 'run_id', 'asset_id', 'parent_id', 'kind',
] as const
export type IndexName = (typeof INDEXED_FIELDS)[number] | 'scope'

export interface ViewRow<N extends Noun = Noun> { noun: N; id: Id; scope: string; body: Bodies[N] }

/** The rows as they look after the acts before this one. */
export interface View {
  get<N extends Noun>(noun: N, id: Id): Promise<ViewRow<N> | undefined>
  find<N extends Noun>(noun: N, index: IndexName, value: string): Promise<ViewRow<N>[]>
}

/** A row as the act leaves it; `body` whole, so that nothing is left to merge. */
export interface Change<N extends Noun = Noun> { noun: N; id: Id; scope: string; body: Bodies[N] }

export interface Actor { userId: Id; name: string }

export type Effect<A extends ActName> = (act: Act<A>, view: View, actor: Actor) => Promise<Change[]>
