import { ByteWriter, type PeerId } from '../../../node/protocol/index.ts'
import { replicatorCodec, type ReplicatorMessage } from '../../../crdt/replicator/index.ts'
import { Stage } from './stage.ts'

/** What two peers say to each other, in turns; each thinks that the other is called as it is. */
export class Pair {
  readonly one: Stage
  readonly other: Stage
  readonly names: readonly [PeerId, PeerId]
  /** Since they were last asked. */
  said: { readonly by: Stage; readonly message: ReplicatorMessage }[] = []

  /** @param one called `me`, which comes before the name of the other */
  constructor(one: Stage = new Stage(), other: Stage = new Stage({ self: 'you' })) {
    this.one = one
    this.other = other
    this.names = ['me' as PeerId, 'you' as PeerId]
  }

  connect(): void {
    this.one.core.connected(this.names[1])
    this.other.core.connected(this.names[0])
    this.talk()
  }

  /** Passes messages on until nobody says anything. @returns how many turns that took: two are a round trip */
  talk(): number {
    for (let turn = 0; ; turn++) {
      for (const stage of [this.one, this.other]) stage.recorder.advance(1)
      const turns = [this.one, this.other].map((by) => ({ by, messages: by.speak() }))
      if (turns.every(({ messages }) => messages.length === 0)) return turn
      for (const { by, messages } of turns) {
        for (const message of messages) {
          this.said.push({ by, message })
          if (by === this.one) this.other.hear(message, this.names[0])
          else this.one.hear(message, this.names[1])
        }
      }
    }
  }

  /** What was said since it was last asked. */
  take(): string[] {
    const kinds = this.said.map(({ message }) => (message.type === 'compare' ? message.message.kind : message.type))
    this.said = []
    return kinds
  }

  bytes(...types: ReplicatorMessage['type'][]): number[] {
    return this.said
      .filter(({ message }) => types.length === 0 || types.includes(message.type))
      .map(({ message }) => bytesOf(message))
  }
}

function bytesOf(message: ReplicatorMessage): number {
  const writer = new ByteWriter()
  replicatorCodec.encode(message, writer)
  return writer.finish().length
}
