import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OrderedProcess } from '../ordered-process.ts'
import type { LibraryName } from './libraries.ts'
import { now, type Order, type Seen, type Usage } from './orders.ts'

/** How many operations are written, one after the other and then all at once. */
export interface Load {
  readonly single: number
  readonly many: number
}

/** What one job of one library came to. */
export interface Figures {
  /** Milliseconds from the start of the two processes until the replica has seen an operation. */
  readonly first: number
  /** Seconds of both processes until then. */
  readonly firstCpu: number
  /** Milliseconds from an operation's call until the replica's user has heard of it. */
  readonly p50: number
  readonly p99: number
  /** Seconds from the first call of many until the replica has seen all. */
  readonly many: number
  /** Seconds of both processes, for these. */
  readonly manyCpu: number
  readonly writerRss: number
  readonly replicaRss: number
}

/** Whoever takes longer, on however busy a machine, has lost an operation. */
const patience = { first: 60_000, single: 30_000, many: 600_000 } as const

/** The job of the design, by one library in two fresh processes with fresh directories. @throws Error when it cannot do it */
export async function runJob(library: LibraryName, load: Load): Promise<Figures> {
  const directory = await mkdtemp(join(tmpdir(), 'peerloom-bench-replication-'))
  const start = now()
  const pair = new Pair(library, directory)
  try {
    await pair.connect()
    const [first] = await pair.put(0, 1, patience.first)
    const started = cpuOf(await pair.usage())
    const latencies: number[] = []
    for (let number = 1; number <= load.single; number++) {
      const [seen, begun] = await pair.put(number, 1, patience.single)
      latencies.push(seen - begun)
    }
    latencies.sort((left, right) => left - right)
    const at = (share: number): number => latencies[Math.ceil(latencies.length * share) - 1] ?? Number.NaN
    const before = cpuOf(await pair.usage())
    const [seen, begun] = await pair.put(1 + load.single, load.many, patience.many)
    const usage = await pair.usage()
    const [writer, replica] = usage
    return {
      first: first - start,
      firstCpu: started,
      p50: at(0.5),
      p99: at(0.99),
      many: (seen - begun) / 1000,
      manyCpu: cpuOf(usage) - before,
      writerRss: writer.rssMebibytes,
      replicaRss: replica.rssMebibytes,
    }
  } finally {
    await pair.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

function cpuOf(usages: readonly Usage[]): number {
  return usages.reduce((sum, { cpu }) => sum + cpu, 0)
}

class Pair {
  readonly #directory: string
  readonly #writer: OrderedProcess<Order>
  readonly #replica: OrderedProcess<Order>

  constructor(library: LibraryName, directory: string) {
    const module = new URL('worker.ts', import.meta.url)
    this.#directory = directory
    this.#writer = new OrderedProcess(module, [library])
    this.#replica = new OrderedProcess(module, [library])
  }

  async connect(): Promise<void> {
    const [writing, replicating] = [join(this.#directory, 'writer'), join(this.#directory, 'replica')]
    const address = await this.#writer.ask<string>({ type: 'write', directory: writing })
    await Promise.all([
      this.#replica.ask({ type: 'replicate', directory: replicating, address }),
      this.#writer.ask({ type: 'joined' }),
    ])
  }

  /** @returns when the replica had seen all, and when the first was written */
  async put(first: number, count: number, limit: number): Promise<[seen: number, begun: number]> {
    const wanted = first + count
    const [seen, begun] = await Promise.all([
      this.#replica.ask<Seen>({ type: 'see', count: wanted, patience: limit }),
      this.#writer.ask<number>({ type: 'put', first, count }),
    ])
    if (seen.count < wanted)
      throw new Error(`the replica had seen ${seen.count - first} of ${count} operations after ${limit / 1000} s`)
    return [seen.at, begun]
  }

  async usage(): Promise<[writer: Usage, replica: Usage]> {
    return [await this.#writer.ask({ type: 'usage' }), await this.#replica.ask({ type: 'usage' })]
  }

  async stop(): Promise<void> {
    await Promise.all([this.#writer.kill(), this.#replica.kill()])
  }
}
