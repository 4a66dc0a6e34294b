/**
 * What is read another way than by pull: files, reports, imports. The sync room, which alone touches the network,
 * gives the means; without it (or without a network) the answer is `no-contact`.
 */
import { ActRefused } from './refusal'

type Ask = (path: string, init?: RequestInit) => Promise<Response>

let ask: Ask | null = null

export function provideServer(given: Ask): void {
  ask = given
}

/** A request to `/api/…` in the name of whoever is signed in. Throws `ActRefused('no-contact')`; problems come back. */
export async function askServer(path: string, init?: RequestInit): Promise<Response> {
  if (!ask) throw new ActRefused('no-contact')
  try {
    return await ask(path, init)
  } catch (error) {
    throw new ActRefused('no-contact', String(error))
  }
}
