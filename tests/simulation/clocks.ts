import { integer, type Random } from '../../node/protocol/index.ts'

const day = 86_400_000
const today = Date.UTC(2026, 0, 1)

/** Milliseconds since 1970, by the virtual time since the simulation began. */
type Clock = (elapsed: number) => number

/** Right, up to a day off, jumping, standing still, before and in 1970, and in 2262. */
const kinds: readonly ((random: Random) => Clock)[] = [
  () => (elapsed) => today + elapsed,
  (random) => {
    const skew = integer(random, 2 * day + 1) - day
    return (elapsed) => today + skew + elapsed
  },
  (random) => {
    const [pause, reach] = [1 + integer(random, 10_000), 1 + integer(random, day)]
    return (elapsed) => today + elapsed + (Math.floor(elapsed / pause) % 2 === 0 ? reach : -reach)
  },
  (random) => {
    const frozen = today + integer(random, day)
    return () => frozen
  },
  () => (elapsed) => elapsed - 30_000,
  () => (elapsed) => Date.UTC(2262, 3, 12) + elapsed,
]

/** The wall clock of one peer, of a kind that is drawn. */
export function drawClock(random: Random): Clock {
  const kind = kinds[integer(random, kinds.length)] as (random: Random) => Clock
  return kind(random)
}
