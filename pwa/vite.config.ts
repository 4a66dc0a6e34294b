import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import type { Plugin } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The server's API pages work without a network, so they get their script and style from our own build. */
function apiDocsAssets(): Plugin {
  const files = ['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-standalone-preset.js']
  let out = ''
  return {
    name: 'api-docs-assets',
    apply: 'build',
    configResolved(config) {
      out = resolve(config.root, config.build.outDir, 'docs-assets')
    },
    closeBundle() {
      const from = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
      mkdirSync(out, { recursive: true })
      for (const file of files) copyFileSync(join(from, file), join(out, file))
    },
  }
}

/** What page and worker call themselves. */
const version = process.env.APP_VERSION ?? (JSON.parse(readFileSync(here('./package.json'), 'utf8')) as { version: string }).version

const server = process.env.API_URL ?? 'http://127.0.0.1:8000'

export default defineConfig({
  define: { APP_BUILD_VERSION: JSON.stringify(version) },
  plugins: [
    vue({ features: { optionsAPI: false } }),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src',
      filename: 'sw.ts',
      // main.ts registers it itself: the person decides when a new version takes over.
      injectRegister: false,
      registerType: 'prompt',
      injectManifest: {
        globPatterns: ['**/*.{js,css,html,svg,png,woff2,wasm}'],
        globIgnores: ['docs-assets/**', 'icons/*512*'],
        maximumFileSizeToCacheInBytes: 3 * 1024 * 1024,
      },
      manifest: {
        id: '/',
        name: '巡修 · 现场服务',
        short_name: '巡修',
        description: '离线优先的现场服务：派工、巡检、维修、签字',
        lang: 'zh-CN',
        dir: 'ltr',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        theme_color: '#0f4c5c',
        background_color: '#f4f6f7',
        categories: ['business', 'productivity'],
        icons: [
          { src: '/icons/icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
          { src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
          { src: '/icons/maskable-192.png', sizes: '192x192', type: 'image/png', purpose: 'maskable' },
          { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: '/favicon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
        ],
      },
    }),
    apiDocsAssets(),
  ],
  resolve: {
    alias: {
      '@': here('./src'),
      '@rules': here('../sync/rules'),
      '@vectors': here('../tests/vectors'),
    },
  },
  build: {
    target: 'es2022',
    sourcemap: false,
    // Office screens come by dynamic import, which makes chunks of their own; nothing is forced together.
    chunkSizeWarningLimit: 400,
  },
  server: {
    port: 5173,
    fs: { allow: [here('..')] },
    proxy: { '/api': server, '/health': server, '/files': server },
  },
  test: {
    environment: 'node',
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    testTimeout: 20_000,
  },
})
