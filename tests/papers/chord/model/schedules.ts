import { createRandom, integer, type Random } from '../../../../node/protocol/index.ts'
import type { Experiment } from '../../experiment.ts'
import { masksOf, violationOf, type Violation } from './invariant.ts'
import { lost, movesOf, type Model, type Move } from './moves.ts'
import { idealWorld, type NodeState, type World } from './node-state.ts'
import { modelOf, type VariantName } from './variants.ts'

export interface ScheduleTrial {
  readonly variant: VariantName
  readonly seed: number
  /** How many walks through what may happen. */
  readonly schedules: number
  /** Of each. */
  readonly steps: number
}

export interface ScheduleOutcome {
  readonly steps: number
  readonly failures: number
  readonly joins: number
  readonly violations: number
  /** Number of the schedule in which the first was found; the same seed finds it again. */
  readonly first?: number
}

/** Rings too large to be searched: places, and r. */
const rings = [
  { size: 5, length: 2 },
  { size: 6, length: 2 },
  { size: 7, length: 2 },
  { size: 8, length: 2 },
  { size: 6, length: 3 },
  { size: 7, length: 3 },
  { size: 8, length: 3 },
]

/** Misfortunes are one move among few; were they as likely as the others, hardly anything would ever be repaired. */
const misfortuneShare = 0.5
/** Most draws are of something that is possible; a ring in which nothing is does not exist. */
const drawsPerStep = 4

/** Walks from rings just begun, every move drawn by chance, the invariant asserted after each. */
export const experiment: Experiment<ScheduleTrial, ScheduleOutcome> = {
  module: import.meta.url,
  run({ variant, seed, schedules, steps }) {
    const random = createRandom(seed)
    const models = rings.map(({ size, length }) => modelOf(variant, size, length, 'fine'))
    const outcome = { steps: 0, failures: 0, joins: 0, violations: 0 }
    let first: number | undefined
    for (let schedule = 0; schedule < schedules; schedule++) {
      const walk = new Walk(models[schedule % models.length] as Model, random)
      for (let draw = 0; draw < drawsPerStep * steps && walk.goesOn(steps); draw++) walk.step()
      outcome.steps += walk.steps
      outcome.failures += walk.failures
      outcome.joins += walk.joins
      if (walk.violation === undefined) continue
      outcome.violations++
      first ??= schedule
    }
    return first === undefined ? outcome : { ...outcome, first }
  },
}

class Walk {
  violation: Violation | undefined
  steps = 0
  failures = 0
  joins = 0
  readonly #model: Model
  readonly #random: Random
  #world: World

  constructor(model: Model, random: Random) {
    const { size, length } = model.rules
    this.#model = model
    this.#random = random
    this.#world = idealWorld(size, length, founders(random, size, length + 1 + integer(random, size - length)))
  }

  goesOn(steps: number): boolean {
    return this.violation === undefined && this.steps < steps
  }

  /** One move of somebody; nothing happens where the one drawn is not possible. */
  step(): void {
    const { size, length } = this.#model.rules
    const place = integer(this.#random, size)
    const state = this.#world[place] as NodeState
    const moves = movesOf(this.#model, state)
    const move = moves[integer(this.#random, moves.length)] as Move
    const isMisfortune = move.type === 'failure' || move.act === lost
    if (isMisfortune && this.#random.next() > misfortuneShare) return
    const next = this.#after(place, state, move)
    if (next === undefined) return
    const masks = next.map((each) => masksOf(each, size))
    const violation = violationOf(masks, length, this.#model.invariant)
    if (violation !== undefined && move.type === 'failure') return
    this.#count(state, next[place] as NodeState, move)
    this.#world = next
    this.violation = violation
  }

  #after(place: number, state: NodeState, move: Move): World | undefined {
    if (move.type === 'change' || move.type === 'failure') return this.#world.with(place, move.next)
    const at = (place + move.to) % this.#world.length
    const other = this.#world[at] as NodeState
    if (move.type === 'delivery') return this.#world.with(place, move.next).with(at, move.receive(other) ?? other)
    const next = move.hear(other)
    return next === undefined || next === state ? undefined : this.#world.with(place, next)
  }

  #count(before: NodeState, after: NodeState, { type }: Move): void {
    this.steps++
    if (before.status === 'member' && type === 'failure') this.failures++
    if (before.status !== 'member' && after.status === 'member') this.joins++
  }
}

/** @returns so many places of the ring, in its order */
function founders(random: Random, size: number, count: number): number[] {
  const places = Array.from({ length: size }, (_, place) => place)
  while (places.length > count) places.splice(integer(random, places.length), 1)
  return places
}
