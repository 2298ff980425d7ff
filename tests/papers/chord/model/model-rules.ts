import type { Answer, Neighbourhood, Pending, RingNode, RingRules } from '../../../../overlays/chord/index.ts'
import { nobody, type MemberState, type ModelNeighbourhood, type PendingQuery } from './node-state.ts'

/** The production's rules over the model's numbers. */
export class ModelRules {
  readonly size: number
  readonly length: number
  readonly #rules: RingRules
  readonly #nodes: readonly RingNode[]

  /**
   * @param size how many nodes there are, members or not
   * @param length r, of a successor list
   */
  constructor(rules: RingRules, size: number, length: number) {
    this.#rules = rules
    this.size = size
    this.length = length
    // The rules look at nothing but the order of the points, and that is as many places on wherever one stands.
    this.#nodes = Array.from({ length: size }, (_, index) => {
      return { peer: `node-${index}`, index: 0, point: String.fromCharCode(97 + index) } as unknown as RingNode
    })
  }

  /** @param from where the member is that was asked and has answered `asked` */
  join(from: number, asked: ModelNeighbourhood, notice: number): MemberState | undefined {
    const joined = this.#rules.join(this.#node(0), this.#node(from), this.#neighbourhood(asked, from))
    return joined && { ...this.#member(joined), pending: undefined, notice }
  }

  stabilise(state: MemberState): MemberState {
    return this.#stepped(state, this.#rules.stabilise(this.#node(0), this.#neighbourhood(state)))
  }

  /** What comes of a query, which `state` has no longer. */
  answered(
    state: MemberState,
    query: PendingQuery,
    answer: ModelNeighbourhood | Exclude<Answer['type'], 'state'>,
  ): MemberState {
    const said: Answer =
      typeof answer === 'string'
        ? { type: answer }
        : { type: 'state', neighbourhood: this.#neighbourhood(answer, query.to) }
    const [self, pending] = [this.#node(0), this.#pending(query)]
    return this.#stepped(state, this.#rules.answered(self, this.#neighbourhood(state), pending, said, this.length))
  }

  notified(state: MemberState, candidate: number): MemberState {
    const known = this.#neighbourhood(state)
    return this.#stepped(state, this.#rules.notified(this.#node(0), known, this.#node(candidate)))
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

  #neighbourhood({ successors, predecessor }: ModelNeighbourhood, owner = 0): Neighbourhood {
    return {
      successors: successors.map((node) => this.#node(owner + node)),
      predecessor: predecessor === nobody ? undefined : this.#node(owner + predecessor),
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
    return this.#nodes[number % this.size] as RingNode
  }

  #number(node: RingNode): number {
    return this.#nodes.indexOf(node)
  }
}
