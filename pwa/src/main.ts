import { createApp } from 'vue'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import App from './App.vue'
import { restoreAppearance } from './components/appearance'
import { listenForInstall } from './components/install'
import { firstTouch, watchForUpdates } from './components/update'
import { loadInside, restoreLocale } from './i18n'
import { router } from './router'
import { restoreSession } from './session'

async function start(): Promise<void> {
  const touched = firstTouch()
  restoreAppearance()
  // A draft on a phone, inside the office's page: no storage, no network, nobody signed in.
  if (location.pathname === '/preview') return (await import('./preview')).showPreview()
  listenForInstall()
  // The router asks who is signed in, so both answers come before the first route.
  await Promise.all([restoreLocale(), restoreSession()])
  createApp(App).use(router).mount('#app')
  watchForUpdates(touched)
  // The worker was pressed on: this page goes where the notice leads.
  navigator.serviceWorker?.addEventListener('message', ({ data }) => {
    if (data?.type === 'OPEN' && String(data.path).startsWith('/')) void router.push(String(data.path))
  })
  // The next screen's words; whoever goes there before they are here waits in the router.
  void loadInside().catch(() => {})
}

/** Without its storage the app could promise nothing, so it says so instead of showing an empty page. */
function sayWhyNot(error: unknown): void {
  const box = document.querySelector('#app')!
  const words = [
    '本机存储无法打开，暂时不能工作。请关闭其他标签页后重试；已保存的内容仍在本机。',
    'The storage of this device cannot be opened. Close other tabs and try again; what was saved is still here.',
    String(error),
  ]
  box.replaceChildren(...words.map((text) => Object.assign(document.createElement('p'), { textContent: text })))
  const again = Object.assign(document.createElement('button'), { textContent: '重试 / Retry' })
  again.addEventListener('click', () => location.reload())
  box.append(again)
}

start().catch(sayWhyNot)
