/** UUIDv7: ids made where the row is born, sortable by birth, unique without asking anyone. */

let lastMs = 0
let counter = 0

/**
 * A new UUIDv7. Within one page ids only grow, even when the clock is set back, because lists sorted by id
 * must show what a person did in the order they did it.
 */
export function newId(now: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  if (now > lastMs) {
    lastMs = now
    counter = ((bytes[6]! & 0x07) << 8) | bytes[7]! // starts in the lower half, so that it has room to grow
  } else if (++counter > 0xfff) {
    lastMs += 1
    counter = 0
  }
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(lastMs / 2 ** (8 * (5 - i))) & 0xff
  bytes[6] = 0x70 | (counter >> 8)
  bytes[7] = counter & 0xff
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
