/** The archive of a site: what came with it, its points, and its papers. */
import type { Args } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { answered } from './office'
import { record } from './record'

export async function setHandover(said: Omit<Args['handover.set'], 'id'>): Promise<void> {
  await record('handover.set', { ...said, id: newId() })
  requestSync()
}

/** Gives the id of the point; the code of its label is the server's to make, unless one is given. */
export async function addPoint(said: Omit<Args['point.add'], 'id'>): Promise<Id> {
  const id = newId()
  await record('point.add', { ...said, id })
  requestSync()
  return id
}
export async function editPoint(id: Id, changes: Args['point.edit']['changes']): Promise<void> {
  await record('point.edit', { id, changes })
  requestSync()
}

export const handoverFile = async (siteId: Id, kind: 'pdf' | 'xlsx', lang: string): Promise<Blob> =>
  (await answered(`/api/sites/${siteId}/handover.${kind}?lang=${lang}`)).blob()
