/**
 * A draft of a checklist on a phone: the phone's own components in a frame of a phone's size, in either language. What
 * is tried out there goes nowhere: no store is open, so no act could be made.
 */
import { createApp } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { loadInside, setLocale } from './i18n'
import PreviewScreen from './screens/preview/PreviewScreen.vue'

export async function showPreview(): Promise<void> {
  const lang = new URLSearchParams(location.search).get('lang')
  await Promise.all([loadInside(), setLocale(lang === 'en' ? 'en' : 'zh-CN', false)])
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: PreviewScreen }] })
  createApp(PreviewScreen).use(router).mount('#app')
}
