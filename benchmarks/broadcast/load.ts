import type { BroadcastNode } from './nodes.ts'
import type { Outcome, Run } from './orders.ts'

/** Run, message number, and when it was published. */
const headerBytes = 16

/** A peer of this process in the measurement. */
interface Participant {
  readonly place: number
  readonly node: BroadcastNode
}

/** One run as far as the peers of one process have to do with it: publishes, and notes what comes. */
export class LoadRun {
  readonly #run: Run
  readonly #total: number
  readonly #participants: ReadonlyMap<number, BroadcastNode>
  readonly #heard: ReadonlyMap<number, Set<number>>
  readonly #published: number[] = []
  readonly #told: number[] = []
  readonly #latencies: number[] = []
  readonly #end: bigint
  #repeated = 0

  /** @param total peers of all processes together */
  constructor(run: Run, participants: readonly Participant[], total: number) {
    this.#run = run
    this.#total = total
    this.#participants = new Map(participants.map(({ place, node }) => [place, node]))
    this.#heard = new Map(participants.map(({ place }) => [place, new Set()]))
    this.#end = run.start + BigInt(run.length) * 1_000_000n
  }

  start(): void {
    const { load, start } = this.#run
    if (load.type === 'rate') return this.#publishLater(0, 1e9 / load.rate)
    at(start, () => {
      for (let number = 0; number < load.window; number++) this.#publishInTurn(number)
    })
  }

  heard(place: number, bytes: Uint8Array): void {
    const now = process.hrtime.bigint()
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    if (view.getUint32(0) !== this.#run.number) return
    const number = view.getUint32(4)
    const heard = this.#heard.get(place) as Set<number>
    if (heard.has(number)) {
      this.#repeated++
      return
    }
    heard.add(number)
    this.#told.push(number)
    this.#latencies.push(Number(now - view.getBigUint64(8)) / 1e6)
    const { load } = this.#run
    if (load.type === 'window' && (number + load.window) % this.#total === place && now < this.#end) {
      this.#publishInTurn(number + load.window)
    }
  }

  get progress(): { readonly published: number; readonly told: number } {
    return { published: this.#published.length, told: this.#told.length }
  }

  outcome(): Outcome {
    return {
      published: Uint32Array.from(this.#published),
      told: Uint32Array.from(this.#told),
      latencies: Float64Array.from(this.#latencies),
      repeated: this.#repeated,
    }
  }

  /** At a rate: the next message of a peer of this process, when its time has come. */
  #publishLater(from: number, interval: number): void {
    let number = from
    while (!this.#participants.has(number % this.#total)) number++
    const due = this.#run.start + BigInt(Math.round(number * interval))
    if (due >= this.#end) return
    at(due, () => {
      this.#publishInTurn(number)
      this.#publishLater(number + 1, interval)
    })
  }

  /** If it is the turn of a peer of this process. */
  #publishInTurn(number: number): void {
    const node = this.#participants.get(number % this.#total)
    if (node === undefined) return
    const bytes = new Uint8Array(this.#run.bytes).fill(number & 0xff, headerBytes)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, this.#run.number)
    view.setUint32(4, number)
    this.#published.push(number)
    view.setBigUint64(8, process.hrtime.bigint())
    node.publish(bytes)
  }
}

function at(due: bigint, action: () => void): void {
  setTimeout(action, Math.max(0, Number(due - process.hrtime.bigint()) / 1e6))
}
