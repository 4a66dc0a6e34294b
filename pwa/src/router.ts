import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { loadInside } from './i18n'
import { hasOffice, homeFor } from './roles'
import { current } from './session'
import { routes as engineerRoutes } from './screens/engineer/routes'

const LAST_KEY = 'xunxiu.last-route'
/** After this long a person starts a new day, not where they were. */
const LAST_FOR_MS = 12 * 60 * 60 * 1000

declare module 'vue-router' {
  interface RouteMeta {
    /** Reachable without being signed in. */
    open?: boolean
    /** A screen of the tab bar: nothing half filled in, so an update may be offered here. */
    tab?: boolean
  }
}

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: () => (current.value ? (lastRoute() ?? homeFor(current.value.roles)) : '/login') },
  { path: '/login', component: () => import('./screens/login/LoginScreen.vue'), meta: { open: true } },
  { path: '/welcome', component: () => import('./screens/welcome/WelcomeScreen.vue') },
  { path: '/sync', component: () => import('./screens/sync/SyncScreen.vue'), meta: { tab: true } },
  { path: '/settings', component: () => import('./screens/settings/SettingsScreen.vue'), meta: { tab: true } },
  ...engineerRoutes,
  { path: '/:rest(.*)*', name: 'unknown', component: () => import('./screens/NotFoundScreen.vue') },
]

export const router = createRouter({
  history: createWebHistory(),
  routes,
  // Lists keep their place on the way back; a new screen begins at its top.
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

/** Its words are in the first bundle. */
const LIST = '/visits'

/** The office is a chunk of its own: an engineer's phone neither loads nor parses it. */
let officeLoaded = false
async function loadOffice(): Promise<boolean> {
  if (officeLoaded) return false
  const { routes: office } = await import('./screens/office/routes')
  for (const route of office) router.addRoute(route)
  officeLoaded = true
  return true
}

router.beforeEach(async (to) => {
  if (to.path !== '/' && to.path !== LIST) await loadInside()
  if (!current.value) return to.meta.open ? true : { path: '/login', query: to.path === '/' ? {} : { to: to.fullPath } }
  if (!to.path.startsWith('/office')) return true
  if (!hasOffice(current.value.roles)) return '/visits'
  return (await loadOffice()) ? to.fullPath : true
})

router.afterEach((to) => {
  if (to.meta.open || to.name === 'unknown' || !current.value) return
  localStorage.setItem(LAST_KEY, JSON.stringify({ user: current.value.userId, path: to.fullPath, at: Date.now() }))
})

/** Where this person was when the page was closed or killed. */
function lastRoute(): string | null {
  try {
    const last = JSON.parse(localStorage.getItem(LAST_KEY) ?? 'null') as { user: string; path: string; at: number } | null
    return last && last.user === current.value?.userId && Date.now() - last.at < LAST_FOR_MS ? last.path : null
  } catch {
    return null
  }
}
