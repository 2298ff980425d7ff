// What it costs two stores to find which documents differ: layer by layer, and against range-based reconciliation alone.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createRandom, type Random } from '../node/protocol/index.ts'
import { HeadIndex, ItemSet, item, type HeadRecord, type PeerCursor } from '../node/reconciliation/index.ts'
import { cpuMilliseconds, rangeFigures, sketchFigures, storeFigures, type Figures } from './reconciliation/sessions.ts'
import { digits, randomRecord, twoStores, type Stores } from './reconciliation/stores.ts'
import { atMost, median, type Gate, type Row, type Subject, type Table } from './table.ts'

const differences = [10, 1000, 10_000] as const

type Differences = (typeof differences)[number]

interface Gates {
  readonly bytes: number
  readonly roundTrips: number
  readonly milliseconds: number
}

/** Of the design, for 100,000 documents. Bytes for 10 differences are of all, else of each. */
const sketchGates: Readonly<Record<Differences, Gates>> = {
  10: { bytes: 1100, roundTrips: 1, milliseconds: 1 },
  1000: { bytes: 24, roundTrips: 2, milliseconds: 3 },
  10_000: { bytes: 22, roundTrips: 3, milliseconds: 20 },
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Sessions that did not end as they should: checked in every session that is measured here. */
let mismatches = 0
let sessions = 0

export const subject: Subject = async ({ quick }) => {
  const sizes = quick ? [100_000] : [100_000, 1_000_000]
  const sketches: Row[] = []
  const whole: Row[] = []
  const equal: Row[] = []
  const narrow: Row[] = []
  const costs: Row[] = []
  for (const size of sizes) {
    const { stores, row } = buildStores(size)
    costs.push(...row)
    for (const count of differences) {
      const trials = trialsFor(count, quick || size > 100_000)
      const found = Array.from({ length: trials }, () => trial(stores, count))
      sketches.push(...sketchRows(size, count, found))
      whole.push(
        sessionRow(
          `layers, ${name(count, size)}`,
          count,
          found.map(({ session }) => session),
        ),
      )
      narrow.push(
        narrowRow(
          `sketch, ${name(count, size)}`,
          count,
          found.map(({ sketch }) => sketch),
        ),
      )
    }
    equal.push(...quietRows(stores, size))
    costs.push(...rangeRows(stores, size, whole, quick))
    narrow.push(...narrowRangeRows(size, quick))
  }
  costs.push(subsetRow())
  return [
    sketchTable(sketches),
    quietTable(equal),
    sessionTable('Whole sessions, against ranges over the same 48-byte records', whole),
    narrowTable(narrow),
    costTable(costs),
  ]
}

interface Trial {
  readonly sketch: Figures & { readonly symbols: number }
  readonly session: Figures
}

/** Finds the same differences twice: hashes alone by sketches, all of it by a session. */
function trial(stores: Stores, count: number): Trial {
  const { one, other } = stores
  stores.differ(count)
  const sketch = sketchFigures(one, other)
  const session = checked(storeFigures(one, other, createRandom(sessions)), count / 2)
  if (sketch.found !== count) throw new Error(`Cannot measure: ${sketch.found} of ${count} hashes were found`)
  stores.repair()
  return { sketch, session }
}

function checked(figures: ReturnType<typeof storeFigures>, documents: number): ReturnType<typeof storeFigures> {
  sessions++
  const isRight =
    figures.found === documents &&
    figures.outcomes.every((outcome) => {
      return outcome?.kind === 'complete' && outcome.isVerified && !outcome.isMismatch
    })
  if (!isRight) mismatches++
  return figures
}

function trialsFor(count: Differences, few: boolean): number {
  return { 10: 200, 1000: few ? 40 : 100, 10_000: few ? 8 : 20 }[count]
}

function sketchRows(size: number, count: Differences, trials: readonly Trial[]): Row[] {
  const figures = trials.map(({ sketch }) => sketch)
  const bytes = mean(figures.map(({ bytes }) => bytes))
  const [p50, p95] = [0.5, 0.95].map((share) =>
    quantile(
      figures.map(({ roundTrips }) => roundTrips),
      share,
    ),
  ) as [number, number]
  const milliseconds = mean(figures.map(({ milliseconds }) => milliseconds))
  const symbols = mean(figures.map(({ symbols }) => symbols)) / count
  const label = name(count, size)
  const values = [Math.round(bytes), bytes / count, symbols, p50, p95, milliseconds]
  if (size !== 100_000) return [{ label, values }]
  const gates = sketchGates[count]
  const bytesGate = count === 10 ? atMost(bytes, gates.bytes, ' B') : atMost(bytes / count, gates.bytes, ' B each')
  const more = (what: string, gate: Gate): Row => ({
    label: `${label}, ${what}`,
    values: ['', '', '', '', '', ''],
    gate,
  })
  return [
    { label, values, gate: bytesGate },
    more('round trips, p95', atMost(p95, gates.roundTrips)),
    more('CPU', atMost(milliseconds, gates.milliseconds, ' ms')),
  ]
}

function sessionRow(label: string, count: number, figures: readonly Figures[]): Row {
  const bytes = mean(figures.map(({ bytes }) => bytes))
  const trips = figures.map(({ roundTrips }) => roundTrips)
  const messages = mean(figures.map(({ messages }) => messages))
  const milliseconds = mean(figures.map(({ milliseconds }) => milliseconds))
  return {
    label,
    values: [Math.round(bytes), bytes / count, messages, quantile(trips, 0.5), quantile(trips, 0.95), milliseconds],
  }
}

function narrowRow(label: string, count: number, figures: readonly Figures[]): Row {
  return sessionRow(label, count, figures)
}

/** L0 of equal stores, and L1 after a reconnect. */
function quietRows({ one, other }: Stores, size: number): Row[] {
  const random = createRandom(`quiet/${size}`)
  const again = storeFigures(one, other, random)
  const cursors = again.outcomes.map((outcome) => {
    if (outcome?.kind !== 'complete' || outcome.cursor === undefined) throw new Error('Cannot measure without cursors')
    return outcome.cursor
  }) as [PeerCursor, PeerCursor]
  const equal = checked(storeFigures(one, other, random, { cursors }), 0)
  const [question, answer] = equal.sizes as [number, number]
  const label = `of ${size.toLocaleString('en')}`
  const rows: Row[] = [
    {
      label: `equal, ${label}`,
      values: [equal.bytes, '', equal.messages, equal.roundTrips, equal.milliseconds],
      gate: atMost(question, 40, ` B (and ${answer} B in return)`),
    },
  ]
  const fresh = Array.from({ length: 1000 }, () => randomRecord(random))
  set(one, fresh)
  rows.push(...feedRows(`newest 1,000, ${label}`, checked(feed(one, other, random, cursors), 1000), 48_000))
  set(other, fresh)
  const changed = fresh.map(({ document }) => ({ document, head: randomRecord(random).head }))
  const later = cursorsOf(one, other, random)
  set(one, changed)
  rows.push(...feedRows(`1,000 changed, ${label}`, checked(feed(one, other, random, later), 1000), 64_000))
  set(other, changed)
  const last = cursorsOf(one, other, random)
  set(one, fresh.slice(0, 500))
  set(
    other,
    fresh.slice(500).map(({ document }) => ({ document, head: randomRecord(random).head })),
  )
  rows.push(...feedRows(`500 changed on either side, ${label}`, checked(feed(one, other, random, last), 1000), 64_000))
  for (const { document } of fresh) for (const index of [one, other]) index.delete(document)
  return rows
}

function cursorsOf(one: HeadIndex, other: HeadIndex, random: Random): readonly [PeerCursor, PeerCursor] {
  const { outcomes } = checked(storeFigures(one, other, random), 0)
  return outcomes.map((outcome) => (outcome?.kind === 'complete' ? outcome.cursor : undefined)) as [
    PeerCursor,
    PeerCursor,
  ]
}

function feed(
  one: HeadIndex,
  other: HeadIndex,
  random: Random,
  cursors: readonly [PeerCursor, PeerCursor],
): ReturnType<typeof storeFigures> {
  return storeFigures(one, other, random, { cursors, feeds: true })
}

/** @param records bytes of the head records that are told, and of the heads told in return */
function feedRows(label: string, figures: Figures, records: number): Row[] {
  const over = (figures.bytes - records) / 1000
  const values = [figures.bytes, over, figures.messages, figures.roundTrips, figures.milliseconds]
  return [
    { label, values, gate: atMost(over, 10, ' B each') },
    { label: `${label}, round trips`, values: ['', '', '', '', ''], gate: atMost(figures.roundTrips, 1) },
  ]
}

function set(index: HeadIndex, records: readonly HeadRecord[]): void {
  for (const { document, head } of records) index.set(document, head)
}

interface Built {
  readonly stores: Stores
  readonly row: readonly Row[]
}

function buildStores(size: number): Built {
  const random = createRandom(`memory/${size}`)
  const before = memoryBytes()
  const index = new HeadIndex({ key: new Uint8Array(32), epoch: 1 })
  let milliseconds = 0
  for (let count = 0; count < size; count += 20_000) milliseconds += fill(index, random, 20_000)
  const bytes = (memoryBytes() - before) / size
  const changed = Array.from(index, ({ document }) => ({ document, head: randomRecord(random).head }))
  const start = cpuMilliseconds()
  set(index, changed)
  const change = (cpuMilliseconds() - start) / size
  const label = `index of ${size.toLocaleString('en')}`
  const values = [milliseconds, (1000 * milliseconds) / size, 1000 * change, bytes]
  return { stores: twoStores(size), row: [{ label, values }] }
}

/** Adds records that nobody else keeps. @returns the CPU it takes, less that of drawing them */
function fill(index: HeadIndex, random: Random, count: number): number {
  const records = Array.from({ length: count }, () => randomRecord(random))
  const start = cpuMilliseconds()
  set(index, records)
  return cpuMilliseconds() - start
}

/** Ranges alone, of the same stores; how long their set takes to build, and how much it holds. */
function rangeRows(stores: Stores, size: number, whole: Row[], quick: boolean): Row[] {
  const { one, other } = stores
  const before = memoryBytes()
  const start = cpuMilliseconds()
  one.buildRanges(size)
  const milliseconds = cpuMilliseconds() - start
  const bytes = (memoryBytes() - before) / size
  other.buildRanges(size)
  for (const count of differences) {
    if (quick && count === 10_000) continue
    const figures = Array.from({ length: count === 10 ? 5 : 1 }, () => {
      stores.differ(count)
      const figures = rangeFigures(one.ranges as ItemSet, other.ranges as ItemSet)
      if (figures.found !== count) throw new Error(`Cannot measure: ${figures.found} of ${count} items were found`)
      stores.repair()
      return figures
    })
    whole.push(sessionRow(`ranges, ${name(count, size)}`, count, figures))
  }
  one.dropRanges()
  other.dropRanges()
  return [
    {
      label: `set for ranges of ${size.toLocaleString('en')}`,
      values: [milliseconds, (1000 * milliseconds) / size, '', bytes],
    },
  ]
}

/** Ranges over items as short as the sketch's hashes. */
function narrowRangeRows(size: number, quick: boolean): Row[] {
  const random = createRandom(`narrow/${size}`)
  const [one, other] = [new ItemSet(8), new ItemSet(8)]
  for (let count = 0; count < size; count++) {
    const common = item(digits(random, 2))
    one.add(common)
    other.add(common)
  }
  let differing = 0
  return differences.flatMap((count) => {
    if (quick && count === 10_000) return []
    for (; differing < count; differing += 2) for (const set of [one, other]) set.add(item(digits(random, 2)))
    return [narrowRow(`ranges, ${name(count, size)}`, count, [rangeFigures(one, other)])]
  })
}

/** An index on the fly, as for two peers that follow different documents. */
function subsetRow(): Row {
  const random = createRandom('subset')
  const records = Array.from({ length: 100_000 }, () => randomRecord(random))
  const times = Array.from({ length: 3 }, () => {
    const start = cpuMilliseconds()
    set(new HeadIndex({ key: new Uint8Array(32), epoch: 1 }), records)
    return cpuMilliseconds() - start
  })
  const milliseconds = median(times)
  return {
    label: 'index of 100,000 on the fly',
    values: [milliseconds, milliseconds / 100, '', ''],
    gate: atMost(milliseconds, 1000, ' ms'),
  }
}

function sketchTable(rows: readonly Row[]): Table {
  return {
    title: 'Reconciliation: sketches alone, until the hashes that differ are known',
    columns: ['bytes', 'each', 'symbols each', 'RTT p50', 'RTT p95', 'CPU ms'],
    rows,
    notes: [
      'A difference is one item of the symmetric difference: a document whose head differs makes two. Half of them on either side.',
      'A message of 48 symbols and 320 counts, then as many symbols as the estimate says. CPU is that of one thread for both sides, mean of all trials.',
    ],
  }
}

function quietTable(rows: readonly Row[]): Table {
  return {
    title: 'Reconciliation: equal stores, and stores that know each other',
    columns: ['bytes', 'over the records, each', 'messages', 'RTT', 'CPU ms'],
    rows: [
      ...rows,
      {
        label: `sessions that a digest failed, of ${sessions}`,
        values: [mismatches, '', '', '', ''],
        gate: atMost(mismatches, 0),
      },
    ],
    notes: [
      'Records are 48 bytes, and 16 for a head that is told in return. RTT: until the side that began knows all.',
      'Every session measured here has compared what does not differ once more at its end.',
    ],
  }
}

function sessionTable(title: string, rows: readonly Row[]): Table {
  return {
    title: `Reconciliation: ${title.charAt(0).toLowerCase()}${title.slice(1)}`,
    columns: ['bytes', 'each', 'messages', 'RTT p50', 'RTT p95', 'CPU ms'],
    rows: rows.toSorted((left, right) => place(left) - place(right)),
    notes: [
      'Until both sides know every document that differs, with the head of the other. A difference is half such a document: its two records are 96 bytes. RTT: until the side that began knows all.',
      'The records of a document lie side by side, which helps ranges; among items of 8 bytes, below, nothing does.',
      'Ranges: `Reconciliation` with its defaults but for its limits, once the set is built; sessions of one after the other where one does not get to the end.',
    ],
  }
}

function narrowTable(rows: readonly Row[]): Table {
  return {
    ...sessionTable('Sketches, against ranges over items as short as their hashes (8 bytes)', rows),
    notes: ['Until the 8-byte items that differ are known, on one side by sketches, on both by ranges.'],
  }
}

function costTable(rows: readonly Row[]): Table {
  return {
    title: 'Reconciliation: what an index costs',
    columns: ['CPU ms', 'µs/document', 'µs/change', 'bytes/document'],
    rows,
    notes: [
      'An index has the records, their sum, their order of change and a sketch of 32,768 symbols (512 KiB). The design wants one made on the fly well within a second.',
      'The set for ranges is built when a session needs it, and can be dropped.',
    ],
  }
}

/** Rows of one size and count beside each other: by the first digits behind the comma. */
function place({ label }: Row): number {
  const [count, size] = (label.match(/\d[\d,]*/g) ?? []).map((text) => Number(text.replaceAll(',', ''))) as [
    number,
    number,
  ]
  return size * 1000 + count
}

function name(count: number, size: number): string {
  return `${count.toLocaleString('en')} of ${size.toLocaleString('en')}`
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

function memoryBytes(): number {
  for (let times = 0; times < 3; times++) collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
