import type { OverlayReport } from '../control/requests.ts'
import { gossipGraph, gossipTable } from './gossip-view.ts'
import { membersTable, swimGraph } from './swim-view.ts'

/** For people. */
export function overlayTable(report: OverlayReport): string {
  switch (report.overlay) {
    case 'swim':
      return membersTable(report.members)
    case 'gossip':
      return gossipTable(report)
  }
}

/** For Graphviz. */
export function overlayGraph(report: OverlayReport): string {
  switch (report.overlay) {
    case 'swim':
      return swimGraph(report)
    case 'gossip':
      return gossipGraph(report)
  }
}
