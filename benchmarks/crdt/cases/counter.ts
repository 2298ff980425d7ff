import type { Case } from '../cases.ts'
import { byteLength } from '../library.ts'
import { check, elapsed } from '../measuring.ts'

const increments = 100_000

/** Three take turns to count, and hear each other at once. */
export const counter: Case = ({ library }) => {
  const replicas = [0, 1, 2].map((replica) => library.create(replica))
  const sides = replicas.flatMap((replica) => {
    const { counter } = replica
    replica.track()
    return counter === undefined ? [] : [{ replica, counter, others: replicas.filter((other) => other !== replica) }]
  })
  if (sides.length === 0) return undefined
  let bytes = 0
  const milliseconds = elapsed(() => {
    for (let count = 0; count < increments; count++) {
      const { replica, counter, others } = sides[count % sides.length] as (typeof sides)[number]
      counter.increment()
      const update = replica.take()
      bytes += byteLength(update)
      for (const other of others) other.receive(update)
    }
  })
  check(
    sides.every(({ counter }) => counter.value === increments),
    'not all have counted as much',
  )
  return {
    microseconds: (milliseconds * 1000) / increments,
    bytes: bytes / increments,
    encoded: replicas[0]?.encode().length ?? 0,
  }
}
