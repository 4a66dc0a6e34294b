/** The archive of a site, its documents and the knowledge base: what the field proposes and the office decides. */
import type { Args, EditableArticle } from '../protocol/acts'
import { changesOf } from '../protocol/effects/changes'
import { newId } from '../protocol/ids'
import type { ArchiveChangeBody, Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { declared, type KeptPhoto } from './defect'
import { record, recordTogether } from './record'

export interface Correction { visit_id: Id; asset_id: Id | null; changes: ArchiveChangeBody['changes']; note: string; photos: readonly KeptPhoto[] }

/** The id of the correction; its pictures travel with it, all or none. */
export async function proposeCorrection({ photos, ...said }: Correction): Promise<Id> {
  const id = newId()
  const pictures = photos.map((photo) => declared(photo, { visit_id: said.visit_id, parent_noun: 'archive_change', parent_id: id }, ''))
  await recordTogether([{ act: 'archive.propose', args: { ...said, id } }, ...pictures.map(({ intent }) => intent)],
    { files: pictures.map(({ file }) => file) })
  return id
}

export const withdrawCorrection = (id: Id) => record('archive.withdraw', { id })

/** `values`: what the office saw and what is to stand, per field. */
export async function decideCorrection(id: Id, decision: 'approve' | 'decline', values: ArchiveChangeBody['changes'] | null, note = ''): Promise<void> {
  await record('archive.decide', { id, decision, ...(values && { values }), note })
  requestSync()
}

export async function addDocument(args: Omit<Args['document.add'], 'id'>): Promise<Id> {
  const id = newId()
  await record('document.add', { ...args, id })
  requestSync()
  return id
}
export async function retireDocument(id: Id): Promise<void> {
  await record('document.retire', { id })
  requestSync()
}
export const pinDocument = (args: Omit<Args['document.pin'], 'id'>) => record('document.pin', { ...args, id: newId() })
export const unpinDocument = (id: Id, document_id: Id) => record('document.unpin', { id, document_id })

export async function proposeArticle(args: Omit<Args['article.propose'], 'id'>): Promise<Id> {
  const id = newId()
  await record('article.propose', { ...args, id })
  return id
}

/** Writes only the fields that differ from what this desk shows. */
export async function editArticle(id: Id, edited: Partial<EditableArticle>): Promise<void> {
  await record('article.edit', async (view) => {
    const changes = changesOf<EditableArticle>((await view.get('article', id))?.body, edited)
    return changes && { id, changes }
  })
  requestSync()
}
export async function reviewArticle(id: Id, decision: 'publish' | 'decline' | 'retire', review_on: string | null, note = ''): Promise<void> {
  await record('article.review', { id, decision, note, ...(review_on && { review_on }) })
  requestSync()
}

export const chooseFavourite = (noun: 'article' | 'document', row_id: Id, chosen: boolean) =>
  record('favourite.set', { id: newId(), noun, row_id, chosen })
