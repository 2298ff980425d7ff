import { Recorder, type PeerId } from '../../../node/protocol/index.ts'
import { gossipDefinition, messageId } from '../../../overlays/gossip/index.ts'
import type {
  GossipCore,
  GossipEvent,
  GossipMessage,
  GossipOptions,
  GossipTimer,
  MessageId,
  Payload,
} from '../../../overlays/gossip/index.ts'

export interface PeerSetup extends GossipOptions {
  readonly seed?: number
  /** Who another overlay knows. */
  readonly known?: readonly string[]
}

/** A single peer against the recorder; the test plays all others. */
export class RecordedPeer {
  readonly recorder: Recorder<GossipMessage, GossipTimer, GossipEvent>
  readonly core: GossipCore

  constructor({ seed = 1, known = [], ...options }: PeerSetup = {}) {
    this.recorder = new Recorder({ seed })
    // No looking after the neighbourhood unless a test is about that: all others here are mute.
    const quiet = { viewInterval: 3_600_000, neighbourTimeout: 7_200_000, shuffleInterval: 3_600_000 }
    const sample = (count: number): PeerId[] => known.slice(0, count) as PeerId[]
    this.core = this.recorder.run(gossipDefinition({ ...quiet, ...options }), { sample })
    this.recorder.take()
  }

  hear(from: string, message: GossipMessage): void {
    this.core.receive(message, from as PeerId)
  }

  push(from: string, payload: Payload, hops = 1): void {
    this.hear(from, { type: 'push', hops, payload })
  }

  /** Takes these as neighbours, and forgets what it asked for meanwhile. */
  meet(...peers: string[]): void {
    for (const peer of peers) this.hear(peer, { type: 'neighbour', urgent: false })
    this.recorder.take()
  }

  /** What it sent since the last look: type and receiver. */
  sent(): string[] {
    return this.recorder.sent().map(({ to, message }) => `${message.type} to ${to}`)
  }

  /** Receivers of messages of one type since the last look, sorted. */
  receivers(type: GossipMessage['type']): string[] {
    const sent = this.recorder.sent().filter(({ message }) => message.type === type)
    return sent.map(({ to }) => to).toSorted()
  }
}

export function payload(sequence: number, { topic = 'news', publisher = 'publisher', text = 'hello' } = {}): Payload {
  return { topic, publisher: publisher as PeerId, sequence, bytes: new TextEncoder().encode(text) }
}

export function idOf(sequence: number): MessageId {
  return messageId(payload(sequence))
}
