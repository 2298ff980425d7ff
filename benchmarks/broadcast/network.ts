import { setTimeout as pause } from 'node:timers/promises'
import { createRandom, integer } from '../../node/protocol/index.ts'
import { OrderedProcess } from '../ordered-process.ts'
import { degree, type Kind } from './nodes.ts'
import type { Load, Order, Outcome, PeerAddress, State } from './orders.ts'

/** What one run came to. */
export interface Figures {
  readonly published: number
  /** Of those who were to be told, publishers themselves left out. */
  readonly delivered: number
  readonly expected: number
  readonly repeated: number
  /** Milliseconds, sorted. */
  readonly latencies: Float64Array
  /** Microseconds of all processes, from the first message until the last has come. */
  readonly cpu: number
  readonly copies: number
  /** On the sockets. */
  readonly bytes: number
  /** Mean of the peers. */
  readonly neighbours: number
}

/** Killing one takes a fifth of the peers. */
const workerCount = 5

export interface RunOptions {
  /** Milliseconds after the start until one process is killed. @default none is */
  readonly killAfter?: number
}

/** Peers of one kind in a few processes, each process with the same number of them. */
export class BroadcastNetwork {
  readonly #kind: Kind
  readonly #size: number
  readonly #workers: Worker[] = []
  /** Where each peer is found, by its place. */
  readonly #all: PeerAddress[] = []
  #runs = 0

  private constructor(kind: Kind, size: number) {
    this.#kind = kind
    this.#size = size
  }

  static async start(kind: Kind, size: number): Promise<BroadcastNetwork> {
    const network = new BroadcastNetwork(kind, size)
    await network.restore()
    return network
  }

  /** Starts the processes that are missing, with new peers in the places of those that were killed. */
  async restore(): Promise<void> {
    const count = Math.min(this.#size, workerCount)
    const started = Array.from(
      { length: count - this.#workers.length },
      (_, index) => new Worker(this.#workers.length + index, this.#size, count),
    )
    this.#workers.push(...started)
    await Promise.all(
      started.map(async (worker) => {
        const peers = await worker.ask<PeerAddress[]>({
          type: 'create',
          kind: this.#kind,
          count: worker.places.length,
        })
        for (const [index, place] of worker.places.entries()) this.#all[place] = peers[index] as PeerAddress
      }),
    )
    const links = seedGraph(this.#size)
    await this.#askAll((worker) => {
      const { places } = worker
      const dialled = places.map((place) => (started.includes(worker) ? (links[place] ?? []) : []))
      return { type: 'connect', all: this.#all, places, links: dialled }
    })
  }

  /**
   * Publishes for so many milliseconds, then waits until everything has come, and a moment more, so that what is said of
   * messages afterwards is counted too.
   */
  async run(load: Load, bytes: number, length: number, { killAfter }: RunOptions = {}): Promise<Figures> {
    const before = await this.#states()
    const start = process.hrtime.bigint() + 50_000_000n
    const run = { number: ++this.#runs, load, bytes, start, length }
    await this.#askAll(() => ({ type: 'run', run }))
    if (killAfter === undefined) await pause(length + 50)
    else {
      await pause(killAfter)
      before.pop()
      await this.#workers.pop()?.kill()
      await pause(length + 50 - killAfter)
    }
    await pause(aftermath)
    // What a killed peer published may have come to some.
    if (killAfter !== undefined) await pause(repairMost - aftermath)
    else await this.#settled()
    const after = await this.#states()
    const outcomes = await Promise.all(this.#workers.map((worker) => worker.ask<Outcome>({ type: 'outcome' })))
    return this.#figures(before, after, outcomes)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()))
  }

  /** Everything has come, or what has not is not to be expected any more. */
  async #settled(): Promise<void> {
    const end = performance.now() + repairMost
    while (performance.now() < end) {
      const all = await Promise.all(
        this.#workers.map((worker) => worker.ask<{ published: number; told: number }>({ type: 'progress' })),
      )
      const published = sum(all.map((progress) => progress.published))
      if (sum(all.map(({ told }) => told)) >= published * (this.#size - 1)) return
      await pause(100)
    }
  }

  #states(): Promise<State[]> {
    return Promise.all(this.#workers.map((worker) => worker.ask<State>({ type: 'state' })))
  }

  /** Of those that are alive, as publishers and as listeners. */
  #figures(before: readonly State[], after: readonly State[], outcomes: readonly Outcome[]): Figures {
    const alive = new Set(this.#workers.flatMap(({ places }) => places))
    const published = sum(outcomes.map((outcome) => outcome.published.length))
    const latencies = outcomes.flatMap(({ told, latencies }) =>
      [...latencies].filter((_, index) => alive.has((told[index] ?? 0) % this.#size)),
    )
    const grown = (figure: (state: State) => number): number => sum(after.map(figure)) - sum(before.map(figure))
    const neighbours = after.flatMap((state) => state.neighbours)
    return {
      published,
      delivered: latencies.length,
      expected: published * (alive.size - 1),
      repeated: sum(outcomes.map(({ repeated }) => repeated)),
      latencies: Float64Array.from(latencies).toSorted(),
      cpu: grown(({ cpu }) => cpu),
      copies: grown(({ copies }) => copies),
      bytes: grown(({ bytes }) => bytes),
      neighbours: sum(neighbours) / neighbours.length,
    }
  }

  async #askAll(order: (worker: Worker) => Order): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.ask(order(worker))))
  }
}

/** Announcements, confirmations and heartbeats belong to what messages cost. */
const aftermath = 1200
/** What has not come so long after the last publication is lost. */
const repairMost = 3000

class Worker extends OrderedProcess<Order> {
  /** Those of its peers among all. */
  readonly places: readonly number[]

  constructor(first: number, size: number, step: number) {
    super(new URL('worker.ts', import.meta.url))
    this.places = Array.from({ length: Math.ceil((size - first) / step) }, (_, index) => first + index * step)
  }
}

/** A ring and random links: each peer dials as many as it is to have neighbours. The same graph for every kind. */
function seedGraph(size: number): number[][] {
  const random = createRandom('broadcast')
  const links = Array.from({ length: size }, () => new Set<number>())
  const known = (left: number, right: number): boolean =>
    links[left]?.has(right) === true || links[right]?.has(left) === true
  for (const [place, targets] of links.entries()) {
    const next = (place + 1) % size
    if (!known(place, next)) targets.add(next)
    for (let tries = 0; targets.size < degree && tries < 100; tries++) {
      const target = integer(random, size)
      if (target !== place && !known(place, target)) targets.add(target)
    }
  }
  return links.map((targets) => [...targets])
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
