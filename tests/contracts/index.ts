export { documentStoreContract, type ContractCase, type DocumentStoreHarness } from './document-store.ts'
