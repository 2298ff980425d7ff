import { sha256 } from '@noble/hashes/sha2.js'
import { compare, equals, fromString, toString } from 'uint8arrays'
import { ByteWriter, MalformedMessageError, type ByteReader } from '../../node/protocol/index.ts'
import type { ReplicaId } from '../index.ts'
import { replicaBytes } from './change-set.ts'
import type { Equivocation } from './equivocation.ts'
import type { Place, ReplicaLog } from './replica-log.ts'

/** Bytes of a chain's head that go into a summary: enough to show a fork in the first exchange. */
export const headPrefixLength = 8

/** Bytes of the hash that stands for a whole summary. */
export const digestLength = 16

/** Bytes of the hash that stands for a proof. */
const proofDigestLength = 8

/** Chains in one summary, and proofs. */
const chainLimit = 65_536
const proofLimit = 4096

/** Replicas whose positions a comparison lists. */
const positionsLimit = 1000

/** Bytes by which a summary names a chain, at the least and when nothing may be left in doubt. */
const idLengthLeast = 3
export const idLengthMost = 16

/** How far one chain reaches, from its start on. */
export interface SummaryEntry extends Place {
  /** First 8 bytes of the head's hash. */
  readonly head: Uint8Array
}

/** A version vector whose entries carry the chain's head, and proofs against authors: what a peer has of one document. */
export interface Summary {
  readonly chains: ReadonlyMap<ReplicaId, SummaryEntry>
  /** Digests of the proofs, in hexadecimal digits. */
  readonly proofs: readonly string[]
}

/** A summary as it was told: chains by the first bytes of their ids. */
export interface ToldSummary {
  /** Bytes of each id. */
  readonly idLength: number
  /** By the first bytes of the id, in hexadecimal digits. */
  readonly chains: ReadonlyMap<string, SummaryEntry>
  readonly proofs: readonly string[]
}

export function summarise(logs: ReadonlyMap<ReplicaId, ReplicaLog>, proofs: readonly Equivocation[]): Summary {
  const chains = new Map<ReplicaId, SummaryEntry>()
  for (const [name, { sequence, fragment, head }] of logs) {
    chains.set(name, { sequence, fragment, head: head.subarray(0, headPrefixLength) })
  }
  return { chains, proofs: proofs.map(digestProof).sort().slice(0, proofLimit) }
}

/** Proofs of one fork have one digest: which of its histories they show makes no difference. */
export function digestProof({ first }: Equivocation): string {
  const place = new ByteWriter().raw(first.author).raw(replicaBytes(first.replica)).varint(first.sequence)
  const bytes = place.varint(first.fragment).raw(first.previous).finish()
  return toString(sha256(bytes).subarray(0, proofDigestLength), 'base16')
}

/** Equal summaries have equal digests. */
export function digestSummary(summary: Summary): Uint8Array {
  const writer = new ByteWriter()
  writeSummary(tellSummary(summary, idLengthMost), writer)
  return sha256(writer.view()).slice(0, digestLength)
}

/**
 * Ids are shortened to what tells the chains of this summary apart. The other side may have another chain that begins
 * alike: what looks odd there is told once more with whole ids.
 *
 * @param idLength bytes of each id at the least
 */
export function tellSummary({ chains, proofs }: Summary, idLength: number = idLengthLeast): ToldSummary {
  const ids = Array.from(chains, ([replica, entry]) => [toString(replicaBytes(replica), 'base16'), entry] as const)
  for (let length = idLength; ; length++) {
    const told = new Map(ids.map(([id, entry]) => [id.slice(0, 2 * length), entry]))
    if (told.size === ids.length) return { idLength: length, chains: told, proofs }
  }
}

export function writeSummary({ idLength, chains, proofs }: ToldSummary, writer: ByteWriter): void {
  writer.u8(idLength).varint(chains.size)
  const ids = [...chains.keys()].sort()
  for (const id of ids) {
    const { sequence, fragment, head } = chains.get(id) as SummaryEntry
    writer.raw(fromString(id, 'base16')).varint(sequence * 2 + Number(fragment > 0))
    if (fragment > 0) writer.varint(fragment)
    writer.raw(head)
  }
  writer.varint(proofs.length)
  for (const proof of proofs) writer.raw(fromString(proof, 'base16'))
}

/** @throws MalformedMessageError for bytes that `writeSummary` cannot have written */
export function readSummary(reader: ByteReader): ToldSummary {
  const idLength = reader.u8()
  if (idLength < 1 || idLength > idLengthMost) throw new MalformedMessageError('A summary with ids of a wrong length')
  const chains = new Map<string, SummaryEntry>()
  let last: Uint8Array | undefined
  const entries = reader.list(chainLimit, (item) => {
    const id = item.raw(idLength)
    if (last !== undefined && compare(last, id) >= 0) throw new MalformedMessageError('A summary out of order')
    last = id
    const place = item.varint()
    const isUnfinished = place % 2 === 1
    const fragment = isUnfinished ? item.varint() : 0
    if (isUnfinished && fragment === 0) throw new MalformedMessageError('A summary with a fragment that is none')
    const entry = { sequence: (place - Number(isUnfinished)) / 2, fragment, head: item.raw(headPrefixLength).slice() }
    return [toString(id, 'base16'), entry] as const
  })
  for (const [id, entry] of entries) chains.set(id, entry)
  const proofs = reader.list(proofLimit, (item) => toString(item.raw(proofDigestLength), 'base16'))
  return { idLength, chains, proofs }
}

/** How far a replica of a document has come at two peers that differ in it. */
export interface ReplicaPosition {
  /** Its ReplicaId; of a replica that is not here the first characters, where the other has not told all. */
  readonly replica: string
  /** Operations. Equal ones differ in the parts of a transaction that is not complete yet, or in their history. */
  readonly here: number
  readonly there: number
  /** The two have different histories of it: its author has written two. */
  readonly isForked: boolean
}

/** What another's summary says about the chains here. */
export interface SummaryComparison {
  /** How far the other is in each chain that both have. */
  readonly known: ReadonlyMap<ReplicaId, SummaryEntry>
  /** The other has something that is lacking here. */
  readonly isBehind: boolean
  /** Something is lacking there. */
  readonly isAhead: boolean
  /** Operations. */
  readonly missingHere: number
  readonly missingThere: number
  /** Chains of which the other has another history. */
  readonly diverged: readonly ReplicaId[]
  /** Digests of proofs that are lacking there. */
  readonly proofs: readonly string[]
  /** Of replicas in which the two differ, the first thousand. */
  readonly positions: readonly ReplicaPosition[]
  /** Short ids fit several chains here. */
  readonly isUnclear: boolean
}

/** @param logs the chains here, by name */
export function compareSummaries(
  own: Summary,
  told: ToldSummary,
  chainOf: (name: ReplicaId) => ReplicaLog,
): SummaryComparison {
  const names = new Map<string, ReplicaId[]>()
  for (const name of own.chains.keys()) {
    const id = toString(replicaBytes(name).subarray(0, told.idLength), 'base16')
    const alike = names.get(id)
    if (alike === undefined) names.set(id, [name])
    else alike.push(name)
  }
  const known = new Map<ReplicaId, SummaryEntry>()
  const diverged: ReplicaId[] = []
  let isBehind = told.proofs.some((proof) => !own.proofs.includes(proof))
  let isAhead = false
  let isUnclear = false
  let missingHere = 0
  const positions: ReplicaPosition[] = []
  const differs = (replica: string, here: number, there: number, isForked = false): void => {
    if (positions.length < positionsLimit) positions.push({ replica, here, there, isForked })
  }
  for (const [id, entry] of told.chains) {
    const [name, ...others] = names.get(id) ?? []
    isUnclear ||= others.length > 0
    if (name === undefined) isBehind = true
    if (name === undefined) missingHere += entry.sequence
    if (name === undefined) differs(beginningOf(id), 0, entry.sequence)
    if (name === undefined || others.length > 0) continue
    known.set(name, entry)
    const mine = own.chains.get(name) as SummaryEntry
    const order = mine.sequence - entry.sequence || mine.fragment - entry.fragment
    isBehind ||= order < 0
    missingHere += Math.max(0, entry.sequence - mine.sequence)
    const isForked = order >= 0 && !passesThrough(chainOf(name), entry)
    if (order !== 0 || isForked) differs(name, mine.sequence, entry.sequence, isForked)
    if (isForked) diverged.push(name)
    isAhead ||= order > 0
  }
  isAhead ||= known.size < own.chains.size
  const proofs = own.proofs.filter((proof) => !told.proofs.includes(proof))
  let missingThere = 0
  for (const [name, { sequence }] of own.chains) {
    missingThere += Math.max(0, sequence - (known.get(name)?.sequence ?? 0))
    if (!known.has(name)) differs(name, sequence, 0)
  }
  return { known, isBehind, isAhead, missingHere, missingThere, diverged, proofs, positions, isUnclear }
}

/** @param id the first bytes of an id, in hexadecimal digits @returns as many characters of it as they settle */
function beginningOf(id: string): string {
  const settled = id.length === 2 * idLengthMost ? undefined : Math.floor((4 * id.length) / 6)
  return toString(fromString(id, 'base16'), 'base64url').slice(0, settled)
}

/** Whether a chain had that head at that place. */
function passesThrough(log: ReplicaLog, { sequence, fragment, head }: SummaryEntry): boolean {
  const hash = log.headAt({ sequence: sequence + log.start.sequence, fragment })
  return hash !== undefined && equals(hash.subarray(0, headPrefixLength), head)
}
