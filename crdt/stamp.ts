import { includes, type CausalGraph, type Version } from './history/causal-graph.ts'
import type { ReplicaId } from './replica-id.ts'

/** Where in history an operation stands. One serves for a whole change: it moves on from operation to operation. */
export class Stamp {
  readonly agent: number
  /** Made on everything that is here. */
  readonly linear: boolean
  readonly #graph: CausalGraph
  readonly #parents: readonly number[]
  #first: number
  /** Local number of the operation's first unit, and its sequence number. */
  start: number
  sequence: number
  #version: Version | undefined

  /**
   * @param parents what the change was made on, ascending
   * @param version what that includes, where it is known
   */
  constructor(
    graph: CausalGraph,
    agent: number,
    start: number,
    sequence: number,
    linear: boolean,
    parents: readonly number[],
    version?: Version,
  ) {
    this.#graph = graph
    this.agent = agent
    this.#first = start
    this.start = start
    this.sequence = sequence
    this.linear = linear
    this.#parents = parents
    this.#version = version
  }

  get replica(): ReplicaId {
    return this.#graph.agents[this.agent] as ReplicaId
  }

  /** Lamport's time. */
  get lamport(): number {
    return this.#graph.lamportOf(this.start)
  }

  /** The last critical version among what the change was made on. */
  get base(): number {
    return this.#graph.criticalBelow(this.#parents[0] ?? -1)
  }

  /** What the operation was made on. */
  get heads(): readonly number[] {
    return this.start === this.#first ? this.#parents : [this.start - 1]
  }

  /** Made on exactly the operation numbered before it, by the same agent. */
  get goesOn(): boolean {
    return this.#graph.entryOf(this.start).start < this.start
  }

  /** Serves for another change, made on everything that is here. */
  moveTo(start: number, sequence: number): void {
    this.#first = start
    this.start = start
    this.sequence = sequence
  }

  moveOn(units: number): void {
    this.start += units
    this.sequence += units
  }

  /** Orders operations of maps and registers: of two, the one with the greater (Lamport time, replica) stands. */
  isLaterThan(other: number): boolean {
    if (this.linear) return true
    const time = this.lamport - this.#graph.lamportOf(other)
    return time === 0 ? this.replica > this.#graph.dotOf(other).replica : time > 0
  }

  /** Whether whoever made the operation had seen that one, which is here. */
  saw(agent: number, sequence: number): boolean {
    if (this.linear) return true
    if (agent === this.agent) return sequence < this.sequence
    this.#version ??= this.#graph.versionOf(this.#parents)
    return includes(this.#version, agent, sequence)
  }
}
