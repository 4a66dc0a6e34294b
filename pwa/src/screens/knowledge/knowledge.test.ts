import { describe, expect, it } from 'vitest'
import type { RowOf } from '@/store'
import { wantedAhead } from './ahead'
import { articleIndex, articlesFor, search } from './search'
import { assetOfCode, solutionsOf } from './solved'

type Article = RowOf<'article'>
const article = (id: string, title: string, more: Partial<Article['body']> = {}): Article =>
  ({ id, body: { title, title_en: '', keywords: '', asset_class: '', brand: '', number: id, symptom_codes: [], text: '', summary_en: '', state: null, ...more } }) as unknown as Article
const found = (rows: readonly Article[], query: string) => search(articleIndex(rows, (code) => (code === 'VID-01' ? '设备离线' : '')), query).map((row) => row.id)

describe('search', () => {
  const rows = [
    article('a', '录像机频繁重启', { text: '检查黑屏的摄像头供电' }),
    article('b', '摄像头黑屏的排查', { title_en: 'Camera shows black', symptom_codes: ['VID-01'] }),
    article('c', 'PoE 交换机', { keywords: 'switch, IPC-2124' }),
    article('d', '黑屏（未审核）', { state: 'proposed' }),
  ]
  it('finds Chinese and English, the title before the text', () => {
    expect(found(rows, '黑屏')).toEqual(['b', 'a'])
    expect(found(rows, 'BLACK camera')).toEqual(['b'])
    expect(found(rows, 'ipc-2124')).toEqual(['c'])
  })
  it('finds a symptom by its name, and words in another order than they are written', () => {
    expect(found(rows, '设备离线')).toEqual(['b'])
    expect(found(rows, '摄像头黑屏')).toEqual(['b', 'a'])
  })
  it('needs every word, and never shows what nobody has reviewed', () => {
    expect(found(rows, '黑屏 交换机')).toEqual([])
    expect(found(rows, '')).toEqual(['a', 'b', 'c'])
  })
  it('names the articles of a symptom, the same class and brand first', () => {
    const same = article('e', '同类', { symptom_codes: ['VID-01'], asset_class: '视频监控', brand: '宇视' })
    expect(articlesFor([...rows, same], 'VID-01', '视频监控', '宇视').map((row) => row.id)).toEqual(['e', 'b'])
    expect(articlesFor(rows, null, '', '')).toEqual([])
  })
  it('goes through ten thousand articles', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => article(`n${i}`, `第 ${i} 篇 ${i % 997 === 0 ? '门禁不开门' : '其他'}`, { text: '检查电源与网络。'.repeat(40) }))
    const index = articleIndex(many, () => '')
    const hits = search(index, '门禁不开门')
    expect(hits).toHaveLength(11)
  })
})

describe('what solved the same symptom', () => {
  const asset = (id: string, model: string): [string, RowOf<'asset'>] =>
    [id, { id, body: { model, asset_class: '视频监控', number: `N-${id}`, serial: `S-${id}` } } as unknown as RowOf<'asset'>]
  const assets = new Map([asset('x', 'M1'), asset('y', 'M1'), asset('z', 'M2')])
  const record = (asset_id: string, action: string, test_result = 'passed', symptom = '黑屏') =>
    ({ id: `${asset_id}${action}`, body: { asset_id, action, cause: `${action}因`, symptom, test_result, finished_at: '2026-10-01' } }) as unknown as RowOf<'service_record'>
  const asked = { symptom: '黑屏', assetId: 'x', assetClass: '视频监控', model: 'M1' }
  it('counts the asset itself most, then the model, then the class', () => {
    const records = [record('z', '换线'), record('z', '换线'), record('z', '换线'), record('y', '换电源'), record('x', '升级')]
    expect(solutionsOf(records, assets, asked).map(({ action, times }) => [action, times])).toEqual([['升级', 1], ['换线', 3], ['换电源', 1]])
  })
  it('forgets what did not help and what was another symptom', () => {
    expect(solutionsOf([record('x', '重启', 'failed'), record('x', '换线', 'passed', '花屏')], assets, asked)).toEqual([])
  })
  it('an asset is found by its number, its serial, or the address on its label', () => {
    const all = [...assets.values()]
    expect(assetOfCode('n-x', all)?.id).toBe('x')
    expect(assetOfCode('S-y', all)?.id).toBe('y')
    expect(assetOfCode('https://xunxiu.example/a/N-z?lang=en', all)?.id).toBe('z')
    expect(assetOfCode('elsewhere', all)).toBeUndefined()
  })
})

it('what the next days need comes ahead: the nearest site first, with the manuals of what stands there', () => {
  const now = Date.parse('2026-11-27T02:00:00.000Z')
  const visit = (site_id: string, slot_start: string, lead_id = 'me', state = 'accepted') =>
    ({ id: site_id, body: { site_id, slot_start, slot_end: slot_start, lead_id, helper_ids: [], state } }) as unknown as RowOf<'visit'>
  const document = (sha256: string, site_id: string | null, more = {}) =>
    ({ id: sha256, body: { site_id, state: 'active', asset_class: '', brand: '', model: '', pages: [{ sha256, size: 10 }], ...more } }) as unknown as RowOf<'document'>
  const wanted = wantedAhead({
    visits: [visit('late', '2026-11-28T02:00:00.000Z'), visit('soon', '2026-11-27T03:00:00.000Z'), visit('far', '2026-12-05T03:00:00.000Z'),
      visit('other', '2026-11-27T03:00:00.000Z', 'bob'), visit('done', '2026-11-27T03:00:00.000Z', 'me', 'submitted')],
    documents: [document('l', 'late'), document('s', 'soon'), document('f', 'far'), document('o', 'other'), document('old', 'soon', { state: 'retired' }),
      document('m', null, { asset_class: '门禁', brand: '海康威视' }), document('n', null, { asset_class: '门禁', brand: '大华' })],
    assets: [{ id: 'a', body: { site_id: 'soon', asset_class: '门禁', brand: '海康威视', model: 'K1' } } as unknown as RowOf<'asset'>],
    records: [{ id: 'r', body: { site_id: 'soon', finished_at: '2026-10-01', photos: [{ id: 'p', sha256: 'p', purpose: 'after', taken_at: '' }] } } as unknown as RowOf<'service_record'>],
  }, 'me', now)
  expect(wanted.map(({ sha256, size }) => [sha256, size])).toEqual([['s', 'original'], ['m', 'original'], ['p', '1280'], ['l', 'original']])
})
