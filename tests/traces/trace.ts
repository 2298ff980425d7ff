import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** At a position, in Unicode code points, so many go, then a text comes. Those of one transaction follow each other. */
export type Patch = readonly [position: number, deleted: number, inserted: string]

export interface SequentialTrace {
  readonly startContent: string
  readonly endContent: string
  readonly txns: readonly { readonly patches: readonly Patch[] }[]
}

export interface TraceTransaction {
  /** Indexes of the transactions whose merged result it was made on; none of them knows another. */
  readonly parents: readonly number[]
  readonly agent: number
  /** May be empty: then it only merges. */
  readonly patches: readonly Patch[]
}

export interface ConcurrentTrace {
  readonly kind: 'concurrent'
  readonly endContent: string
  readonly numAgents: number
  readonly txns: readonly (TraceTransaction & { readonly numChildren: number })[]
}

export type Trace = SequentialTrace | ConcurrentTrace

/** Where recorded traces are, if anywhere: they are not part of the project. */
export const tracesFolder: string =
  process.env['PEERLOOM_TRACES'] ?? join(import.meta.dirname, '../../../shared/data/traces')

/** @returns undefined where the file is not there */
export function readTraceFile(name: string): unknown {
  const file = join(tracesFolder, `${name}.json.gz`)
  return existsSync(file) ? (JSON.parse(gunzipSync(readFileSync(file)).toString()) as unknown) : undefined
}

/** Names of all recorded traces that are there, conformance graphs left out. */
export function traceNames(): string[] {
  if (!existsSync(tracesFolder)) return []
  return readdirSync(tracesFolder)
    .filter((file) => file.endsWith('.json.gz'))
    .map((file) => file.slice(0, -'.json.gz'.length))
    .filter((name) => name !== 'conformance')
    .sort()
}

export function readTrace(name: string): Trace | undefined {
  return readTraceFile(name) as Trace | undefined
}

export function isConcurrent(trace: Trace): trace is ConcurrentTrace {
  return 'kind' in trace
}
