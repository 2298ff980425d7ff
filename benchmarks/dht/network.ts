import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { OrderedProcess } from '../ordered-process.ts'
import type { Acted, Kind, Operation, Order, PeerAddress, State } from './orders.ts'

/** What operations of one kind came to. */
export interface Figures {
  /** Milliseconds, sorted. */
  readonly durations: readonly number[]
  readonly failed: number
  /** Of all processes, from the first to the last: microseconds, bytes read from sockets, messages. */
  readonly cpu: number
  readonly bytes: number
  readonly messages: number
}

const workerModule = new URL('worker.ts', import.meta.url)
const workerCount = 5
/** A table fills for as long as it grows, at most so long. */
const warmUp = 30_000
/** For so long after it has formed a network is left alone. */
const settling = 15_000

/** Peers of one kind in a few processes, each with a directory of its own. */
export class DhtNetwork {
  readonly #directory: string
  readonly #workers: readonly OrderedProcess<Order>[]

  private constructor(directory: string) {
    this.#directory = directory
    this.#workers = Array.from({ length: workerCount }, () => new OrderedProcess<Order>(workerModule))
  }

  static async start(kind: Kind, size: number): Promise<DhtNetwork> {
    const network = new DhtNetwork(await mkdtemp(join(tmpdir(), 'peerloom-bench-dht-')))
    const created = await Promise.all(
      network.#workers.map((worker, first) => {
        const places = Array.from(
          { length: Math.ceil((size - first) / workerCount) },
          (_, index) => first + index * workerCount,
        )
        const directories = places.map((place) => join(network.#directory, String(place)))
        return worker.ask<PeerAddress[]>({ type: 'create', kind, directories })
      }),
    )
    for (const worker of network.#workers) await worker.ask({ type: 'connect', all: created.flat() })
    await network.#warm(kind === 'chord()' ? 8 : size - 1)
    return network
  }

  /** One after another, each by another peer. */
  async act(operation: Operation, numbers: readonly number[]): Promise<Figures> {
    const before = await this.#states()
    const acted: Acted[] = []
    for (const [place, worker] of this.#workers.entries()) {
      const own = numbers.filter((_, index) => index % workerCount === place)
      acted.push(await worker.ask<Acted>({ type: 'act', operation, numbers: own }))
    }
    const after = await this.#states()
    const grown = (figure: 'cpu' | 'bytes' | 'messages'): number =>
      after.reduce((sum, state) => sum + state[figure], 0) - before.reduce((sum, state) => sum + state[figure], 0)
    return {
      durations: acted.flatMap(({ durations }) => durations).sort((left, right) => left - right),
      failed: acted.reduce((sum, { failed }) => sum + failed, 0),
      cpu: grown('cpu'),
      bytes: grown('bytes'),
      messages: grown('messages'),
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()))
    await rm(this.#directory, { recursive: true, force: true })
  }

  /** Until every peer routes to so many others, or knows no more than before. */
  async #warm(wanted: number): Promise<void> {
    const end = performance.now() + warmUp
    let known = -1
    while (performance.now() < end) {
      await pause(3000)
      const all = (await this.#states()).flatMap((state) => state.known)
      const total = all.reduce((sum, count) => sum + count, 0)
      if (all.every((count) => count >= wanted) || total === known) break
      known = total
    }
    // Records have found their places by then, and reads ask no more replicas than they need.
    await pause(settling)
  }

  #states(): Promise<State[]> {
    return Promise.all(this.#workers.map((worker) => worker.ask<State>({ type: 'state' })))
  }
}
