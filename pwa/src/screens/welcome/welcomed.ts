/** The three screens are shown once on a device, whoever works on it. */
const KEY = 'xunxiu.welcomed'

export const isWelcomed = (): boolean => localStorage.getItem(KEY) !== null

export function setWelcomed(): void {
  localStorage.setItem(KEY, new Date().toISOString())
}
