export { toDot, type Graph, type Look } from './dot.ts'
export { onlyTopic } from './gossip-view.ts'
export { membersTable } from './swim-view.ts'
export { overlayGraph, overlayTable } from './views.ts'
