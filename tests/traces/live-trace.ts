import { createRandom, integer, split, type Random } from '../../node/protocol/index.ts'
import { TraceWriter } from './trace-writer.ts'
import type { ConcurrentTrace, Patch } from './trace.ts'
import { Typist } from './typist.ts'

export interface LiveTraceOptions {
  readonly seed: number | string
  readonly writers: number
  readonly transactions: number
  /** Keystrokes' time until the others see one. @default 6 */
  readonly latency?: number
  /** Whether nothing but ASCII is written. @default true */
  readonly ascii?: boolean
}

interface Writer {
  readonly agent: number
  readonly typist: Typist
  /** What is on its way here, earliest first. */
  readonly arriving: { readonly at: number; readonly index: number; readonly patch: Patch }[]
  /** What is seen here: none of these knows another. */
  heads: readonly number[]
  /** Keystrokes that are left of this burst; below 0 while pausing. */
  strokes: number
}

/** People who type into one text at once and see each other's keystrokes a moment later. Equal options, equal traces. */
export function generateLiveTrace(options: LiveTraceOptions): ConcurrentTrace {
  const { seed, writers: count, transactions, latency = 6, ascii = true } = options
  const random = createRandom(seed)
  const trace = new TraceWriter()
  const writers = Array.from({ length: count }, (_, agent): Writer => {
    const typist = new Typist(split(random, 'typist'), ascii)
    return { agent, typist, arriving: [], heads: [], strokes: agent === 0 ? 50 : -50 }
  })
  for (let now = 0; trace.size < transactions; now++) {
    for (const writer of writers) {
      receive(writer, now, trace)
      if (!isTyping(writer, random) || trace.size >= transactions) continue
      // Everybody has what the first one began with.
      if (writer.heads.length === 0 && trace.size > 0) continue
      const patch = writer.typist.next(trace.lengthAt(writer.heads))
      const index = trace.add(writer.heads, writer.agent, [patch])
      writer.heads = [index]
      for (const other of writers) if (other !== writer) other.arriving.push({ at: now + latency, index, patch })
    }
  }
  trace.add(trace.graph.heads(writers.flatMap(({ heads }) => heads)), 0, [])
  return trace.finish()
}

function receive(writer: Writer, now: number, { graph }: TraceWriter): void {
  const arrived = writer.arriving.findIndex(({ at }) => at > now)
  const news = writer.arriving.splice(0, arrived === -1 ? writer.arriving.length : arrived)
  for (const { patch } of news) writer.typist.see(patch)
  if (news.length > 0) writer.heads = graph.heads([...writer.heads, ...news.map(({ index }) => index)])
}

/** Bursts and pauses. */
function isTyping(writer: Writer, random: Random): boolean {
  if (writer.strokes > 0) return writer.strokes-- > 0
  if (writer.strokes < 0) {
    writer.strokes++
    return false
  }
  writer.strokes = integer(random, 2) === 0 ? 20 + integer(random, 80) : -20 - integer(random, 150)
  return false
}
