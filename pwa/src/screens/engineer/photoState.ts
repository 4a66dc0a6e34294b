import type { RowOf, WaitingFile } from '@/store'

export interface PhotoState { where: 'phone' | 'server' | 'verified' | 'attention'; progress?: number; problem?: string }

/** Where a photo's bytes are: the file on this phone knows best, then what the server said of the slot. */
export function photoState(row: RowOf<'attachment'>, file: WaitingFile | undefined): PhotoState {
  if (row.body.refusal) return { where: 'attention', problem: row.body.refusal }
  if (row.body.state === 'verified') return { where: 'verified' }
  if (file?.state === 'stuck') return { where: 'attention', problem: file.error ?? 'stuck' }
  if (row.body.state === 'stored' || file?.state === 'stored') return { where: 'server' }
  return file?.state === 'uploading' && file.size ? { where: 'phone', progress: file.offset / file.size } : { where: 'phone' }
}
