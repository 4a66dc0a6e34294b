/** Why this device will not record an act, said before anything is written. Screens translate `code`. */
export type RefusalCode =
  | 'not-signed-in' | 'illegal-transition' | 'not-lead' | 'not-crew' | 'not-found' | 'withdrawn'
  | 'checklist-completed' | 'file-too-large' | 'file-empty' | 'file-not-kept' | 'act-too-large' | 'group-too-large'
  | 'storage-full' | 'storage-failed' | 'unsent-work' | 'bad-credentials' | 'no-contact' | 'too-many-attempts'
  | 'no-office-key'

export class ActRefused extends Error {
  constructor(readonly code: RefusalCode, detail: string = code) {
    super(detail)
    this.name = 'ActRefused'
  }
}
