export { documentStoreContract, type ContractCase, type DocumentStoreHarness } from './document-store.ts'
export { broadcastContract, type BroadcastHarness } from './broadcast.ts'
export { membershipContract, type MembershipHarness, type MembershipUnderTest } from './membership.ts'
export type { ContractNetwork, ContractPeer, NetworkCase, NetworkHarness } from './network.ts'
