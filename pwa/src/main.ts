import { createApp } from 'vue'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import App from './App.vue'
import { restoreAppearance } from './components/appearance'
import { listenForInstall } from './components/install'
import { watchForUpdates } from './components/update'
import { restoreLocale } from './i18n'
import { router } from './router'
import { restoreSession } from './session'

async function start(): Promise<void> {
  restoreAppearance()
  listenForInstall()
  // The router asks who is signed in, so both answers come before the first route.
  await Promise.all([restoreLocale(), restoreSession()])
  createApp(App).use(router).mount('#app')
  watchForUpdates()
}

void start()
