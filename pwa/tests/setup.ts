// A real enough IndexedDB for every test; happy-dom and friends lose binary values, this one does not.
import 'fake-indexeddb/auto'
