import { afterEach, beforeEach, expect, test } from 'vitest'
import { acceptVisit, addNote, addPhotos } from '../../src/acts'
import { applyPull } from '../../src/store/apply'
import type { Store } from '../../src/store/current'
import { ledgerOf } from '../../src/store/ledgering'
import { acceptReceipts } from '../../src/store/receipts'
import type { Outcome } from '../../src/protocol/acts'
import { ALICE, page, phone, VISIT, wire, WO } from '../world'

let store: Store
beforeEach(async () => { store = await phone() })
afterEach(() => store.db.close())

const where = async () => Object.fromEntries((await ledgerOf(store.db, VISIT)).map((item) => [item.label, item.code ?? item.where]))

async function answer(outcomes: Outcome[], rev: number): Promise<void> {
  const waiting = await store.db.outbox.orderBy('n').toArray()
  await acceptReceipts(store.db, {
    epoch: 'epoch-1', serverTime: '', last: waiting.at(-1)!.n,
    receipts: waiting.map(({ n, id }, i) => ({ n, id, outcome: outcomes[i]!, rev, code: outcomes[i] === 'parked' ? 'not-your-visit' : null, detail: null })),
  })
}

test('an act goes from phone to server to verified, and only by the server\'s words', async () => {
  await acceptVisit(VISIT)
  expect(await where()).toEqual({ 'ledger.visit.accept': 'phone' })
  await answer(['applied'], 20)
  expect(await where()).toEqual({ 'ledger.visit.accept': 'server' })
  await applyPull(store, page({ rev: 20 }), '2026-11-21T09:00:00.000Z')
  expect(await where()).toEqual({ 'ledger.visit.accept': 'verified' })
})

test('a parked act asks for attention with its reason, until a person has settled it', async () => {
  await acceptVisit(VISIT)
  await addNote(VISIT, 'x')
  await answer(['parked', 'applied'], 20)
  await applyPull(store, page({ rev: 20 }), '2026-11-21T09:00:00.000Z')
  expect(await where()).toEqual({ 'ledger.visit.accept': 'not-your-visit', 'ledger.note.add': 'verified' })
  const act_id = (await store.db.journal.get(1))!.id
  const rows = [wire('review_item', 'r1', `review:${ALICE}`, { act_id, state: 'resolved' }, 22)]
  await applyPull(store, page({ rev: 22, rows }), '2026-11-21T09:10:00.000Z')
  expect(await where()).toMatchObject({ 'ledger.visit.accept': 'verified' })
})

test('a photo is two lines: that it was declared, and where its bytes are', async () => {
  const [id] = await addPhotos(VISIT, [new File(['abc'], 'a.jpg', { type: 'image/jpeg' })], 'after')
  expect(await where()).toEqual({ 'ledger.attachment.add': 'phone', 'ledger.file.after': 'phone' })
  const follow = (state: string, rev: number, refusal: string | null = null) => applyPull(store, page({
    rev, rows: [wire('attachment', id!, WO, { visit_id: VISIT, state, refusal, withdrawn: false }, rev)],
  }), '2026-11-21T09:00:00.000Z')
  await follow('stored', 20)
  expect(await where()).toMatchObject({ 'ledger.file.after': 'server' })
  await follow('refused', 21, 'not-an-image')
  expect(await where()).toMatchObject({ 'ledger.file.after': 'not-an-image' })
  await follow('verified', 22)
  expect(await where()).toMatchObject({ 'ledger.file.after': 'verified' })
})
