// Chord and Kademlia, and libp2p's own kad-dht: the same operations on the same number of peers, processes and disks.
import { DhtNetwork, type Figures } from './dht/network.ts'
import type { Kind, Operation } from './dht/orders.ts'
import { atLeast, type Row, type Subject, type Table } from './table.ts'

const size = 20
const kinds: readonly Kind[] = ['chord()', 'kademlia()', 'kad-dht, k = 3', 'kad-dht, k = 20']
const operations: readonly Operation[] = ['put', 'get', 'lookup', 'provide', 'providers']

type Measured = ReadonlyMap<Kind, ReadonlyMap<Operation, Figures>>

export const subject: Subject = async ({ quick }) => {
  const count = quick ? 20 : 60
  const chosen = quick ? kinds.filter((kind) => kind !== 'kad-dht, k = 20') : kinds
  const measured = new Map<Kind, ReadonlyMap<Operation, Figures>>()
  for (const kind of chosen) measured.set(kind, await measure(kind, count))
  return [...operations.map((operation) => table(operation, measured)), ratios(measured)]
}

async function measure(kind: Kind, count: number): Promise<ReadonlyMap<Operation, Figures>> {
  const network = await DhtNetwork.start(kind, size)
  try {
    const numbers = Array.from({ length: count }, (_, number) => number)
    // The first ones compile code and open streams, at every peer.
    const warm = Array.from({ length: 10 * size }, (_, number) => 1000 + number)
    const figures = new Map<Operation, Figures>()
    for (const operation of operations) {
      await network.act(operation, warm)
      // Whoever reads is not the one that wrote.
      const asked =
        operation === 'put' || operation === 'provide' ? numbers : [...numbers.slice(7), ...numbers.slice(0, 7)]
      figures.set(operation, await network.act(operation, asked))
    }
    return figures
  } finally {
    await network.stop()
  }
}

function table(operation: Operation, measured: Measured): Table {
  return {
    title: `${operation}, ${size} peers`,
    columns: ['p50 ms', 'p95 ms', 'CPU µs', 'messages', 'bytes', 'failed'],
    rows: Array.from(measured, ([kind, figures]) => row(kind, figures.get(operation))),
    notes: operation === 'put' ? notes : [],
  }
}

function row(kind: Kind, figures: Figures | undefined): Row {
  if (figures === undefined) return { label: kind, values: [] }
  const { durations, failed, cpu, bytes, messages } = figures
  const count = durations.length + failed
  const at = (share: number): number => durations[Math.floor(durations.length * share)] ?? Number.NaN
  return { label: kind, values: [at(0.5), at(0.95), cpu / count, messages / count, bytes / count, failed] }
}

const notes = [
  'Five processes of four peers, loopback, TCP, Noise, Yamux; all know all and are connected. One operation at a time, each of another peer; values of 256 B. Figures are for each operation; CPU and bytes are those of all processes while the operations ran, whatever else they did.',
  'Everybody keeps values in SQLite (WAL, synchronous = FULL), but for `kademlia()`, which keeps them in memory. A put ends when two replicas have it on disk (kad-dht: two have answered PUT_VALUE), a get with two answers.',
  'chord() has three replicas, as kad-dht has with k = 3; with k = 20 everybody is one. kad-dht and kademlia(): α = 3, settings of a local network. Messages: those of Peerloom’s protocols that came to all peers; kad-dht tells only of what the asking peer sent and received for that operation, and `kademlia()` of none.',
]

/** The design: get and put with a tenth of kad-dht's CPU and time, with three replicas both. */
function ratios(measured: Measured): Table {
  const of = (kind: Kind, operation: Operation): Figures | undefined => measured.get(kind)?.get(operation)
  const p50 = (figures: Figures | undefined): number =>
    figures?.durations[Math.floor(figures.durations.length / 2)] ?? Number.NaN
  const cpu = (figures: Figures | undefined): number =>
    figures === undefined ? Number.NaN : figures.cpu / (figures.durations.length + figures.failed)
  const rows = operations.flatMap((operation) =>
    [['p50 ms', p50] as const, ['CPU µs', cpu] as const].map(([name, figure]): Row => {
      const [ours, theirs] = [figure(of('chord()', operation)), figure(of('kad-dht, k = 3', operation))]
      const isGated = operation === 'put' || operation === 'get'
      return {
        label: `${operation}: ${name}`,
        values: [ours, theirs, `${(theirs / ours).toFixed(1)}×`],
        ...(isGated ? { gate: atLeast(theirs / ours, 10, '×') } : {}),
      }
    }),
  )
  return {
    title: 'chord() against kad-dht with three replicas',
    columns: ['chord()', 'kad-dht, k = 3', 'less by'],
    rows,
  }
}
