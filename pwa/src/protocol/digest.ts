/**
 * Digests: whether two sides hold the same rows, told in a count and 64 bits. The twin of `sync/digest.py`, where it says
 * why it is a sum, why of names and revs, and why SHA-256.
 */

/** A row as it counts: noun, id, rev. */
export type Listed = readonly [noun: string, id: string, rev: number]

export interface Digest { count: number; sum: bigint }

export const EMPTY: Digest = { count: 0, sum: 0n }
const text = new TextEncoder()

/** The first 8 bytes, big-endian, of SHA-256 of the ASCII text `noun|id|rev`. */
export async function rowHash([noun, id, rev]: Listed): Promise<bigint> {
  const hash = await crypto.subtle.digest('SHA-256', text.encode(`${noun}|${id}|${rev}`))
  return new DataView(hash).getBigUint64(0)
}

export async function digestOf(rows: readonly Listed[]): Promise<Digest> {
  let sum = 0n
  for (const hash of await Promise.all(rows.map(rowHash))) sum += hash
  return { count: rows.length, sum: BigInt.asUintN(64, sum) }
}

/** Of the rows of both; no row may be in both. */
export const combine = (a: Digest, b: Digest): Digest =>
  ({ count: a.count + b.count, sum: BigInt.asUintN(64, a.sum + b.sum) })

/** The sum as it travels: 16 hexadecimal digits. */
export const hexOf = ({ sum }: Digest): string => sum.toString(16).padStart(16, '0')
