/** The office's screens. One lazy chunk: an engineer's phone never downloads a line of it. */
import type { RouteRecordRaw } from 'vue-router'
import { registerMessages } from '@/i18n'
import { officeFieldEn } from '@/i18n/office.field.en'
import { officeFieldZh } from '@/i18n/office.field.zh'
import { officeEn } from '@/i18n/office.en'
import { officeZh } from '@/i18n/office.zh'
import '@/protocol/effects/desk'
import { isOnlyKeeper } from '@/roles'
import { current } from '@/session'
import '../deadlines/words'
import BoardScreen from './board/BoardScreen.vue'
import './intakeWords'
import OfficeShell from './OfficeShell.vue'

registerMessages({ 'zh-CN': officeZh, en: officeEn })
registerMessages({ 'zh-CN': officeFieldZh, en: officeFieldEn })

export const routes: RouteRecordRaw[] = [
  {
    path: '/office',
    component: OfficeShell,
    meta: { office: true },
    children: [
      // A storekeeper's desk is the parts; what a board shows they do not hold.
      { path: '', redirect: () => ({ name: isOnlyKeeper(current.value?.roles ?? []) ? 'office-parts' : 'office-board' }) },
      { path: 'board', name: 'office-board', component: BoardScreen },
      { path: 'work-orders', name: 'office-orders', component: () => import('./orders/OrdersScreen.vue') },
      { path: 'work-orders/:id', name: 'office-order', component: () => import('./detail/OrderScreen.vue'), props: true },
      { path: 'deadlines', name: 'office-deadlines', component: () => import('../deadlines/DeskScreen.vue') },
      { path: 'policies', name: 'office-policies', component: () => import('../deadlines/PoliciesScreen.vue') },
      { path: 'month', name: 'office-month', component: () => import('./month/MonthScreen.vue') },
      { path: 'call-backs', name: 'office-calls', component: () => import('./calls/CallBacksScreen.vue') },
      { path: 'complaints/:id?', name: 'office-complaints', component: () => import('./quality/ComplaintsScreen.vue'), props: true },
      { path: 'learning', name: 'office-learning', component: () => import('./learning/LearningScreen.vue') },
      { path: 'assessments', name: 'office-assess', component: () => import('./assess/AssessScreen.vue') },
      { path: 'emergency', name: 'office-emergency', component: () => import('../emergency/EmergencyDesk.vue') },
      { path: 'archive', name: 'office-archive', component: () => import('./archive/ArchiveScreen.vue') },
      { path: 'register', name: 'office-register', component: () => import('./register/RegisterScreen.vue') },
      { path: 'lists', name: 'office-lists', component: () => import('./people/ListsScreen.vue') },
      { path: 'dossier', name: 'office-dossier', component: () => import('./dossier/DossierScreen.vue') },
      { path: 'import', name: 'office-import', component: () => import('./import/ImportScreen.vue') },
      { path: 'rescue', name: 'office-rescue', component: () => import('./rescue/RescueScreen.vue') },
      { path: 'parts', name: 'office-parts', component: () => import('./stock/PartsDesk.vue') },
      { path: 'roster', name: 'office-roster', component: () => import('./roster/RosterScreen.vue') },
      { path: 'plan', name: 'office-plan', component: () => import('./plan/PlanScreen.vue') },
      { path: 'coverage', name: 'office-coverage', component: () => import('./coverage/CoverageScreen.vue') },
      { path: 'sites', name: 'office-sites', component: () => import('./sites/SitesScreen.vue') },
      { path: 'sites/:id', name: 'office-site', component: () => import('./sites/SiteScreen.vue'), props: true },
      { path: 'checklists', name: 'office-templates', component: () => import('./templates/TemplatesScreen.vue') },
      { path: 'checklists/:code', name: 'office-template', component: () => import('./templates/EditorScreen.vue'), props: true },
      { path: 'phones', name: 'office-phones', component: () => import('./phones/PhonesScreen.vue') },
      { path: 'outside', name: 'office-outside', component: () => import('./outside/OutsideScreen.vue') },
      { path: 'audit', name: 'office-audit', component: () => import('./outside/AuditScreen.vue') },
      { path: 'people', name: 'office-people', component: () => import('./people/PeopleScreen.vue') },
    ],
  },
]
