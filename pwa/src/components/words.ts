import { hasMessage, t } from '@/i18n'

/** An act's or a file's name in words, from `ledger.visit.arrive`, `visit.arrive`, or `ledger.file.before`. */
export function actWords(label: string): string {
  const name = label.replace(/^ledger\./, '')
  if (name.startsWith('file.')) return t('ledger.file', { what: t(`purpose.${name.slice('file.'.length)}`) })
  return hasMessage(`act.${name}`) ? t(`act.${name}`) : name
}

/** A problem's code in words; the code itself when there are none, because a code can be looked up. */
export function codeWords(code: string): string {
  return hasMessage(`problem.${code}`) ? t(`problem.${code}`) : code
}

/** Bytes as people say them. */
export function bytesWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['kB', 'MB', 'GB']
  let value = bytes
  let unit = -1
  do {
    value /= 1024
    unit += 1
  } while (value >= 1024 && unit < units.length - 1)
  return `${value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
