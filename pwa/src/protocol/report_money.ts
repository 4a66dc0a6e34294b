/** Money and what stays behind, in the service report. Twin of `sync/report_money.py`. */
import type { ContentValue, ReportContent, ReportRow } from './report'

type Loose = Record<string, unknown>
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const whole = (value: unknown): number => (Number.isInteger(value) ? (value as number) : 0)
const texts = (row: Loose, ...fields: string[]): Record<string, string> => Object.fromEntries(fields.map((field) => [field, text(row[field])]))

const lineOf = (line: Loose): ReportContent => ({
  ...texts(line, 'id', 'kind', 'code', 'name', 'name_en', 'unit'),
  quantity: whole(line.quantity), price_cents: whole(line.price_cents), amount_cents: whole(line.amount_cents),
})

/** What was taken. That it comes back one day changes no report of today. */
function custodyOf(row: ReportRow): ReportContent {
  const taken = (row.content ?? {}) as Loose
  const asset = (taken.asset ?? {}) as Loose
  return {
    id: row.id, ...texts(asset, 'name', 'serial'), condition: text(taken.condition),
    accessories: ((taken.accessories as unknown[] | null) ?? []).map(text), signer: text(row.signer),
  }
}

/** Rows come sorted and sifted. Before anything is charged the customer reads what they consented to. */
export function moneyContent(
  charges: readonly ReportRow[], quotations: readonly ReportRow[], custodies: readonly ReportRow[], slips: readonly ReportRow[],
): ReportContent {
  const agreed = quotations.filter((row) => row.state === 'agreed').slice(-1)
  const content: ReportContent = {}
  const lines = charges.length ? charges.flatMap((row) => (row.lines as Loose[] | null) ?? [])
    : (((agreed[0]?.content ?? {}) as Loose).lines as Loose[] | undefined) ?? []
  if (charges.length || agreed.length) {
    content.charges = lines.map(lineOf)
    content.payment = {
      basis: text([...agreed, ...charges].at(-1)!.basis),
      total_cents: (charges.length ? charges : agreed).reduce((sum, row) => sum + whole(row.total_cents), 0),
      paid_cents: charges.reduce((sum, row) => sum + whole(row.paid_cents), 0),
      method: text(charges.at(-1)?.method),
      receipts: charges.map((row) => text(row.receipt_number)).filter(Boolean),
    }
  }
  if (custodies.length) content.custody = custodies.map(custodyOf)
  if (slips.length) content.slips = slips.map((row): ContentValue => ({ id: row.id, ...texts(row, 'addressee', 'text') }))
  return content
}
