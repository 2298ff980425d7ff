import { Recorder, type PeerId } from '../../../node/protocol/index.ts'
import { gossipDefinition, messageId } from '../../../overlays/gossip/index.ts'
import type {
  GossipCore,
  GossipEvent,
  GossipMessage,
  GossipOptions,
  GossipTimer,
  MessageId,
  Past,
  Payload,
  Validate,
} from '../../../overlays/gossip/index.ts'

export interface PeerSetup extends GossipOptions {
  readonly seed?: number
  /** Who another overlay knows. */
  readonly known?: readonly string[]
  readonly validate?: Validate
}

/** How a message comes: so that it shapes the tree, over a branch, or over a link that is none. */
export type Way = 'shaping' | 'branch' | 'shortcut'

const hour = 3_600_000

/** A single peer against the recorder; the test plays all others. */
export class RecordedPeer {
  readonly recorder: Recorder<GossipMessage, GossipTimer, GossipEvent>
  readonly core: GossipCore

  constructor({ seed = 1, known = [], validate, ...options }: PeerSetup = {}) {
    this.recorder = new Recorder({ seed })
    // Nothing happens by itself unless a test is about that: all others here are mute.
    // Every message shapes its tree, as in the paper, but where a test says otherwise.
    const quiet = {
      viewInterval: hour,
      neighbourTimeout: 2 * hour,
      shuffleInterval: hour,
      rewireInterval: 0,
      shapeInterval: 0,
    }
    const sample = (count: number): PeerId[] => known.slice(0, count) as PeerId[]
    this.core = this.recorder.run(gossipDefinition({ ...quiet, ...options }), { sample, validate })
  }

  hear(from: string, message: GossipMessage): void {
    this.core.receive(message, from as PeerId)
  }

  gossip(from: string, payload: Payload, round = 1, way: Way = 'shaping'): void {
    const [shapes, isShortcut] = [way === 'shaping', way === 'shortcut']
    this.hear(from, { type: 'gossip', round, shapes, isShortcut, payload })
  }

  announce(from: string, ids: readonly MessageId[], round = 1, again = false): void {
    this.hear(from, { type: 'ihave', again, announced: ids.map((id) => ({ id, round })) })
  }

  /** Takes these as neighbours, and forgets what it asked for meanwhile. */
  meet(...peers: string[]): void {
    for (const peer of peers) this.hear(peer, { type: 'neighbour', urgent: false })
    this.recorder.take()
  }

  /** Itself, with these neighbours. */
  with(...peers: string[]): this {
    this.meet(...peers)
    return this
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

  /** The texts of the messages told since the last look. */
  told(): string[] {
    const messages = this.recorder.emitted().flatMap((event) => (event.type === 'message' ? [event.message] : []))
    return messages.map(({ bytes }) => new TextDecoder().decode(bytes))
  }

  neighbours(): string[] {
    return this.core.neighbours().toSorted()
  }
}

export function payload(
  sequence: number,
  { topic = 'news', publisher = 'publisher', life = 7, text = 'hello', past = [] as readonly Past[] } = {},
): Payload {
  return { topic, publisher: publisher as PeerId, life, sequence, past, bytes: new TextEncoder().encode(text) }
}

export function idOf(sequence: number): MessageId {
  return messageId(payload(sequence))
}
