import checklist from '@vectors/checklist.json'
import { expect, test } from 'vitest'

test('vectors that Python runs are read by the same name here', () => {
  expect(checklist).toBeTruthy()
})

test('IndexedDB keeps bytes', async () => {
  const db = await new Promise<IDBDatabase>((done, failed) => {
    const asked = indexedDB.open('bytes', 1)
    asked.addEventListener('upgradeneeded', () => asked.result.createObjectStore('chunks'))
    asked.addEventListener('success', () => done(asked.result))
    asked.addEventListener('error', () => failed(asked.error))
  })
  const chunks = db.transaction('chunks', 'readwrite').objectStore('chunks')
  chunks.put(new Uint8Array([1, 2, 255]).buffer, 1)
  const read = await new Promise<ArrayBuffer>((done) => {
    const asked = chunks.get(1)
    asked.addEventListener('success', () => done(asked.result))
  })
  expect([...new Uint8Array(read)]).toEqual([1, 2, 255])
})
