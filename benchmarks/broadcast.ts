// Broadcast by `gossip()` and by libp2p's own gossipsub, the same peers, processes, connections and messages for both.
import { setTimeout as pause } from 'node:timers/promises'
import { BroadcastNetwork, type Figures } from './broadcast/network.ts'
import { degree, type Kind } from './broadcast/nodes.ts'
import { atLeast, atMost, type Row, type Subject, type Table } from './table.ts'

type Situation = 'steady' | 'saturated' | 'killed'

interface Measured {
  readonly kind: Kind
  readonly peers: number
  readonly bytes: number
  readonly situation: Situation
  readonly figures: Figures
}

/** For how long messages are published, in milliseconds, and which peers, sizes and kinds there are. */
interface Plan {
  readonly crowds: readonly Crowd[]
  readonly kinds: readonly Kind[]
  readonly sizes: readonly number[]
  readonly killing: boolean
  readonly steady: number
  readonly saturated: number
}

interface Crowd {
  readonly peers: number
  /** Messages a second of all together, which leave the machine idle for most of the time: small ones, large ones. */
  readonly rates: readonly [number, number]
}

const small = 256
const large = 32 * 1024
const crowds: readonly Crowd[] = [
  { peers: 2, rates: [100, 50] },
  { peers: 10, rates: [50, 15] },
  { peers: 50, rates: [20, 6] },
]
/** Messages under way. No multiple of the number of peers, so that each goes from one publisher to another. */
const window = 63
const warmUp = 1200
const killedFor = 2500
const killAfter = 1000
/** gossipsub mends its meshes at heartbeats, once a second. */
const settling = 1200

const full: Plan = {
  crowds,
  kinds: ['gossip()', 'StrictNoSign', 'StrictSign'],
  sizes: [small, large],
  killing: true,
  steady: 3500,
  saturated: 2500,
}
const quickPlan: Plan = {
  crowds: crowds.filter(({ peers }) => peers === 50),
  kinds: ['gossip()', 'StrictNoSign'],
  sizes: [small],
  killing: false,
  steady: 2000,
  saturated: 1500,
}

export const subject: Subject = async ({ quick }) => {
  const plan = quick ? quickPlan : full
  const measured: Measured[] = []
  for (const crowd of plan.crowds) {
    for (const kind of plan.kinds) measured.push(...(await measure(kind, crowd, plan)))
  }
  const killed = measured.filter(({ situation }) => situation === 'killed')
  return [
    {
      title: 'Broadcast at a fixed rate',
      columns: ['messages/s', 'neighbours', ...deliveryColumns, 'CPU µs/delivery', ...wireColumns],
      rows: measured.filter(({ situation }) => situation === 'steady').map((one) => steadyRow(one, plan)),
      notes: steadyNotes,
    },
    {
      title: `Broadcast with ${window} messages of ${small} B always under way`,
      columns: ['deliveries/s', 'deliveries/CPU s', 'CPU µs/delivery', ...deliveryColumns, ...wireColumns],
      rows: measured
        .filter(({ situation }) => situation === 'saturated')
        .map((one) => saturatedRow(one, plan.saturated)),
      notes: [
        'Peers publish the next message when they are given the one before it by so many: nothing waits for a clock.',
      ],
    },
    ...(killed.length === 0 ? [] : [killedTable(killed)]),
    ratios(measured, plan),
  ]
}

const deliveryColumns = ['delivered', 'p50 ms', 'p99 ms'] as const
const wireColumns = ['payload B/delivery', 'other B/delivery'] as const

const steadyNotes: readonly string[] = [
  'Peers in five processes (two for two peers), loopback, TCP, Noise, Yamux, identify and ping; publishers take turns; ' +
    'the same seed graph (a ring and random links), everybody knows all addresses.',
  `Degree ${degree} for both: our active view, gossipsub’s D, D_low and D_high. All else is default, but for the penalty of ` +
    'gossipsub for many peers at one address, which is off. IDONTWANT is on, as it is by default: from 512 B.',
  'Latency: publication to each peer’s listener. CPU: user and system of all processes, until a second after the last ' +
    'message, so that announcements, confirmations and heartbeats count. A delivery is one message at one peer.',
  'Payload: copies that came × their size. Other: what the sockets carried besides (envelopes, control messages, Noise, Yamux).',
  'StrictSign signs and checks every message. Ours does not: the gates compare with StrictNoSign.',
]

const ratioNotes: readonly string[] = [
  'CPU: nearly half of ours goes to sockets, ciphers and streams, packet by packet, a tenth to SHA-256 in JavaScript. A ' +
    'tree’s ways are longer than a mesh’s, where the first of several copies counts: that is the latency at rates that ' +
    'leave the machine idle.',
]

/** One network of one kind through all situations. */
async function measure(kind: Kind, { peers, rates }: Crowd, plan: Plan): Promise<Measured[]> {
  const measured: Measured[] = []
  const note = (bytes: number, situation: Situation, figures: Figures): void => {
    measured.push({ kind, peers, bytes, situation, figures })
  }
  const steady = (bytes: number) => ({ type: 'rate', rate: rates[bytes === small ? 0 : 1] }) as const
  const saturated = { type: 'window', window } as const
  const network = await BroadcastNetwork.start(kind, peers)
  try {
    await pause(settling)
    await network.run(saturated, small, warmUp)
    for (const bytes of plan.sizes) note(bytes, 'steady', await network.run(steady(bytes), bytes, plan.steady))
    note(small, 'saturated', await network.run(saturated, small, plan.saturated))
    // Signatures change nothing about who repairs what.
    if (!plan.killing || peers < 5 || kind === 'StrictSign') return measured
    for (const [index, bytes] of plan.sizes.entries()) {
      if (index > 0) await network.restore()
      await pause(settling)
      note(bytes, 'killed', await network.run(steady(bytes), bytes, killedFor, { killAfter }))
    }
    return measured
  } finally {
    await network.stop()
  }
}

function steadyRow(one: Measured, plan: Plan): Row {
  const { figures } = one
  const rate = figures.published / (plan.steady / 1000)
  return {
    label: label(one),
    values: [rate, figures.neighbours, ...deliveries(figures), perDelivery(figures.cpu, figures), ...wire(one)],
  }
}

function saturatedRow(one: Measured, length: number): Row {
  const { figures } = one
  const { delivered, cpu } = figures
  const values = [Math.round(delivered / (length / 1000)), Math.round(perSecond(figures)), cpu / delivered]
  return { label: label(one), values: [...values, ...deliveries(figures), ...wire(one)] }
}

function killedTable(killed: readonly Measured[]): Table {
  return {
    title: 'A process with a fifth of the peers is killed (kill −9) while messages are published',
    columns: [...deliveryColumns, wireColumns[0]],
    rows: killed.map((one) => ({
      label: label(one),
      // What else sockets carried is not certain where some of them were reset.
      values: [...deliveries(one.figures), ...wire(one).slice(0, 1)],
    })),
    notes: [
      `The same rate for ${killedFor / 1000} s, the kill after ${killAfter / 1000} s. Delivered: what the others published, at ` +
        'the others, before the kill and after it. As many peers join between the two sizes. StrictSign repairs as StrictNoSign does.',
    ],
  }
}

/** What the design demands of ours, of fifty peers; smaller crowds beside it. */
function ratios(measured: readonly Measured[], plan: Plan): Table {
  const rows: Row[] = []
  for (const { peers } of plan.crowds) {
    const pair = (situation: Situation, bytes: number): readonly Figures[] =>
      (['gossip()', 'StrictNoSign'] as const).flatMap((kind) =>
        measured
          .filter(
            (one) => one.kind === kind && one.peers === peers && one.situation === situation && one.bytes === bytes,
          )
          .map(({ figures }) => figures),
      )
    const row = (name: string, figures: readonly number[], gate: (ratio: number) => Row['gate']): void => {
      const [ours = Number.NaN, theirs = Number.NaN] = figures
      const gated = peers === 50 ? gate(ours / theirs) : undefined
      rows.push({
        label: `${peers} peers, ${name}`,
        values: [ours, theirs, `${(ours / theirs).toFixed(2)}×`],
        ...(gated === undefined ? {} : { gate: gated }),
      })
    }
    row(`${small} B: deliveries/CPU s, saturated`, pair('saturated', small).map(perSecond), (ratio) =>
      atLeast(ratio, 5, '×'),
    )
    for (const bytes of plan.sizes) {
      const both = pair('steady', bytes)
      row(
        `${size(bytes)}: p99 ms at the fixed rate`,
        both.map(({ latencies }) => quantile(latencies, 0.99)),
        (ratio) => ({
          text: '< 1×',
          met: ratio < 1,
        }),
      )
      row(
        `${size(bytes)}: payload B/delivery`,
        both.map((figures) => (figures.copies * bytes) / figures.delivered),
        (ratio) => ({ ...atMost(ratio, 1 / 3), text: '≤ 1/3' }),
      )
    }
  }
  return { title: 'Ours against StrictNoSign', columns: ['ours', 'StrictNoSign', 'ratio'], rows, notes: ratioNotes }
}

function label({ kind, peers, bytes }: Measured): string {
  return `${peers} peers, ${size(bytes)}: ${kind === 'gossip()' ? kind : `gossipsub, ${kind}`}`
}

function size(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`
}

function deliveries({ delivered, expected, latencies }: Figures): (number | string)[] {
  // Rounded down: what is not complete must not look so.
  const share = Math.floor((delivered / expected) * 10_000) / 100
  return [`${share} %`, quantile(latencies, 0.5), quantile(latencies, 0.99)]
}

function wire({ figures, bytes }: Measured): number[] {
  const payload = figures.copies * bytes
  return [perDelivery(payload, figures), perDelivery(figures.bytes - payload, figures)]
}

function perDelivery(figure: number, { delivered }: Figures): number {
  return figure / delivered
}

function perSecond({ delivered, cpu }: Figures): number {
  return delivered / (cpu / 1e6)
}

/** Of sorted values. */
function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN
}
