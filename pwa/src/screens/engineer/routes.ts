import type { RouteRecordRaw } from 'vue-router'
import VisitsScreen from './VisitsScreen.vue'

/** The list is in the first bundle, because it is what one opens; the rest follows and is fetched when the page rests. */
const rest = {
  visit: () => import('./VisitScreen.vue'),
  diagnosis: () => import('./DiagnosisScreen.vue'),
  parts: () => import('./PartsScreen.vue'),
  photos: () => import('../photos/PhotosScreen.vue'),
  checklists: () => import('./ChecklistsScreen.vue'),
  run: () => import('./ChecklistRunScreen.vue'),
  notes: () => import('./NotesScreen.vue'),
  report: () => import('./ReportScreen.vue'),
  history: () => import('./HistoryScreen.vue'),
  ledger: () => import('./LedgerScreen.vue'),
  timeline: () => import('./TimelineScreen.vue'),
  ticket: () => import('./TicketScreen.vue'),
  ready: () => import('../day/ReadyScreen.vue'),
  done: () => import('../day/DoneScreen.vue'),
  stock: () => import('../day/StockScreen.vue'),
  money: () => import('../day/MoneyScreen.vue'),
  papers: () => import('../day/PapersScreen.vue'),
  time: () => import('../day/TimeScreen.vue'),
  departure: () => import('../day/DepartureScreen.vue'),
}

export const routes: RouteRecordRaw[] = [
  { path: '/visits', component: VisitsScreen, meta: { tab: true } },
  { path: '/visits/:id', component: rest.visit },
  { path: '/visits/:id/diagnosis', component: rest.diagnosis },
  { path: '/visits/:id/parts', component: rest.parts },
  { path: '/visits/:id/photos', component: rest.photos },
  { path: '/visits/:id/checklists', component: rest.checklists },
  { path: '/visits/:id/checklists/:runId', component: rest.run },
  { path: '/visits/:id/notes', component: rest.notes },
  { path: '/visits/:id/report', component: rest.report },
  { path: '/visits/:id/history', component: rest.history },
  { path: '/visits/:id/ledger', component: rest.ledger },
  { path: '/visits/:id/timeline', component: rest.timeline },
  { path: '/visits/:id/ticket', component: rest.ticket },
  { path: '/visits/:id/departure', component: rest.departure },
  { path: '/visits/:id/money', component: rest.money },
  { path: '/visits/:id/papers', component: rest.papers },
  { path: '/visits/:id/time', component: rest.time },
  { path: '/stock', component: rest.stock },
  { path: '/visits/:id/request', redirect: (to) => ({ path: '/stock', query: { visit: String(to.params.id) } }) },
  { path: '/day/ready', component: rest.ready },
  { path: '/day/done', component: rest.done },
]
