import type { Libp2pHost } from '../../node/libp2p/index.ts'
import type { Broadcast, Overlay, PeerId, ProtocolName } from '../../node/protocol/index.ts'
import { Broadcaster, type GossipsubCounters } from './broadcaster.ts'
import { resolveGossipsubOptions, type GossipsubOptions } from './options.ts'

const name: ProtocolName = '/peerloom/gossipsub/1.0.0'

/** The role `Broadcast` over gossipsub. The publisher of a message is proven by its signature. */
export interface Gossipsub extends Broadcast {
  /** Topics with a listener here. */
  topics(): readonly string[]
  /** Peers that gossipsub exchanges messages with; of a topic that somebody here listens to, its mesh. */
  neighbours(topic?: string): readonly PeerId[]
  /** Those among the neighbours that subscribe to the topic. */
  subscribers(topic: string): readonly PeerId[]
  /** A snapshot. */
  readonly counters: GossipsubCounters
}

/**
 * Broadcast by libp2p's gossipsub: signed messages, a mesh for each topic. Subscribers hear each other directly or by
 * way of other subscribers; peers that do not subscribe pass nothing on.
 *
 * @throws RangeError when the options make no sense
 */
export function gossipsub(options?: GossipsubOptions): Overlay<Gossipsub, Libp2pHost> {
  const resolved = resolveGossipsubOptions(options)
  return {
    attach(host) {
      const broadcaster = host.mount({
        name,
        openTo: resolved.openTo,
        // It tells who speaks the protocols of a service.
        requires: ['@libp2p/identify'],
        create: (components, ports) => new Broadcaster(components, resolved, ports),
      })
      const api: Gossipsub = {
        publish: (topic, bytes) => broadcaster.publish(topic, bytes),
        subscribe: (topic, listener, subscribeOptions) => broadcaster.subscribe(topic, listener, subscribeOptions),
        topics: () => broadcaster.topics(),
        neighbours: (topic) => broadcaster.neighbours(topic),
        subscribers: (topic) => broadcaster.subscribers(topic),
        get counters() {
          return broadcaster.counters
        },
      }
      host.offer('broadcast', api)
      return api
    },
  }
}
