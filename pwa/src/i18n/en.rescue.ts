import type { zhRescue } from './zh.rescue'

/** The English of `zh.rescue.ts`. */
export const enRescue: Record<keyof typeof zhRescue, string> = {
  'rescue.open': 'Make a rescue file',
  'rescue.short': 'Rescue file',
  'rescue.hint': 'If the phone cannot reach the server, is about to run out of power or cannot sign in, put what is not delivered into one file and hand it to the office.',
  'rescue.title': 'Rescue file',
  'rescue.title_of': 'Rescue file of {name}',
  'rescue.holds': 'Not delivered: {n} records, {f} files',
  'rescue.size': ' ({size})',
  'rescue.what': 'They go into one file. Send it to the dispatcher by any app, Bluetooth or cable; the dispatcher imports it.',
  'rescue.locked': 'The file is encrypted and only your company’s server can open it. Whoever carries it cannot read it, and no password is needed.',
  'rescue.not_delivered': 'Making the file is not delivery. Everything stays on the phone: do not clear it. Once the office has imported the file, the phone compares at its next contact and nothing is doubled.',
  'rescue.make': 'Make the file',
  'rescue.making': 'Making the file…',
  'rescue.share': 'Send',
  'rescue.download': 'Save to the phone',
  'rescue.shared': 'Handed to the other app. Ask the dispatcher whether it arrived and was imported.',
  'rescue.downloaded': 'Saved to the phone’s downloads. Hand it to the dispatcher.',
  'login.waiting': 'Not delivered yet',
  'login.waiting_hint': 'It is sent when that person signs in. If they cannot, make a rescue file for the office: no password is needed and nobody else can read it.',
}
