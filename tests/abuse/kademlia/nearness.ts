import { createHash } from 'node:crypto'

/** The XOR metric of kad-dht, written once more so that a mistake in ours does not excuse itself. */
export function nearestFirst<Item>(key: Uint8Array, items: readonly Item[], idOf: (item: Item) => Uint8Array): Item[] {
  const target = sha256(key)
  const distances = new Map(items.map((item) => [item, distance(target, sha256(idOf(item)))]))
  const of = (item: Item): bigint => distances.get(item) ?? 0n
  return items.toSorted((left, right) => (of(left) < of(right) ? -1 : 1))
}

function distance(left: Uint8Array, right: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0))).toString('hex')}`)
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}
