/* Runs in the page: fills the store of whoever is signed in. Read by filling.py. */
async ({ rows, today, week, articles, words }) => {
  const name = (await indexedDB.databases()).map((d) => d.name).find((n) => /^xunxiu-[0-9a-f-]{36}$/.test(n))
  const ask = (request) => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error)
  })
  const db = await ask(indexedDB.open(name))
  const all = await ask(db.transaction('rows').objectStore('rows').getAll())
  const of = (noun) => all.filter((row) => row.noun === noun)
  const me = name.slice('xunxiu-'.length)
  const mine = of('visit').find((row) => row.body.lead_id === me)
  const order = of('work_order').find((row) => row.id === mine.body.work_order_id)
  const [site] = of('site'), [asset] = of('asset'), [article] = of('article')
  const model = of('checklist_version').find((row) => row.body.items.some((item) => item.type === 'check'))
  const check = model.body.items.find((item) => item.type === 'check')
  const version = { id: crypto.randomUUID(), body: { ...model.body, code: 'forty', name: '四十项巡检', items:
    Array.from({ length: 40 }, (_, i) => ({ ...check, id: `check-${i}`, label: `第 ${i} 项`, on_fail: [], show_if: null })) } }
  const writing = db.transaction('rows', 'readwrite')
  const store = writing.objectStore('rows')
  const put = (noun, scope, id, body, refs) => store.put({
    key: `${noun}:${id}`, noun, id, scope, rev: 1, base: body, body, dirty: 0,
    refs: [`${noun}|scope|${scope}`, ...Object.entries(refs).map(([field, value]) => `${noun}|${field}|${value}`)],
  })
  const uuid = () => crypto.randomUUID()
  const DAY = 24 * 3600_000
  const sites = Array.from({ length: Math.max(1, Math.ceil(rows / 20)) }, () => uuid())
  put('checklist_version', model.scope, version.id, version.body, { kind: version.body.kind })
  sites.forEach((id, i) => put('site', `site:${id}`, id, { ...site.body, number: `S-${i}`, name: `第 ${i} 号大厦` }, {}))
  for (let i = 0; i < rows; i++) {
    const scope = sites[i % sites.length], id = uuid()
    put('asset', `site:${scope}`, id, { ...asset.body, site_id: scope, number: `A-${i}`, name: `控制器 ${i}`, serial: `SN-${i}` }, { site_id: scope })
  }
  const ids = { visits: [], run: '' }
  for (let i = 0; i < rows; i++) {
    const [id, wo, at] = [uuid(), uuid(), sites[i % sites.length]]
    const open = i < today + week
    const days = i < today ? 0 : open ? 1 + (i % 6) : -(1 + (i % 900))
    const start = new Date(Date.now() + days * DAY).toISOString(), end = new Date(Date.now() + days * DAY + 7200_000).toISOString()
    const state = open ? (i === 0 ? 'working' : 'accepted') : 'reviewed'
    const times = open ? { accepted: start, ...(i === 0 && { arrived: start, working: start }) } : { accepted: start, arrived: start, submitted: end }
    put('work_order', `wo:${wo}`, wo, { ...order.body, number: `SN${i}`, title: `第 ${i} 次：控制器离线`, site_id: at, site_name: `第 ${i % sites.length} 号大厦`,
      state: open ? 'scheduled' : 'closed' }, { site_id: at, kind: order.body.kind })
    put('visit', `wo:${wo}`, id, { ...mine.body, work_order_id: wo, site_id: at, lead_id: me, helper_ids: [], state, slot_start: start, slot_end: end, times,
      checklist_codes: [version.body.code] }, { work_order_id: wo, site_id: at })
    if (i < today) ids.visits.push(id)
    if (i >= 1 && i % 100 !== 1) continue // every hundredth visit has a checklist with a hundred answers, and so has the first
    const run = uuid()
    if (i === 0) ids.run = run
    put('checklist_run', `wo:${wo}`, run, { ...(of('checklist_run')[0]?.body ?? {}), visit_id: id, version_id: version.id, code: version.body.code,
      state: i === 0 ? 'open' : 'completed', withdrawn: false, site_id: at }, { visit_id: id })
    const answers = i === 0 ? 0 : Math.ceil(rows / Math.ceil(rows / 100))
    for (let k = 0; k < answers; k++) {
      const item = version.body.items[k % version.body.items.length], one = uuid()
      put('checklist_answer', `wo:${wo}`, one, { visit_id: id, run_id: run, item_id: item.id, value: 'ok', note: '', over: [], withdrawn: false,
        created_by: me, device_at: start, server_at: start }, { visit_id: id, run_id: run })
    }
  }
  for (let i = 0; i < articles && article; i++) { // each word somebody looks for is in a fifth of them
    const id = uuid(), word = words[i % words.length]
    put('article', article.scope, id, { ...article.body, number: `KB-${i}`, title: `${word}故障 ${i}`, text: `${article.body.text}\n先查${word}。` }, {})
  }
  await new Promise((done, fail) => { writing.oncomplete = done; writing.onerror = () => fail(writing.error) })
  const count = await ask(db.transaction('rows').objectStore('rows').count())
  db.close()
  return { ...ids, count }
}
