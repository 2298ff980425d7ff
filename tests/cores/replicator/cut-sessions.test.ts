import { expect, test } from 'vitest'
import { FrameDecoder } from '../../../node/libp2p/frame-decoder.ts'
import { ByteWriter, decodeMessage, encodeMessage, type PeerId } from '../../../node/protocol/index.ts'
import { replicatorCodec, type ReplicatorMessage, type SealedChangeSet } from '../../../crdt/replicator/index.ts'
import { Pair } from './pair.ts'
import { Chain, operations, type Stage } from './stage.ts'

/** A connection that carries so many bytes, both ways together, and then no more. */
class CutStream {
  left: number
  readonly #pair: Pair
  readonly #decoders: readonly [FrameDecoder, FrameDecoder] = [new FrameDecoder(1 << 20), new FrameDecoder(1 << 20)]

  constructor(pair: Pair, bytes: number) {
    this.#pair = pair
    this.left = bytes
  }

  /** @returns bytes that were carried until nobody said anything, or until the end */
  talk(): number {
    const { one, other, names } = this.#pair
    let carried = 0
    for (let isQuiet = false; !isQuiet && this.left > 0;) {
      isQuiet = true
      for (const stage of [one, other]) stage.recorder.advance(1)
      const turns = [one.speak(), other.speak()] as const
      for (const side of [0, 1] as const) {
        const [to, from] = side === 0 ? [other, names[0]] : [one, names[1]]
        for (const message of turns[side]) {
          isQuiet = false
          carried += this.#carry(frame(message), this.#decoders[side], to, from)
        }
      }
    }
    return carried
  }

  #carry(bytes: Uint8Array, decoder: FrameDecoder, to: Stage, from: PeerId): number {
    const part = bytes.subarray(0, this.left)
    this.left -= part.length
    decoder.feed(part, (whole, start, end) => {
      to.hear(decodeMessage(replicatorCodec, whole.slice(start, end)), from)
      return true
    })
    return part.length
  }
}

function frame(message: ReplicatorMessage): Uint8Array {
  const body = encodeMessage(replicatorCodec, message)
  return new ByteWriter().u32(body.length).raw(body).finish()
}

/** Two peers that share some of what each has: also transactions of several sets, and a document that one lacks. */
function differingPair(): Pair {
  const pair = new Pair()
  const writers = [3, 4, 5].map((byte) => new Chain(pair.one.document, new Uint8Array(32).fill(byte)))
  const [common, mine, yours] = writers as [Chain, Chain, Chain]
  arriveAll([pair.one, pair.other], [common.next(), mine.next()])
  arriveAll([pair.one], [mine.next(), ...inTwoSets(mine), mine.next()])
  arriveAll([pair.other], [common.next(), yours.next(), ...inTwoSets(yours)])
  const diary = pair.one.core.carry({ kind: 'named', network: 'test', name: 'diary' })
  arriveAll([pair.one], [new Chain(diary, new Uint8Array(32).fill(6)).next()])
  pair.other.core.follow('*')
  for (const stage of [pair.one, pair.other]) {
    stage.speak()
    stage.events.length = 0
  }
  return pair
}

function inTwoSets(chain: Chain): SealedChangeSet[] {
  const bytes = operations(40)
  return [
    chain.next({ operations: bytes.slice(0, 20), continues: true, count: 0 }),
    chain.next({ operations: bytes.slice(20), fragment: 1 }),
  ]
}

function arriveAll(stages: readonly Stage[], sets: readonly SealedChangeSet[]): void {
  for (const stage of stages) for (const set of sets) stage.arrive(set)
}

/** What was told to the documents on top: each operation, in the order in which it came. */
function received({ events }: Stage): string[] {
  return events.flatMap((event) => {
    if (event.type !== 'received') return []
    return event.changes.map(({ replica, sequence }) => `${event.document} ${replica} ${sequence}`)
  })
}

function digests({ core }: Stage): string[] {
  return [...core.documents].map(({ id, digest }) => `${id} ${digest.join()}`).sort()
}

test('a session that is cut after any byte goes on after the next connection, and nothing is lost or told twice', () => {
  const whole = differingPair()
  whole.one.core.connected(whole.names[1])
  whole.other.core.connected(whole.names[0])
  const length = new CutStream(whole, Infinity).talk()
  const [mine, yours] = [received(whole.one).sort(), received(whole.other).sort()]
  expect(mine.length).toBe(3)
  expect(yours.length).toBe(4)
  expect(length).toBeGreaterThan(1500)

  for (let bytes = 0; bytes < length; bytes++) {
    const pair = differingPair()
    const { one, other, names } = pair
    one.core.connected(names[1])
    other.core.connected(names[0])
    new CutStream(pair, bytes).talk()
    one.core.disconnected(names[1])
    other.core.disconnected(names[0])
    pair.connect()
    expect(digests(one), `cut after ${bytes} bytes`).toEqual(digests(other))
    expect(received(one).sort(), `cut after ${bytes} bytes`).toEqual(mine)
    expect(received(other).sort(), `cut after ${bytes} bytes`).toEqual(yours)
  }
})
