/** What belongs to a site's archive and to the knowledge base beside the reference rows. */
import type { HandoverItemBody } from './handover'
import type { Fact } from './nouns'
import type { Common, DocumentBody, Id, Instant } from './reference'

/** A correction of an asset, or of the site itself, that waits for the office. */
export interface ArchiveChangeBody extends Fact {
  site_id: Id
  asset_id: Id | null
  changes: Record<string, [was: ArchiveValue, now: ArchiveValue]>
  note: string
  photos: { id: Id; sha256: string }[]
  state: 'proposed' | 'approved' | 'declined' | 'withdrawn'
  decided_by: Id | null
  decided_at: Instant | null
  decision_note: string
  written: Record<string, ArchiveValue> | null
}
export type ArchiveValue = string | number | null

export interface FavouriteBody extends Common { user_id: Id; parent_noun: 'article' | 'document'; parent_id: Id; chosen: boolean }

export interface DossierBodies { archive_change: ArchiveChangeBody; document: DocumentBody; favourite: FavouriteBody; handover_item: HandoverItemBody }
