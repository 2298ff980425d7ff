import {
  Listeners,
  type Broadcast,
  type BroadcastMessage,
  type Overlay,
  type PeerId,
  type Ticket,
} from '../../node/protocol/index.ts'
import { gossipDefinition } from './definition.ts'
import type { GossipEvent } from './events.ts'
import { checkTopic, type TreeView } from './gossip.ts'
import type { GossipOptions } from './options.ts'
import type { GossipFigures } from './topic-figures.ts'
import type { Validate, Verdict } from './validation.ts'

export interface Gossip extends Broadcast {
  /** Topics with a listener here. */
  topics(): readonly string[]
  /** The few peers that messages are exchanged with (the active view). */
  neighbours(): readonly PeerId[]
  /** Peers that could replace them (the passive view). */
  reserves(): readonly PeerId[]
  /** Topics of which some link is no branch, whoever listens. */
  trees(): readonly TreeView[]
  /** What became of messages since the peer started, by topic, whoever listens. */
  figures(): GossipFigures
  /** Answers a `validate` that said `later`. Called at most once for each ticket. */
  validated(ticket: Ticket, verdict: Verdict): void
}

export interface GossipSetup {
  /** Asked before a message is told or passed on. Must not keep its bytes, nor publish. @default all are valid */
  readonly validate?: Validate
}

/**
 * Broadcast to every subscriber of a topic. Peers are found through the host's connections, and through the
 * `membership` role where another overlay offers it.
 *
 * @throws RangeError when the options make no sense
 */
export function gossip(options?: GossipOptions, setup: GossipSetup = {}): Overlay<Gossip> {
  const definition = gossipDefinition(options)
  return {
    attach(host) {
      const topics = new Map<string, Listeners<BroadcastMessage>>()
      const sample = (count: number): readonly PeerId[] => host.role('membership')?.sample(count) ?? []
      const listen = (event: GossipEvent): void => {
        if (event.type !== 'message') return
        const { message } = event
        // A copy: what a listener does to its bytes must not reach those they are passed on to.
        topics.get(message.topic)?.tell({ ...message, bytes: message.bytes.slice() })
      }
      const core = host.run(definition, { sample, validate: setup.validate }, listen)
      const api: Gossip = {
        publish: (topic, bytes) => core.publish(topic, bytes),
        subscribe(topic, listener, { signal } = {}) {
          checkTopic(topic)
          if (signal?.aborted === true) return
          const listeners = topics.get(topic) ?? new Listeners<BroadcastMessage>()
          topics.set(topic, listeners)
          if (signal === undefined) return listeners.subscribe(listener)
          listeners.subscribe(listener, { signal })
          const tidy = (): void => {
            if (listeners.size === 0 && topics.get(topic) === listeners) topics.delete(topic)
          }
          // After the listeners' own, which removes this one.
          signal.addEventListener('abort', tidy, { once: true })
        },
        topics: () => [...topics.keys()],
        neighbours: () => core.neighbours(),
        reserves: () => core.reserves(),
        trees: () => core.trees(),
        figures: () => core.figures(),
        validated: (ticket, verdict) => core.validated(ticket, verdict),
      }
      host.offer('broadcast', api)
      return api
    },
  }
}
