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

  'lost.title': 'The browser removed this app’s data',
  'lost.unsent': '{n} thing of {name} was lost before it was delivered. | {n} things of {name} were lost before they were delivered.',
  'lost.since': 'The oldest was recorded {when}.',
  'lost.contact': 'Last contact with the server: {when}. What was delivered before then is at the server and not lost.',
  'lost.never_contact': 'This phone had never met the server before.',
  'lost.todo': 'Sign in, look which visits lack their records and add them while you remember; photos in the phone’s gallery can be chosen again. The dispatcher is told when you sign in.',
  'lost.prevent': 'So that it does not happen again: install the app to the home screen, and do not clear browsing data.',
  'lost.nothing': 'Everything of {name} had been delivered; nothing was lost. Sign in and the work is downloaded again.',
  'lost.understood': 'I understand',

  'login.waits_n': '{n} change waits: sign in to send it | {n} changes wait: sign in to send them',

  'safe.title': 'Not safe yet',
  'safe.title_n': '{n} unsent, and not safe yet',
  'safe.why': 'The browser did not promise to keep what is still unsent on this phone ({n}): it may be removed when space runs out. Get online soon, and install the app to the home screen.',
  'safe.ask': 'Ask for protection',

  'late.title': 'Something has not been delivered for long',
  'late.contact': 'The server was met, yet the oldest has waited for {words}. Press “Sync now”; if that does not help, tell your dispatcher.',
  'late.none': 'Nothing went out for {words}. Go where there is a network, open the app and wait until it is done.',

  'settings.originals': 'Send original photos on Wi-Fi only',
  'settings.originals_hint': 'Records and signatures go at any time; without Wi-Fi photos stay on the phone.',
  'originals.waiting': '{n} photo waits for Wi-Fi. | {n} photos wait for Wi-Fi.',
  'originals.now': 'Send now',
}
