import type { zhPhone } from './zh.phone'

/** What a phone says of its own trouble: shut out, emptied, shared, not safe, late. */
export const enPhone: Record<keyof typeof zhPhone, string> = {
  'app.update_elsewhere': 'A visit is open in another tab; finish there first.',
  'chip.sign_in_n': 'Sign in to send {n}',
  'chip.late': '{n} long unsent',
  'chip.draining': 'Shut out · {n} to send',

  'drain.title': 'This phone was shut out',
  'drain.what': 'An administrator shut this phone out. The work data were removed from it and cannot be seen any more.',
  'drain.left': 'Still on their way to the server: {n} records and {f} files. Stay online and do not clear the browser’s data.',
  'drain.after': 'When all has arrived, the phone empties itself and tells you.',
  'drain.offline': 'There is no network now. It goes out by itself when there is one.',
  'drain.stuck': 'The server does not take a file: {why}. Please bring the phone to the office.',
  'drain.closed': 'The server takes nothing more from this phone. Bring it to the office; everything is still on it.',
  'drain.delivered': 'Everything {name} had on this phone was delivered (records: {n}, files: {f}), and the phone was emptied.',
  'drain.someone_else': 'Somebody else signs in',

  'safe.title': 'Not safe yet',
  'safe.title_n': '{n} unsent, and not safe yet',
  'safe.why': 'The browser did not promise to keep what is still unsent on this phone ({n}): it may be removed when space runs out. Get online soon, and install the app to the home screen.',
  'safe.ask': 'Ask for protection',

  'late.title': 'Something has not been delivered for long',
  'late.contact': 'The server was met, yet the oldest has waited for {words}. Press “Sync now”; if that does not help, tell your dispatcher.',
  'late.none': 'Nothing went out for {words}. Go where there is a network, open the app and wait until it is done.',

  'originals.waiting': '{n} photo waits for Wi-Fi. | {n} photos wait for Wi-Fi.',
  'originals.now': 'Send now',
}
