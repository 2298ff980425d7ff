export { onlyTopic } from './gossip-view.ts'
export { membersTable } from './swim-view.ts'
export { overlayGraph, overlayTable } from './views.ts'
