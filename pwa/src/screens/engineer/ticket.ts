/** How a ticket is called while the server has not numbered it. */
import { t } from '@/i18n'
import type { RowOf } from '@/store'

/** The end of its id: ids never change, so the name on a slip of paper still finds it later. */
export const numberOf = (order: RowOf<'work_order'>): string =>
  order.body.number ?? t('ticket.temporary', { code: order.id.slice(-5).toUpperCase() })
