export type { GossipsubCounters } from './broadcaster.ts'
export { resolveGossipsubOptions, type GossipsubOptions, type ResolvedGossipsubOptions } from './options.ts'
export { gossipsub, type Gossipsub } from './overlay.ts'
