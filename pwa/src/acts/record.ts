/** The one way an act comes to be: numbered, durable, and its effect visible, all in one transaction. */
import { now } from '../store/clock'
import type { Act, ActName, Args } from '../protocol/acts'
import type { View } from '../protocol/effects/view'
import { newId } from '../protocol/ids'
import { currentStore } from '../store/current'
import { appendActs, type NewFile } from '../store/append'
import { draftsTaken } from './taking'

/** Arguments, or a function that reads them from the rows as they are inside the transaction (null: nothing to do). */
type ArgsOf<A extends ActName> = Args[A] | ((view: View) => Promise<Args[A] | null | undefined>)

export interface Intent<A extends ActName = ActName> { act: A; args: ArgsOf<A> }
type AnyIntent = { [A in ActName]: Intent<A> }[ActName]

export interface RecordOptions { files?: readonly NewFile[] }

/** Records one act. Resolves when it is on disk; throws `ActRefused` before writing anything. */
export async function record<A extends ActName>(act: A, args: ArgsOf<A>, options: RecordOptions = {}): Promise<void> {
  const intents = [{ act, args } as AnyIntent]
  await appendActs(currentStore(), intents, { at: now(), group: null, files: options.files ?? [], drafts: draftsTaken(intents) })
}

/** Records acts that are applied all or none. */
export async function recordTogether(intents: readonly AnyIntent[], options: RecordOptions = {}): Promise<Act[]> {
  const group = intents.length > 1 ? newId() : null
  return appendActs(currentStore(), intents, { at: now(), group, files: options.files ?? [], drafts: draftsTaken(intents) })
}
