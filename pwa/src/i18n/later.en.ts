/** The words of signing later, fetched with its screen. */
export const laterEn = {
  'later.title': 'The customer signs later',
  'later.hint': 'A link that works once, for 7 days: the customer reads the report on their own phone and signs. It can be made without a network and is good once this phone has synced.',
  'later.make': 'Make a signing link',
  'later.waits': 'Saved on this phone. The QR code can be shown once it has synced.',
  'later.ready': 'The link is ready, until {when}. Showing it needs a network.',
  'later.show': 'Show the QR code',
  'later.qr': 'QR code of the signing link',
  'later.scan': 'Let the customer scan it, read and sign',
  'later.share': 'Send the link',
  'later.copied': 'The link is copied',
}
