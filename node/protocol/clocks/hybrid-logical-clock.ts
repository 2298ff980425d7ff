import { assert } from '../errors.ts'

/** A time that is close to the wall clock and never contradicts causality. Compare by `wall`, then by `logical`. */
export interface HybridTime {
  /** Milliseconds since 1970, the greatest seen so far. */
  readonly wall: number
  readonly logical: number
}

/**
 * The hybrid logical clock of Kulkarni et al. ("Logical Physical Clocks", OPODIS 2014, figure 5). The physical time is
 * handed in. A time that is further ahead than `maxDrift` is refused, so that one broken clock cannot carry all others
 * along.
 */
export class HybridLogicalClock {
  readonly #maxDrift: number
  #wall = 0
  #logical = 0

  /** @param maxDrift milliseconds that another's clock may be ahead of the physical time here. @default one minute */
  constructor(maxDrift = 60_000) {
    this.#maxDrift = maxDrift
  }

  /** @param physical the wall clock now, integer milliseconds. @returns the time of a new event here */
  tick(physical: number): HybridTime {
    assertWall(physical)
    if (physical > this.#wall) this.#advance(physical, 0)
    else this.#advance(this.#wall, this.#logical + 1)
    return { wall: this.#wall, logical: this.#logical }
  }

  /**
   * @returns the time of the receipt, later than `received` and than everything before it here; undefined when
   * `received` is too far ahead, and then the clock is as it was
   */
  witness(received: HybridTime, physical: number): HybridTime | undefined {
    assertWall(physical)
    assertWall(received.wall)
    if (received.wall > physical + this.#maxDrift) return undefined
    const wall = Math.max(this.#wall, received.wall, physical)
    let logical = 0
    if (wall === this.#wall) logical = this.#logical + 1
    if (wall === received.wall) logical = Math.max(logical, received.logical + 1)
    this.#advance(wall, logical)
    return { wall, logical }
  }

  #advance(wall: number, logical: number): void {
    this.#wall = wall
    this.#logical = logical
  }
}

export function compareHybridTimes(left: HybridTime, right: HybridTime): number {
  return left.wall - right.wall || left.logical - right.logical
}

function assertWall(time: number): void {
  assert(Number.isSafeInteger(time), 'a wall time is an integer number of milliseconds')
}
