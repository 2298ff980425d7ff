import { expect, test } from 'vitest'
import { KeyedHash, type HeadIndex, type HeadRecord } from '../../../node/reconciliation/index.ts'
import { compareStores, indexOf, networkKey, randomRecords, sorted, trueDifference } from './two-stores.ts'

/** What collides as often as a hash of so many bits: some of a few hundred records have the same. */
class NarrowHash extends KeyedHash {
  readonly #mask: number

  constructor(bits: number) {
    super(networkKey)
    this.#mask = 2 ** bits - 1
  }

  override hash(words: Uint32Array, at: number, count: number): void {
    super.hash(words, at, count)
    if (count < 12) return
    this.high = 0
    this.low &= this.#mask
  }
}

function narrow(bits: number, records: readonly HeadRecord[]): HeadIndex {
  return indexOf(records, { key: new NarrowHash(bits) })
}

test.each([
  ['some hashes', 14],
  ['many hashes', 8],
  ['all hashes', 0],
])('where %s collide, ranges tell apart what a sketch does not', (_, bits) => {
  const methods = new Set<string | undefined>()
  for (let seed = 0; seed < 12; seed++) {
    const common = randomRecords(`common/${seed}`, 300)
    const one = narrow(bits, [...common, ...randomRecords(`one/${seed}`, 1 + 10 * (seed % 5))])
    const other = narrow(bits, [...common, ...randomRecords(`other/${seed}`, seed % 2 === 0 ? 0 : 25)])
    const { begun, answered } = compareStores(one, other, { seed })
    for (const [side, own, their] of [
      [begun, one, other],
      [answered, other, one],
    ] as const) {
      const carried = new Map(side.carried.map((entry) => [entry.document, entry]))
      const lacked = new Map(side.lacked.map((entry) => [entry.document, entry]))
      expect({ carried: sorted([...carried.values()]), lacked: sorted([...lacked.values()]) }).toEqual(
        trueDifference(own, their),
      )
      expect(side.outcome).toMatchObject({ kind: 'complete', isVerified: true, isMismatch: false })
      methods.add(side.outcome?.method)
    }
  }
  expect(methods).toContain('ranges')
})

test('two records with one hash on either side, which a sketch takes for the same, are found by the digest of the rest', () => {
  const [first, second, ...common] = randomRecords('planted', 400) as [HeadRecord, HeadRecord, ...HeadRecord[]]
  class Planted extends KeyedHash {
    override hash(words: Uint32Array, at: number, count: number): void {
      super.hash(words, at, count)
      const start = (words[at] as number).toString(16).padStart(8, '0')
      if (count === 12 && (first.document.startsWith(start) || second.document.startsWith(start))) {
        this.high = 1
        this.low = 2
      }
    }
  }
  const [one, other] = [first, second].map((record) => {
    return indexOf([...common, record], { key: new Planted(networkKey) })
  }) as [HeadIndex, HeadIndex]
  for (const more of [0, 30]) {
    for (const { document, head } of randomRecords('more', more)) other.set(document, head)
    const { begun, answered } = compareStores(one, other)
    expect(begun.outcome).toMatchObject({ kind: 'complete', method: 'ranges', isVerified: true, isMismatch: false })
    expect(begun.carried).toEqual([{ document: first.document, theirs: undefined }])
    expect(sorted(begun.lacked)).toEqual(trueDifference(one, other).lacked)
    expect(sorted(answered.carried)).toEqual(trueDifference(other, one).carried)
  }
})
