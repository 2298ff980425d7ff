import type { SharedRecord } from './record.ts'
import { sharedKey } from './record.ts'
import type { Dht, RequestOptions } from './roles.ts'

/**
 * Makes one value of what was written concurrently, one or more records sorted by id. The same records should give the
 * same value wherever that is done.
 */
export type Resolver = (siblings: readonly SharedRecord[]) => Uint8Array

/**
 * What stands under a name, as one value: of siblings with different values the resolver makes one, which is put in the
 * place of all of them (DeCandia et al., SOSP 2007, §4.4).
 *
 * @returns undefined if there is nothing
 * @throws RangeError when the resolver's value exceeds `recordLimits`
 * @throws QuorumFailedError
 * @throws LookupFailedError
 */
export async function getResolved(
  dht: Dht,
  name: string,
  resolver: Resolver,
  options?: RequestOptions,
): Promise<Uint8Array | undefined> {
  const siblings = await siblingsOf(dht, name, options)
  const [first, ...others] = siblings
  if (first === undefined) return undefined
  // Two who resolve at once make siblings anew, but of one value: somebody has to come to an end.
  if (others.every(({ value }) => areEqual(value, first.value))) return first.value
  return (await replace(dht, name, siblings, resolver(siblings), options)).value
}

/**
 * Reads, and puts what `update` makes of it in its place: of no records at first, of siblings where there are some. What
 * others write meanwhile stays beside it.
 *
 * @throws RangeError when the value exceeds `recordLimits`
 * @throws QuorumFailedError
 * @throws LookupFailedError
 */
export async function updateShared(
  dht: Dht,
  name: string,
  update: Resolver,
  options?: RequestOptions,
): Promise<Uint8Array> {
  const siblings = await siblingsOf(dht, name, options)
  return (await replace(dht, name, siblings, update(siblings), options)).value
}

async function siblingsOf(dht: Dht, name: string, options?: RequestOptions): Promise<readonly SharedRecord[]> {
  const records = await dht.get(sharedKey(name), options)
  return records.filter((record) => record.kind === 'shared')
}

function replace(
  dht: Dht,
  name: string,
  replaces: readonly SharedRecord[],
  value: Uint8Array,
  options?: RequestOptions,
): ReturnType<Dht['put']> {
  return dht.put(sharedKey(name), { kind: 'shared', name, value, replaces }, options)
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}
