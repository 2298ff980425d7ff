import type { Duration, PeerId, Protocol, ProtocolDefinition } from '../../../node/protocol/index.ts'
import { gossipDefinition, type GossipMessage } from '../../../overlays/gossip/index.ts'

type Say = (to: PeerId, message: GossipMessage) => void

/** What a hostile peer does to whoever takes it for a neighbour: every so often. */
export interface Attack {
  readonly interval: Duration
  readonly act: (round: number, victims: readonly PeerId[], say: Say) => void
}

/** A peer that makes itself the neighbour of all these, answers as a neighbour does, passes nothing on, and attacks. */
export function hostileDefinition(
  targets: readonly PeerId[],
  { interval, act }: Attack,
): ProtocolDefinition<GossipMessage, number, never, Protocol<GossipMessage, number>> {
  const { name, plane, codec } = gossipDefinition()
  return {
    name,
    plane,
    codec,
    create(environment) {
      const victims = new Set<PeerId>()
      const say: Say = (to, message) => void environment.send(to, message)
      return {
        start: () => environment.schedule(0, interval),
        receive({ type }, from) {
          if (type === 'accept' || type === 'neighbour' || type === 'join') victims.add(from)
          if (type === 'disconnect' || type === 'reject') victims.delete(from)
          if (type === 'neighbour' || type === 'join') say(from, { type: 'accept' })
        },
        expire(round) {
          for (const peer of targets) if (!victims.has(peer)) say(peer, { type: 'neighbour', urgent: true })
          act(round, [...victims], say)
          environment.schedule(round + 1, interval)
        },
      }
    },
  }
}
