import { assert } from '../../../../node/protocol/index.ts'
import { masksOf, type NodeMasks } from './invariant.ts'
import { movesOf, remembered, type Model, type Move } from './moves.ts'
import type { NodeState, World } from './node-state.ts'

/** A world as the numbers of its nodes' states. */
export type Codes = Uint16Array

/** A move by numbers. What the rules make of two states is asked of them once. */
export interface NumberedMove {
  readonly move: Move
  /** How many places on the other node is; 0 if there is none. */
  readonly to: number
  /** What the one that moves becomes, unless that is asked of the other. */
  readonly next: number
  /** By the other's state, what becomes of whoever is changed by it; less than 0 where it is not known yet. */
  outcomes: Int32Array
}

/** As many as a code of 16 bits tells apart. The rings searched here need some hundred. */
const mostStates = 1 << 16
const unknown = -1

/** The states in which a node has been found, numbered as they turn up, and what may become of each. */
export class Catalogue {
  readonly model: Model
  readonly #numbers = new Map<string, number>()
  readonly #states: NodeState[] = []
  readonly #masks: NodeMasks[] = []
  readonly #moves: (readonly NumberedMove[] | undefined)[] = []

  constructor(model: Model) {
    this.model = model
  }

  codeOf(whole: NodeState): number {
    const state = remembered(this.model, whole)
    const name = nameOf(state)
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const code = this.#states.push(state) - 1
    assert(code < mostStates, 'a node has more states than codes have bits')
    this.#numbers.set(name, code)
    this.#masks.push(masksOf(state, this.model.rules.size))
    return code
  }

  stateOf(code: number): NodeState {
    return this.#states[code] as NodeState
  }

  masksOf(code: number): NodeMasks {
    return this.#masks[code] as NodeMasks
  }

  encode(world: World): Codes {
    return Uint16Array.from(world, (state) => this.codeOf(state))
  }

  decode(codes: Codes): World {
    return Array.from(codes, (code) => this.stateOf(code))
  }

  movesOf(code: number): readonly NumberedMove[] {
    return (this.#moves[code] ??= movesOf(this.model, this.stateOf(code)).map((move) => ({
      move,
      to: 'to' in move ? move.to : 0,
      next: 'next' in move ? this.codeOf(move.next) : code,
      outcomes: new Int32Array(0),
    })))
  }

  /** Makes that move of the node at that place. @returns whether anything has changed */
  move(world: Codes, place: number, numbered: NumberedMove): boolean {
    const own = world[place] as number
    const { type } = numbered.move
    if (type === 'change' || type === 'failure') {
      world[place] = numbered.next
      return numbered.next !== own
    }
    const at = (place + numbered.to) % world.length
    const other = world[at] as number
    const outcome = this.#outcome(numbered, own, other)
    if (type === 'question') {
      world[place] = outcome
      return outcome !== own
    }
    world[place] = numbered.next
    world[at] = outcome
    return true
  }

  /** @returns what the other becomes by a delivery, or the one that asked by a question */
  #outcome(numbered: NumberedMove, own: number, other: number): number {
    const known = numbered.outcomes[other] ?? unknown
    if (known !== unknown) return known
    const { move } = numbered
    const state = this.stateOf(other)
    let code = own
    if (move.type === 'question') code = this.#codeOr(move.hear(state), own)
    else if (move.type === 'delivery') code = this.#codeOr(move.receive(state), other)
    if (other >= numbered.outcomes.length) numbered.outcomes = longer(numbered.outcomes, other)
    numbered.outcomes[other] = code
    return code
  }

  #codeOr(state: NodeState | undefined, otherwise: number): number {
    return state === undefined ? otherwise : this.codeOf(state)
  }
}

function longer(outcomes: Int32Array, least: number): Int32Array {
  const grown = new Int32Array(2 ** (Math.floor(Math.log2(least + 1)) + 1)).fill(unknown)
  grown.set(outcomes)
  return grown
}

function nameOf(state: NodeState): string {
  if (state.status === 'outside') return `outside/${state.notice}`
  if (state.status === 'joining') return `joining ${state.asked}/${state.notice}`
  const { successors, predecessor, pending, notice, told } = state
  const query = pending === undefined ? '' : `${pending.step} ${pending.to} ${pending.candidate}`
  const old = told === undefined ? '' : `${told.successors.join()} ${told.predecessor}`
  return `${successors.join()} ${predecessor}/${query}/${old}/${notice}`
}
