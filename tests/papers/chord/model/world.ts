import type { Answer, Neighbourhood, Pending, RingNode, RingRules } from '../../../../overlays/chord/index.ts'

/** What a node of the model is doing. Nodes are numbers, in the order of the ring. */
export type NodeState =
  | { readonly status: 'outside'; readonly notice: number }
  | { readonly status: 'joining'; readonly asked: number; readonly notice: number }
  | {
      readonly status: 'member'
      readonly successors: readonly number[]
      readonly predecessor: number
      readonly pending: PendingQuery | undefined
      /** To whom a notification of this node is under way. */
      readonly notice: number
    }

export type MemberState = Extract<NodeState, { readonly status: 'member' }>

export interface PendingQuery {
  readonly step: Pending['step']
  readonly to: number
  /** Of `rectify`. */
  readonly candidate: number
}

export type World = readonly NodeState[]

/** In place of a node. */
export const nobody = -1

/** What is found wrong in a world. */
export type Violation = 'OneLiveSuccessor' | 'SufficientPrincipals'

/** The production's rules over the model's numbers. */
export class ModelRules {
  readonly length: number
  readonly #rules: RingRules
  readonly #nodes: readonly RingNode[]

  /** @param length r, of a successor list */
  constructor(rules: RingRules, size: number, length: number) {
    this.#rules = rules
    this.length = length
    this.#nodes = Array.from({ length: size }, (_, index) => {
      return { peer: `node-${index}`, index: 0, point: String.fromCharCode(97 + index) } as unknown as RingNode
    })
  }

  join(self: number, from: number, asked: MemberState, notice: number): MemberState | undefined {
    const joined = this.#rules.join(this.#node(self), this.#node(from), this.#neighbourhood(asked))
    return joined && { ...this.#member(joined), pending: undefined, notice }
  }

  stabilise(self: number, state: MemberState): MemberState {
    return this.#stepped(state, this.#rules.stabilise(this.#node(self), this.#neighbourhood(state)))
  }

  answered(
    self: number,
    state: MemberState,
    pending: PendingQuery,
    answer: MemberState | Exclude<Answer['type'], 'state'>,
  ): MemberState {
    const told: Answer =
      typeof answer === 'string' ? { type: answer } : { type: 'state', neighbourhood: this.#neighbourhood(answer) }
    const known = this.#neighbourhood(state)
    return this.#stepped(
      state,
      this.#rules.answered(this.#node(self), known, this.#pending(pending), told, this.length),
    )
  }

  notified(self: number, state: MemberState, candidate: number): MemberState {
    const known = this.#neighbourhood(state)
    return this.#stepped(state, this.#rules.notified(this.#node(self), known, this.#node(candidate)))
  }

  #stepped(state: MemberState, step: ReturnType<RingRules['stabilise']>): MemberState {
    const pending = step.pending === undefined ? undefined : this.#query(step.pending)
    const notice = step.notify === undefined ? state.notice : this.#number(step.notify)
    return { ...this.#member(step.neighbourhood), pending, notice }
  }

  #member({ successors, predecessor }: Neighbourhood): Pick<MemberState, 'status' | 'successors' | 'predecessor'> {
    return {
      status: 'member',
      successors: successors.map((node) => this.#number(node)),
      predecessor: predecessor === undefined ? nobody : this.#number(predecessor),
    }
  }

  #neighbourhood({ successors, predecessor }: MemberState): Neighbourhood {
    return {
      successors: successors.map((node) => this.#node(node)),
      predecessor: predecessor === nobody ? undefined : this.#node(predecessor),
    }
  }

  #query(pending: Pending): PendingQuery {
    const candidate = pending.step === 'rectify' ? this.#number(pending.candidate) : nobody
    return { step: pending.step, to: this.#number(pending.to), candidate }
  }

  #pending({ step, to, candidate }: PendingQuery): Pending {
    return step === 'rectify'
      ? { step, to: this.#node(to), candidate: this.#node(candidate) }
      : { step, to: this.#node(to) }
  }

  #node(number: number): RingNode {
    return this.#nodes[number] as RingNode
  }

  #number(node: RingNode): number {
    return this.#nodes.indexOf(node)
  }
}

/** Whether `node` is met on the way from one to the other, ends excluded. */
export function isSkipped(from: number, node: number, to: number): boolean {
  return from < to ? from < node && node < to : node > from || node < to
}

export function isMember(world: World, node: number): boolean {
  return world[node]?.status === 'member'
}

/** Members that no member's list passes over (Zave, "principal members"). */
export function principals(world: World): number[] {
  const skipped = new Set<number>()
  world.forEach((state, self) => {
    if (state.status !== 'member') return
    let from = self
    for (const to of state.successors) {
      for (let node = 0; node < world.length; node++) if (isSkipped(from, node, to)) skipped.add(node)
      from = to
    }
  })
  return world.flatMap((state, node) => (state.status === 'member' && !skipped.has(node) ? [node] : []))
}

/** The two parts of Zave's inductive invariant. */
export function violation(world: World, length: number): Violation | undefined {
  for (const state of world) {
    if (state.status === 'member' && !state.successors.some((node) => isMember(world, node))) return 'OneLiveSuccessor'
  }
  return principals(world).length < length + 1 ? 'SufficientPrincipals' : undefined
}
