/* oxlint-disable no-restricted-imports -- how two peers compare one document is below the public replicator */
import { describe, expect, test } from 'vitest'
import { ByteReader, ByteWriter, createRandom, integer, MalformedMessageError } from '../../../node/protocol/index.ts'
import { authorReplicaId, type Summary } from '../../../crdt/replicator/index.ts'
import { ReplicaLog } from '../../../crdt/replicator/replica-log.ts'
import {
  compareSummaries,
  digestSummary,
  readSummary,
  tellSummary,
  writeSummary,
  type ToldSummary,
} from '../../../crdt/replicator/summary.ts'
import type { ReplicaId } from '../../../crdt/index.ts'

function summaryOf(count: number, sequence = 1000): Summary {
  const chains = Array.from({ length: count }, (_, index) => {
    const head = new Uint8Array(8).fill(index)
    return [authorReplicaId(new Uint8Array(32).fill(1), index), { sequence, fragment: 0, head }] as const
  })
  return { chains: new Map(chains), proofs: [] }
}

function bytesOf(told: ToldSummary): Uint8Array {
  const writer = new ByteWriter()
  writeSummary(told, writer)
  return writer.finish()
}

function read(bytes: Uint8Array): ToldSummary {
  const reader = new ByteReader(bytes)
  const told = readSummary(reader)
  reader.finish()
  return told
}

const emptyChain = (): ReplicaLog => new ReplicaLog()

describe('a summary', () => {
  test('of 16 replicas takes at most 250 bytes, of 100 at most 1400', () => {
    expect(bytesOf(tellSummary(summaryOf(16))).length).toBeLessThanOrEqual(250)
    expect(bytesOf(tellSummary(summaryOf(100))).length).toBeLessThanOrEqual(1400)
  })

  test('reads as it was written', () => {
    const { chains } = summaryOf(5)
    const [first] = chains.keys() as Iterator<ReplicaId> & Iterable<ReplicaId>
    const unfinished = { sequence: 7, fragment: 3, head: new Uint8Array(8) }
    const summary = { chains: new Map([...chains, [first!, unfinished]]), proofs: ['0011223344556677'] }
    for (const length of [3, 16]) {
      const told = tellSummary(summary, length)
      expect(read(bytesOf(told))).toEqual(told)
    }
  })

  test('names its chains by as many bytes as tell them apart', () => {
    const told = tellSummary(summaryOf(300), 1)
    expect(told.chains.size).toBe(300)
    expect(told.idLength).toBeGreaterThan(1)
  })

  test('that is damaged is refused or read as another, never anything else', () => {
    const bytes = bytesOf(tellSummary(summaryOf(20)))
    const random = createRandom('summaries')
    for (let count = 0; count < 10_000; count++) {
      const changed = bytes.slice(0, integer(random, bytes.length + 1))
      for (let flip = 0; flip < 3 && changed.length > 0; flip++) {
        changed[integer(random, changed.length)] = integer(random, 256)
      }
      try {
        const told = read(changed)
        expect(bytesOf(told)).toEqual(changed)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessageError)
      }
    }
  })

  test('has one digest, however its chains came to be in it', () => {
    const { chains } = summaryOf(9)
    const reversed = new Map([...chains].reverse())
    expect(digestSummary({ chains: reversed, proofs: [] })).toEqual(digestSummary({ chains, proofs: [] }))
  })
})

describe('comparing two summaries', () => {
  test('equal ones differ in nothing', () => {
    const own = summaryOf(3, 0)
    const logs = new Map([...own.chains].map(([name, entry]) => [name, new ReplicaLog({ ...entry, fragment: 0 })]))
    const standing = compareSummaries(own, tellSummary(own), (name) => logs.get(name)!)
    expect(standing).toMatchObject({ isAhead: false, isBehind: false, isUnclear: false, diverged: [], proofs: [] })
  })

  test('what the other has and this one has not, and the other way round', () => {
    const [all, none] = [summaryOf(2), { chains: new Map(), proofs: [] }]
    expect(compareSummaries(none, tellSummary(all), emptyChain)).toMatchObject({ isBehind: true, isAhead: false })
    expect(compareSummaries(all, tellSummary(none), emptyChain)).toMatchObject({ isBehind: false, isAhead: true })
  })

  test('a head that the chain here never had shows another history', () => {
    const own = summaryOf(1)
    const [name] = own.chains.keys() as Iterator<ReplicaId> & Iterable<ReplicaId>
    const told = tellSummary({
      chains: new Map([[name!, { sequence: 1000, fragment: 0, head: new Uint8Array(8).fill(9) }]]),
      proofs: [],
    })
    expect(compareSummaries(own, told, emptyChain).diverged).toEqual([name])
  })

  test('short ids that fit several chains here are unclear, whole ones never', () => {
    const own = summaryOf(5000)
    const few = { chains: new Map([...own.chains].slice(0, 3)), proofs: [] }
    const short = tellSummary({ chains: new Map([...own.chains].slice(0, 1)), proofs: [] }, 1)
    expect(compareSummaries(own, short, emptyChain).isUnclear).toBe(true)
    expect(compareSummaries(own, tellSummary(few, 16), emptyChain).isUnclear).toBe(false)
  })

  test('proofs are told where they are lacking, and asked for', () => {
    const told = tellSummary({ chains: new Map(), proofs: ['00'.repeat(8)] })
    expect(compareSummaries({ chains: new Map(), proofs: ['11'.repeat(8)] }, told, emptyChain)).toMatchObject({
      isBehind: true,
      proofs: ['11'.repeat(8)],
    })
  })
})
