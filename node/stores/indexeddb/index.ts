export { openIndexedDbStore } from './indexeddb-store.ts'
