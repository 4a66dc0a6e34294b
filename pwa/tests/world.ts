/** The fixed cast and one work order on a phone, as the server would have sent them. */
import { newId } from '../src/protocol/ids'
import type { PullAnswer, WireRow } from '../src/protocol/wire'
import { applyPull } from '../src/store/apply'
import { current, type Store } from '../src/store/current'
import { UserDatabase } from '../src/store/database'
import { writeMeta } from '../src/store/meta'

export const ALICE = '01900000-0000-7000-8000-00000000000a'
export const BOB = '01900000-0000-7000-8000-00000000000b'
export const DORA = '01900000-0000-7000-8000-00000000000d'
export const ORDER = '01900000-0000-7000-8000-000000000101'
export const VISIT = '01900000-0000-7000-8000-000000000102'
export const SITE = '01900000-0000-7000-8000-000000000103'
export const PART = '01900000-0000-7000-8000-000000000104'
export const VERSION = '01900000-0000-7000-8000-000000000105'
export const STOCK = '01900000-0000-7000-8000-000000000106'
export const WO = `wo:${ORDER}`

const common = { created_by: DORA, device_at: null, server_at: '2026-11-21T00:00:00.000Z' }

export const visitBody = (more: object = {}) => ({
  ...common, work_order_id: ORDER, site_id: SITE, sequence: 1, mode: 'on_site', state: 'dispatched', lead_id: ALICE,
  helper_ids: [BOB], slot_start: '2026-11-21T01:00:00.000Z', slot_end: '2026-11-21T03:00:00.000Z', brief: '',
  checklist_codes: [], times: { dispatched: '2026-11-21T00:00:00.000Z' }, reason: null, reason_note: '',
  replaces_id: null, replaced_by_id: null, returned_note: '', partial: false, ...more,
})
export const orderBody = (more: object = {}) => ({
  ...common, number: 'SN20261121001', state: 'scheduled', kind: 'repair', title: '三号门道闸不抬杆', description: '',
  customer_id: newId(), customer_name: '恒远物业', site_id: SITE, site_name: '恒远大厦', asset_id: null, level: 2,
  level_reason: '', channel: 'phone', source: 'customer', categories: [], contact_masked: '张女士(5678)',
  reported_at: '2026-11-21T00:00:00.000Z', owner_id: DORA, follow_up: false, due_at: null, cancelled: null, ...more,
})

export const wire = (noun: string, id: string, scope: string, body: object | null, rev = 10): WireRow =>
  ({ noun: noun as WireRow['noun'], id, scope, rev, body })

export const firstRows = (): WireRow[] => [
  wire('visit', VISIT, WO, visitBody()),
  wire('work_order', ORDER, WO, orderBody()),
  wire('site', SITE, `site:${SITE}`, { ...common, name: '恒远大厦', number: 'S001' }),
  wire('part', PART, 'ref', { ...common, number: 'P-100', name: '道闸弹簧', unit: '个', serialised: false }),
  wire('stock', STOCK, `user:${ALICE}`, { ...common, user_id: ALICE, part_id: PART, quantity: 5 }),
  wire('checklist_version', VERSION, 'ref', { ...common, code: 'departure', kind: 'departure', version: 1, items: [] }),
]

export const page = (more: Partial<PullAnswer> = {}): PullAnswer => ({
  epoch: 'epoch-1', serverTime: '2026-11-21T08:00:00.000Z', reset: false, cookie: 'c1', rev: 10, more: false,
  complete: true, last: 1000, rows: [], entered: [], left: [], ...more,
})

/** A signed-in phone that has done its first sync. `tab`: a second connection to the same person's database. */
export async function phone(userId: string = ALICE, name: string = 'Alice'): Promise<Store> {
  const store = await emptyPhone(userId, name)
  await applyPull(store, page({ rows: firstRows(), entered: [WO, 'ref'] }), '2026-11-21T08:00:00.000Z')
  return store
}

export async function emptyPhone(userId: string = ALICE, name: string = 'Alice'): Promise<Store> {
  const db = new UserDatabase(userId)
  await db.delete()
  await db.open()
  const deviceId = newId()
  await writeMeta(db, {
    deviceId, user: { id: userId, login: name.toLowerCase(), name, roles: ['engineer'] },
    tokens: { access: `access-of-${name}`, refresh: 'refresh-1', accessExpiresAt: '2099-01-01T00:00:00.000Z' },
  })
  current.value = { userId, deviceId, name, roles: ['engineer'], db }
  return current.value
}

export function tab(of: Store): Store {
  return { ...of, db: new UserDatabase(of.userId) }
}

export const bodyOf = async (store: Store, noun: string, id: string) =>
  (await store.db.rows.get(`${noun}:${id}`))?.body as Record<string, never> | undefined | null
