// How long it takes to open what a killed process has left.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { atMost, median, type Row, type Table } from '../table.ts'

const script = fileURLToPath(new URL('reopening-process.ts', import.meta.url))
/** Of the design, in milliseconds, for the hundred thousand. */
const most = 2_000

interface Opened {
  /** Until it can be asked, in milliseconds. */
  readonly up: number
  /** Until everything has been read. */
  readonly shown: number
  readonly found: number
}

interface OpenedMany extends Opened {
  /** MiB, once it was up. */
  readonly rss: number
}

export async function reopening(quick: boolean): Promise<Table> {
  const count = quick ? 10_000 : 100_000
  const rounds = quick ? 2 : 5
  const rows = [
    ...(await measure('a peer, and a document typed in so many changes', 'peer', count, rounds)),
    ...(await measure('the store alone, and so many change sets', 'store', count, rounds)),
  ]
  return {
    title: `${count} changes are opened again after kill −9`,
    columns: ['found', 'up ms', 'read ms', 'worst ms'],
    rows,
    notes: [
      'From `createPeer`, or `openSqliteStore`, in a process of its own until it can be used (up) and until the text, or ' +
        'every change set, has been read.',
      'Changes typed by one author share a change set where they wait for a flush; the store alone holds one each, of 256 bytes.',
    ],
  }
}

/** What a peer that carries many documents takes to be back, when it was stopped properly and when it was not. */
export async function reopeningMany(quick: boolean): Promise<Table> {
  const count = quick ? 500 : 5_000
  const rounds = quick ? 1 : 3
  return {
    title: `A peer that carries ${count} documents is started again`,
    columns: ['found', 'up ms', 'one read ms', 'RSS MiB'],
    rows: [
      await measureMany('stopped properly: documents are read when they are needed', 'stopped', count, rounds),
      await measureMany('killed within half a minute of the last change: all are read', 'killed', count, rounds),
    ],
    notes: ['Forty changes each. From `createPeer` until it is there (up), and until one of the documents is open.'],
  }
}

async function measureMany(label: string, what: 'stopped' | 'killed', count: number, rounds: number): Promise<Row> {
  const directory = await mkdtemp(join(tmpdir(), 'peerloom-bench-'))
  try {
    await say(`fill-${what}`, directory, count)
    const opened: OpenedMany[] = []
    for (let round = 0; round < rounds; round++) opened.push((await say(`open-${what}`, directory)) as OpenedMany)
    const found = Math.min(...opened.map((one) => one.found))
    const columns = [opened.map(({ up }) => up), opened.map(({ shown }) => shown), opened.map(({ rss }) => rss)]
    return { label, values: [found, ...columns.map(median)] }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function measure(label: string, what: 'peer' | 'store', count: number, rounds: number): Promise<Row[]> {
  const directory = await mkdtemp(join(tmpdir(), 'peerloom-bench-'))
  try {
    await say(`fill-${what}`, directory, count)
    const opened: Opened[] = []
    for (let round = 0; round < rounds; round++) opened.push((await say(`open-${what}`, directory)) as Opened)
    const read = opened.map(({ shown }) => shown)
    const found = Math.min(...opened.map((one) => one.found))
    return [
      {
        label,
        values: [found, median(opened.map(({ up }) => up)), median(read), Math.max(...read)],
        gate: atMost(found === count ? median(read) : Number.POSITIVE_INFINITY, most, ' ms'),
      },
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Runs the process until it has said its line, and kills it. */
async function say(act: string, directory: string, count = 0): Promise<unknown> {
  const child = spawn(process.execPath, [script, act, directory, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  try {
    for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line)
  } finally {
    child.kill('SIGKILL')
    await ended
  }
  throw new Error(`${act} ended without a word`)
}
