import { assert } from '../../../../node/protocol/index.ts'
import { Catalogue, type Codes, type NumberedMove } from './catalogue.ts'
import { violationOf, type NodeMasks, type Violation } from './invariant.ts'
import type { Model } from './moves.ts'
import type { World } from './node-state.ts'
import { turnToFirst, WorldSet } from './world-set.ts'

/** A move in a certain world: the node at `place` makes it. */
export interface Step {
  readonly place: number
  readonly numbered: NumberedMove
  /** As it is then. */
  readonly world: World
}

/** How a violation comes about. */
export interface Counterexample {
  readonly violated: string
  readonly start: World
  readonly steps: readonly Step[]
}

export interface Exploration {
  /** Different worlds, up to a turn of the ring. */
  readonly states: number
  /** From each world to each that follows it. */
  readonly steps: number
  /** Steps to the world that is furthest from the start. */
  readonly depth: number
  /** A shortest one. Nothing is looked at once it is found. */
  readonly counterexample?: Counterexample
  /** Whether there were more worlds than allowed. */
  readonly isCut: boolean
}

export interface ExplorerOptions {
  /** Something that is to hold in each world besides the invariant. @returns what it violates */
  readonly property?: (codes: Codes) => string | undefined
  /** Worlds to look at. @default all */
  readonly most?: number
}

/** Looks at every world that can come about, breadth first. */
export class Explorer {
  readonly catalogue: Catalogue
  readonly worlds: WorldSet
  readonly #length: number
  readonly #size: number
  readonly #property: (codes: Codes) => string | undefined
  readonly #most: number
  readonly #masks: NodeMasks[] = []
  #steps = 0
  #violated: string | undefined

  constructor(model: Model, { property = () => undefined, most = Number.POSITIVE_INFINITY }: ExplorerOptions = {}) {
    this.#size = model.rules.size
    this.#length = model.rules.length
    this.catalogue = new Catalogue(model)
    this.worlds = new WorldSet(this.#size)
    this.#property = property
    this.#most = most
  }

  explore(starts: readonly World[]): Exploration {
    const world = new Uint16Array(this.#size)
    for (const start of starts) this.#meet(this.catalogue.encode(start), -1, 'change')
    let [depth, ring, at] = [0, this.worlds.count, 0]
    for (; at < this.worlds.count && this.#violated === undefined && this.worlds.count < this.#most; at++) {
      if (at === ring) {
        depth++
        ring = this.worlds.count
      }
      this.worlds.read(at, world)
      this.#expand(world, at)
    }
    const { count: states } = this.worlds
    const isCut = this.#violated === undefined && at < states
    const found = { states, steps: this.#steps, depth: states > ring ? depth + 1 : depth, isCut }
    return this.#violated === undefined
      ? found
      : { ...found, counterexample: this.#counterexample(states - 1, this.#violated) }
  }

  #expand(world: Codes, index: number): void {
    this.#follow(world, (_place, numbered) => {
      this.#meet(world, index, numbered.move.type)
      return this.#violated === undefined
    })
  }

  /** Makes each move in the world, which is as it was before when all is done. @param visit whether to go on */
  #follow(world: Codes, visit: (place: number, numbered: NumberedMove) => boolean): void {
    for (let place = 0; place < this.#size; place++) {
      const own = world[place] as number
      const moves = this.catalogue.movesOf(own)
      for (let index = 0; index < moves.length; index++) {
        const numbered = moves[index] as NumberedMove
        const at = (place + numbered.to) % this.#size
        const other = world[at] as number
        const changes = this.catalogue.move(world, place, numbered)
        const goesOn = !changes || visit(place, numbered)
        world[at] = other
        world[place] = own
        if (!goesOn) return
      }
    }
  }

  #meet(world: Codes, parent: number, type: NumberedMove['move']['type']): void {
    const violation = this.#violation(world)
    if (violation !== undefined && type === 'failure') return
    if (parent >= 0) this.#steps++
    if (this.worlds.add(world, parent)) this.#violated = violation ?? this.#property(world)
  }

  #violation(world: Codes): Violation | undefined {
    for (let place = 0; place < this.#size; place++) {
      this.#masks[place] = this.catalogue.masksOf(world[place] as number)
    }
    return violationOf(this.#masks, this.#length, this.catalogue.model.invariant)
  }

  /** Worlds are kept turned; here they are turned back, so that each node keeps its name. */
  #counterexample(last: number, violated: string): Counterexample {
    const way: number[] = []
    for (let index = last; index >= 0; index = this.worlds.parentOf(index)) way.unshift(index)
    const world = new Uint16Array(this.#size)
    this.worlds.read(way[0] as number, world)
    const start = this.catalogue.decode(world)
    const steps = way.slice(1).map((index) => this.#stepTo(index, world))
    return { violated, start, steps }
  }

  #stepTo(index: number, world: Codes): Step {
    const [wanted, turned] = [new Uint16Array(this.#size), new Uint16Array(this.#size)]
    this.worlds.read(index, wanted)
    let step: Step | undefined
    this.#follow(world, (place, numbered) => {
      turnToFirst(world, turned)
      if (turned.every((code, at) => code === wanted[at])) {
        step = { place, numbered, world: this.catalogue.decode(world) }
      }
      return step === undefined
    })
    assert(step !== undefined, 'a world was found from its parent')
    world.set(this.catalogue.encode(step.world))
    return step
  }
}
