import type { MemberItem, SwimReport } from '../control/requests.ts'
import { escapeLine } from '../escape.ts'
import { columns } from '../output.ts'
import { toDot, type Look } from './dot.ts'

export function membersTable(members: readonly MemberItem[]): string {
  const isTagged = members.some(({ tags }) => tags !== undefined)
  return columns([
    ['PEER', 'STATE', 'INCARNATION', 'ROUND TRIP', ...(isTagged ? ['TAGS'] : [])],
    ...members.map(({ peer, state, incarnation, roundTrip, self, tags = {} }) => [
      escapeLine(peer),
      state,
      String(incarnation),
      self ? 'this peer' : roundTrip === undefined ? '' : `${Math.round(roundTrip)} ms`,
      Object.entries(tags)
        .map(([name, value]) => escapeLine(`${name}=${value}`))
        .join(', '),
    ]),
  ])
}

/** Everybody knows everybody: an edge from this peer to each other, with what it holds it to be. */
export function swimGraph({ peer, members }: SwimReport): string {
  const others = members.filter(({ self }) => !self)
  return toDot({
    name: 'swim',
    nodes: [
      { id: peer, label: ['this peer', peer], style: 'bold' },
      ...others.map((member) => ({ id: member.peer, label: [member.peer] })),
    ],
    edges: others.map((member) => ({ from: peer, to: member.peer, label: [member.state], ...lookOf(member) })),
  })
}

function lookOf({ state }: MemberItem): Look {
  switch (state) {
    case 'alive':
      return { style: 'solid' }
    case 'suspected':
      return { style: 'dashed', color: 'red' }
    default:
      return { style: 'dotted', color: 'gray' }
  }
}
