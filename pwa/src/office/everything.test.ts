import { expect, test } from 'vitest'
import { findEverywhere } from './everything'

const rows = {
  site: [{ id: 's1', body: { number: 'S-1', name: '华园大厦', address: '建国路 1 号', customer_name: '华园物业' } }],
  customer: [{ id: 'c1', body: { number: 'C-1', name: '华园物业', contract_number: 'HT-2026-1', note: '' } }],
  asset: [
    { id: 'a1', body: { number: 'A-1', name: '控制器', serial: 'SN-4200', location: '华园大厦 B1', site_id: 's1' } },
    { id: 'a2', body: { number: 'A-2', name: 'SN-4200 备用', serial: '', site_id: 's1' } },
  ],
  article: [{ id: 'k1', body: { number: 'KB-1', title: '控制器掉线', text: '先查 SN-4200 的电源' } }],
}

test('what is called so comes before what only says so, of every kind, and all words are needed', () => {
  expect(findEverywhere(rows, 'sn-4200').map((hit) => hit.id)).toEqual(['a2', 'a1', 'k1'])
  expect(findEverywhere(rows, '华园 物业').map((hit) => hit.id)).toEqual(['s1', 'c1'])
  expect(findEverywhere(rows, '华园 没有')).toEqual([])
  expect(findEverywhere(rows, '  ')).toEqual([])
})

test('a wide letter is the narrow one, and a hit says by what it was found and where it stands', () => {
  const [hit] = findEverywhere(rows, 'ＨＴ-2026')
  expect(hit).toMatchObject({ noun: 'customer', number: 'C-1', also: 'HT-2026-1', siteId: null })
  expect(findEverywhere(rows, '控制器')[0]).toMatchObject({ noun: 'asset', siteId: 's1' })
})

test('of many only a few are shown', () => {
  const many = Array.from({ length: 50 }, (_, i) => ({ id: `p${i}`, body: { number: `P-${i}`, name: '电源' } }))
  expect(findEverywhere({ part: many }, '电源')).toHaveLength(5)
})
