/** Corrections of the archive, documents, articles and favourites, as they look until the server's own rows arrive. */
import type { EditableArticle } from '../acts'
import { applyChanges } from './changes'
import { born, bornFact } from './born'
import type { Effect } from './view'

const propose: Effect<'archive.propose'> = async (act, view, actor) => {
  const { id, visit_id, asset_id, changes, note } = act.args
  const visit = await view.get('visit', visit_id)
  if (!visit || (await view.get('archive_change', id))) return []
  const body = {
    ...bornFact(act, actor, visit), site_id: visit.body.site_id, asset_id: asset_id ?? null, changes, note: note ?? '', photos: [],
    state: 'proposed' as const, decided_by: null, decided_at: null, decision_note: '', written: null,
  }
  return [{ noun: 'archive_change', id, scope: `site:${body.site_id}`, body }]
}

const withdraw: Effect<'archive.withdraw'> = async (act, view) => {
  const row = await view.get('archive_change', act.args.id)
  if (row?.body.state !== 'proposed') return []
  return [{ ...row, body: { ...row.body, state: 'withdrawn', withdrawn: true, decision_note: act.args.reason ?? '' } }]
}

/** What is written into the archive only the server says: it may find that somebody changed it meanwhile. */
const decide: Effect<'archive.decide'> = async (act, view, actor) => {
  const row = await view.get('archive_change', act.args.id)
  if (row?.body.state !== 'proposed') return []
  const state = act.args.decision === 'approve' ? ('approved' as const) : ('declined' as const)
  return [{ ...row, body: { ...row.body, state, decided_by: actor.userId, decided_at: act.at, decision_note: act.args.note ?? '' } }]
}

/** Sizes of the pages the server knows; until then a screen takes them from the pictures. */
const addDocument: Effect<'document.add'> = async (act, view, actor) => {
  const { id, site_id, pages, ...said } = act.args
  if (await view.get('document', id)) return []
  const body = {
    ...born(act, actor), site_id: site_id ?? null, title_en: '', asset_class: '', brand: '', model: '', revision: '', ...said,
    pages: pages.map(({ sha256 }) => ({ sha256, size: 0, mime: '', width: 0, height: 0 })), pins: [], state: 'active' as const,
  }
  return [{ noun: 'document', id, scope: site_id ? `site:${site_id}` : 'ref', body }]
}

const retire: Effect<'document.retire'> = async (act, view) => {
  const row = await view.get('document', act.args.id)
  return row ? [{ ...row, body: { ...row.body, state: 'retired' } }] : []
}

const pin: Effect<'document.pin'> = async (act, view, actor) => {
  const { document_id, ...at } = act.args
  const row = await view.get('document', document_id)
  if (!row || row.body.pins.some((one) => one.id === at.id)) return []
  return [{ ...row, body: { ...row.body, pins: [...row.body.pins, { ...at, by: actor.userId }] } }]
}

const unpin: Effect<'document.unpin'> = async (act, view) => {
  const row = await view.get('document', act.args.document_id)
  return row ? [{ ...row, body: { ...row.body, pins: row.body.pins.filter((one) => one.id !== act.args.id) } }] : []
}

const proposeArticle: Effect<'article.propose'> = async (act, view, actor) => {
  const { id, ...said } = act.args
  if (await view.get('article', id)) return []
  const body = {
    ...born(act, actor), number: '', title_en: '', asset_class: '', brand: '', keywords: '', symptom_codes: [], summary_en: '', review_on: null,
    ...said, state: 'proposed' as const, reviewed_by: null, reviewed_at: null, review_note: null,
  }
  return [{ noun: 'article', id, scope: 'ref', body }]
}

const editArticle: Effect<'article.edit'> = async (act, view) => {
  const row = await view.get('article', act.args.id)
  return row ? [{ ...row, body: { ...row.body, ...applyChanges<EditableArticle>(row.body, act.args.changes) } }] : []
}

const reviewArticle: Effect<'article.review'> = async (act, view, actor) => {
  const { id, decision, review_on, note } = act.args
  const row = await view.get('article', id)
  if (!row) return []
  const state = ({ publish: 'published', decline: 'declined', retire: 'retired' } as const)[decision]
  const again = decision === 'publish' && { review_on: review_on ?? row.body.review_on }
  return [{ ...row, body: { ...row.body, state, ...again, reviewed_by: actor.userId, reviewed_at: act.at, review_note: note ?? '' } }]
}

/** One per person and row, whichever act said it first. */
const favourite: Effect<'favourite.set'> = async (act, view, actor) => {
  const { id, noun, row_id, chosen } = act.args
  const known = (await view.find('favourite', 'parent_id', row_id)).find((row) => row.body.user_id === actor.userId)
  if (known) return [{ ...known, body: { ...known.body, chosen } }]
  const body = { ...born(act, actor), user_id: actor.userId, parent_noun: noun, parent_id: row_id, chosen }
  return [{ noun: 'favourite', id, scope: `user:${actor.userId}`, body }]
}

/** One row for a line at a site, whichever desk said it first. */
const setHandover: Effect<'handover.set'> = async (act, view, actor) => {
  const { id, site_id, code, state, received_on, note } = act.args
  const was = (await view.find('handover_item', 'site_id', site_id)).find(({ body }) => body.code === code)
  const body = { ...(was?.body ?? born(act, actor)), site_id, code, state, note: note ?? '', received_on: state === 'received' ? received_on ?? null : null }
  return [{ noun: 'handover_item', id: was?.id ?? id, scope: `site:${site_id}`, body }]
}

export const dossierEffects = {
  'handover.set': setHandover,
  'archive.propose': propose,
  'archive.withdraw': withdraw,
  'archive.decide': decide,
  'document.add': addDocument,
  'document.retire': retire,
  'document.pin': pin,
  'document.unpin': unpin,
  'article.propose': proposeArticle,
  'article.edit': editArticle,
  'article.review': reviewArticle,
  'favourite.set': favourite,
}
