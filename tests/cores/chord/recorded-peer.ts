import { Recorder, type PeerId } from '../../../node/protocol/index.ts'
import {
  chordDefinition,
  ringNode,
  type ChordCore,
  type ChordEvent,
  type ChordMessage,
  type ChordOptions,
  type ChordTimer,
  type RejectionReason,
} from '../../../overlays/chord/index.ts'

/** A single peer against the recorder; the test plays all others. */
export class RecordedPeer {
  readonly recorder: Recorder<ChordMessage, ChordTimer, ChordEvent>
  readonly core: ChordCore

  constructor(options: ChordOptions = {}, self = 'self') {
    this.recorder = new Recorder({ self })
    this.core = this.recorder.run(chordDefinition(options), { sample: () => [] })
    this.recorder.take()
  }

  hear(from: string, message: ChordMessage): void {
    this.core.receive(message, from as PeerId)
  }

  /** What it sends to that peer because of the message. */
  answers(from: string, message: ChordMessage): ChordMessage[] {
    this.recorder.take()
    this.hear(from, message)
    return this.recorder.sent().flatMap((sent) => (sent.to === from ? [sent.message] : []))
  }

  /** Of the events since the last look. */
  rejections(): [from: PeerId, reason: RejectionReason][] {
    return this.recorder.emitted().flatMap((event) => (event.type === 'rejected' ? [[event.from, event.reason]] : []))
  }
}

/** In the order of their points, the lowest first. */
export function inOrder(peers: readonly string[]): PeerId[] {
  const nodes = peers.map((peer) => ringNode(peer as PeerId))
  return nodes.sort((left, right) => (left.point < right.point ? -1 : 1)).map(({ peer }) => peer)
}
