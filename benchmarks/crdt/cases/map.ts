import type { Case } from '../cases.ts'
import { check, elapsed, heldBytes, megabyte } from '../measuring.ts'
import { encodedSizes } from './local.ts'

const sets = 100_000

/** A map is written 100,000 times: over 1,000 keys, or each time another one. */
export const map: Case = async ({ library }, variant) => {
  const replica = library.create(0)
  const { map } = replica
  if (map === undefined) return undefined
  const keys = variant === 'distinct' ? sets : 1000
  // Names are in the cost of those that are distinct, as whoever keeps them keeps them.
  const names = variant === 'distinct' ? undefined : Array.from({ length: keys }, (_, index) => `key${index}`)
  const before = await heldBytes()
  const milliseconds = elapsed(() => {
    for (let index = 0; index < sets; index++) map.set(names?.[index % keys] ?? `key${index}`, index)
  })
  const megabytes = ((await heldBytes()) - before) / megabyte
  const seventh = sets - keys + 7
  check(map.size === keys && map.get('key7') === seventh, 'the map holds something else')
  const sizes = encodedSizes(replica)
  check(library.load(replica.encode(), 1).map?.get('key7') === seventh, 'the encoding holds something else')
  return { milliseconds, megabytes, ...sizes }
}
