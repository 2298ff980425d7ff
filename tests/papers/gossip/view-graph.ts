import { integer, sample } from '../../../node/protocol/index.ts'
import { mean } from '../statistics.ts'
import type { Experiment } from '../experiment.ts'
import { Crowd, cycle, numberOf, paperOptions } from './crowd.ts'
import { flooding, type Floods } from './flooding.ts'

export interface ViewGraphTrial {
  readonly seed: number
  readonly size: number
}

export interface ViewGraphOutcome {
  readonly averagePath: number
  /** Hops to the last delivery, averaged over messages. */
  readonly lastHop: number
  readonly clustering: number
  readonly degree: number
  /** Neighbours that do not have each other, of all. */
  readonly asymmetric: number
  /** Payload messages in vain for each delivery: the relative message redundancy of flooding (Plumtree §4.1). */
  readonly redundancy: number
}

const stabilisation = 50
const messages = 50
/** From so many peers paths are measured. */
const sources = 100

/** HyParView §5.4, Table 1: the graph of the active views after 50 cycles. */
export const experiment: Experiment<ViewGraphTrial, ViewGraphOutcome> = {
  module: import.meta.url,
  run({ seed, size }) {
    const floods: Floods = []
    const crowd = new Crowd({ seed, size, attach: flooding(paperOptions, floods) })
    const { simulation } = crowd
    simulation.run(stabilisation * cycle)
    const graph = crowd.peers.map(({ api }) => api.neighbours().map(numberOf))
    const random = simulation.random('publishers')
    for (let number = 0; number < messages; number++) {
      crowd.peers[integer(random, size)]?.api.publish(number, size)
      simulation.run(1000)
    }
    const edges = graph.flatMap((neighbours, from) => neighbours.map((to): [number, number] => [from, to]))
    const starts = sample(random, Array.from(graph.keys()), sources)
    return {
      averagePath: mean(starts.map((start) => averagePath(graph, start))),
      lastHop: mean(floods.map(({ lastHop }) => lastHop)),
      clustering: mean(graph.map((neighbours) => clustering(graph, neighbours))),
      degree: edges.length / size,
      asymmetric: edges.filter(([from, to]) => graph[to]?.includes(from) !== true).length / edges.length,
      redundancy: mean(floods.map(({ receivers, duplicates }) => duplicates / (receivers - 1))),
    }
  },
}

type Graph = readonly (readonly number[])[]

/** Over all others that can be reached, by breadth first. */
function averagePath(graph: Graph, start: number): number {
  const distance = new Int32Array(graph.length).fill(-1)
  distance[start] = 0
  const queue = [start]
  let sum = 0
  for (const node of queue) {
    for (const next of graph[node] ?? []) {
      if (distance[next] !== -1) continue
      distance[next] = (distance[node] ?? 0) + 1
      sum += distance[next] ?? 0
      queue.push(next)
    }
  }
  return sum / (queue.length - 1)
}

/** Links among the neighbours of one peer, of all that there could be. */
function clustering(graph: Graph, neighbours: readonly number[]): number {
  const pairs = neighbours.length * (neighbours.length - 1)
  if (pairs === 0) return 0
  const linked = neighbours.flatMap((left) => neighbours.filter((right) => graph[left]?.includes(right) === true))
  return linked.length / pairs
}
