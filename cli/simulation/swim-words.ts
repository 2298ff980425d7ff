import type { SwimEvent } from '../../overlays/swim/index.ts'

/** The story of an event, to follow the member's name. */
export function inWords(event: SwimEvent): string | undefined {
  switch (event.type) {
    case 'joined':
      return `gets to know ${event.peer}${at(event.incarnation)}`
    case 'suspected':
      return `suspects ${event.peer}${at(event.incarnation)}`
    case 'alive':
      return `trusts ${event.peer} again${at(event.incarnation)}`
    case 'failed':
      return `takes ${event.peer} for failed${at(event.incarnation)}`
    case 'left':
      return `learns that ${event.peer} left`
    case 'updated':
      return `learns something new of ${event.peer}${at(event.incarnation)}`
    case 'forgotten':
      return `forgets ${event.peer}`
    case 'withdrew':
      return `takes itself out${at(event.incarnation)}`
    case 'came-back':
      return `comes back${at(event.incarnation)}`
    case 'refuted':
      return `refutes what is said of it${at(event.incarnation)}`
    default:
      return undefined
  }
}

/** The first incarnation goes without saying. */
function at(incarnation: number): string {
  return incarnation === 0 ? '' : ` (incarnation ${incarnation})`
}
