import {
  Listeners,
  type Broadcast,
  type BroadcastMessage,
  type Overlay,
  type PeerId,
} from '../../node/protocol/index.ts'
import { checkTopic, gossipDefinition, type GossipEvent } from './gossip.ts'
import type { GossipOptions } from './options.ts'

export interface Gossip extends Broadcast {
  /** Topics with a listener here. */
  topics(): readonly string[]
  /** The few peers that messages are exchanged with. */
  neighbours(): readonly PeerId[]
}

/**
 * Broadcast to every subscriber of a topic. Peers are found through the host's connections, and through the
 * `membership` role where another overlay offers it.
 *
 * @throws RangeError when the options make no sense
 */
export function gossip(options?: GossipOptions): Overlay<Gossip> {
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
      const core = host.run(definition, { sample }, listen)
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
      }
      host.offer('broadcast', api)
      return api
    },
  }
}
