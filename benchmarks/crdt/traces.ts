import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { generateGitTrace } from '../../tests/traces/git-trace.ts'
import { generateLiveTrace } from '../../tests/traces/live-trace.ts'
import { ReferenceText } from '../../tests/traces/reference-text.ts'
import { nameReplicas } from '../../tests/traces/replica-names.ts'
import { generateSequentialTrace } from '../../tests/traces/sequential-trace.ts'
import { isConcurrent, readTrace, traceNames, tracesFolder } from '../../tests/traces/trace.ts'
import type { ConcurrentTrace, SequentialTrace, Trace } from '../../tests/traces/trace.ts'

/** Where workers find a trace. */
export interface TraceFile {
  readonly name: string
  readonly isConcurrent: boolean
  readonly isGenerated: boolean
  readonly transactions: number
  /** Positions in Unicode code points. */
  readonly codePoints: string
  /** Positions in UTF-16 code units; often the same file. */
  readonly codeUnits: string
}

/** Those that the design's figures are of, and what takes their place where the recorded ones are not to be had. */
const wanted: Readonly<Record<string, () => Trace>> = {
  'automerge-paper': () => generateSequentialTrace({ seed: 'automerge-paper', transactions: 259_778 }),
  'friendsforever': () => generateLiveTrace({ seed: 'friendsforever', writers: 2, transactions: 26_078 }),
}

/** Always generated: a history as git keeps it, hundreds of authors, branches of one author at once. */
const fromGit = 'branches'
const gitTrace = (): Trace => generateGitTrace({ seed: fromGit, commits: 2000, authors: 300 })

/** Finds the traces or generates them. Those that have to be written are written into the folder. */
export function prepareTraces(folder: string, isWanted: (name: string) => boolean): TraceFile[] {
  const recorded = traceNames().filter(isWanted)
  const missing = Object.keys(wanted).filter((name) => isWanted(name) && !recorded.includes(name))
  return [
    ...recorded.map((name) => {
      const trace = readTrace(name) as Trace
      return describe(name, trace, false, join(tracesFolder, `${name}.json.gz`), folder)
    }),
    ...[...missing, ...(isWanted(fromGit) ? [fromGit] : [])].map((name) => {
      const trace = (wanted[name] ?? gitTrace)()
      return describe(name, trace, true, write(trace, join(folder, `${name}.json.gz`)), folder)
    }),
  ]
}

function describe(name: string, trace: Trace, isGenerated: boolean, file: string, folder: string): TraceFile {
  const wide = trace.txns.some(({ patches }) => patches.some(([, , inserted]) => /[\ud800-\udfff]/.test(inserted)))
  const codeUnits = wide ? write(inCodeUnits(trace), join(folder, `${name}.utf-16.json.gz`)) : file
  const { length: transactions } = trace.txns
  return { name, isConcurrent: isConcurrent(trace), isGenerated, transactions, codePoints: file, codeUnits }
}

function write(trace: Trace, file: string): string {
  writeFileSync(file, gzipSync(JSON.stringify(trace), { level: 1 }))
  return file
}

export function readTraceAt(file: string): Trace {
  return JSON.parse(gunzipSync(readFileSync(file)).toString()) as Trace
}

function inCodeUnits(trace: Trace): Trace {
  const text = new ReferenceText()
  if (isConcurrent(trace)) return concurrentInCodeUnits(trace, text)
  // What was there at the start is a transaction of nobody.
  if (trace.startContent !== '') text.add([], '', [[0, 0, trace.startContent]])
  const txns = trace.txns.map(({ patches }) => ({ patches: text.add(text.graph.tips(), '', patches) }))
  return { ...trace, txns } satisfies SequentialTrace
}

function concurrentInCodeUnits(trace: ConcurrentTrace, text: ReferenceText): ConcurrentTrace {
  const names = nameReplicas(trace.txns)
  const txns = trace.txns.map((transaction, index) => {
    const { parents, patches } = transaction
    return { ...transaction, patches: text.add(parents, names[index] ?? '', patches) }
  })
  return { ...trace, txns }
}
