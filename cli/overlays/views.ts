import type { OverlayReport } from '../control/requests.ts'
import { chordGraph, chordTable } from './chord-view.ts'
import { gossipGraph, gossipTable } from './gossip-view.ts'
import { kademliaGraph, kademliaTable } from './kademlia-view.ts'
import { membersTable, swimGraph } from './swim-view.ts'

/** For people. */
export function overlayTable(report: OverlayReport): string {
  switch (report.overlay) {
    case 'swim':
      return membersTable(report.members)
    case 'gossip':
      return gossipTable(report)
    case 'chord':
      return chordTable(report)
    case 'kademlia':
      return kademliaTable(report)
  }
}

/** For Graphviz. */
export function overlayGraph(report: OverlayReport): string {
  switch (report.overlay) {
    case 'swim':
      return swimGraph(report)
    case 'gossip':
      return gossipGraph(report)
    case 'chord':
      return chordGraph(report)
    case 'kademlia':
      return kademliaGraph(report)
  }
}
