import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const pwa = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))

test('every icon the manifest and the page name exists', () => {
  const named = ['vite.config.ts', 'index.html'].flatMap((file) =>
    [...readFileSync(pwa(file), 'utf8').matchAll(/["']\/((?:icons\/)?[\w-]+\.(?:png|svg))["']/g)].map((hit) => hit[1]),
  )
  expect(named.length).toBeGreaterThan(5)
  for (const name of named) expect(existsSync(pwa(`public/${name}`)), name).toBe(true)
})

test('the lock names no host but leaves the choice of registry to the machine', () => {
  expect(readFileSync(pwa('package-lock.json'), 'utf8')).not.toMatch(/"resolved":\s*"https?:/)
})

test('versions are exact', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(pwa('package.json'), 'utf8'))
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/)
})

test('the rules and vectors of the other side are within reach', () => {
  for (const folder of ['../sync/rules', '../tests/vectors']) expect(readdirSync(pwa(folder))).toBeDefined()
})
