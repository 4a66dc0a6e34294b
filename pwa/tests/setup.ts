// A real enough IndexedDB for every test; happy-dom and friends lose binary values, this one does not.
import 'fake-indexeddb/auto'
import { loadInside } from '../src/i18n'

// Tests read what a person reads who has been on every screen.
await loadInside()
