import { expect, test } from 'vitest'
import { createDocument, replicaId, type Change, type Dot } from '../../../crdt/index.ts'
import { ByteWriter, createRandom, integer, sample, shuffle, type Random } from '../../../node/protocol/index.ts'

/** A change and, spelt out, all that is in its past. */
interface Node {
  readonly change: Change
  readonly past: ReadonlySet<Node>
}

/** Sets the multi-value register `values` a few times over, at last to the name of the change. */
function assignments(name: string, count: number): Uint8Array {
  const writer = new ByteWriter()
  writer.u8(1).varint(1).u8(12).text('values')
  for (let round = 0; round < count; round++) writer.u8(9).varint(0).u8(6).text(name)
  return writer.finish()
}

/** Dependencies may name what others have in their past already, and the middle of a change. */
function grow(random: Random, nodes: readonly Node[], replicas: number): Node {
  const replica = replicaId(`r${integer(random, replicas)}`)
  const own = nodes.findLast(({ change }) => change.replica === replica)
  const sequence = own === undefined ? 0 : own.change.sequence + own.change.count
  const named = new Map<string, Node>()
  for (const node of sample(random, nodes.slice(-12), integer(random, 4))) {
    if (node.change.replica !== replica) named.set(node.change.replica, node)
  }
  const dependencies = [...named.values()]
    .map(({ change }): Dot => ({ replica: change.replica, sequence: change.sequence + integer(random, change.count) }))
    .sort((left, right) => (left.replica < right.replica ? -1 : 1))
  const past = new Set<Node>()
  for (const parent of [...named.values(), ...(own === undefined ? [] : [own])]) {
    past.add(parent)
    for (const node of parent.past) past.add(node)
  }
  const count = 1 + integer(random, 3)
  const operations = assignments(`${replica} ${sequence}`, count)
  return { change: { replica, sequence, count, dependencies, time: 0, operations }, past }
}

/** Those that nobody has in the past. */
function headsOf(nodes: readonly Node[]): Node[] {
  const heads = nodes.filter((node) => !nodes.some(({ past }) => past.has(node)))
  return heads.sort((left, right) => (left.change.replica < right.change.replica ? -1 : 1))
}

test.each(Array.from({ length: 40 }, (_, index) => index + 1))(
  'heads, versions and what is concurrent agree with explicit reachability (seed %i)',
  (seed) => {
    const random = createRandom(seed)
    const nodes: Node[] = []
    for (let size = 0; size < 60; size++) nodes.push(grow(random, nodes, 2 + (seed % 6)))
    const document = createDocument({ replica: 'reader' })
    const present: Node[] = []
    const rest = shuffle(random, [...nodes])
    while (rest.length > 0) {
      const next = rest.findIndex(({ past }) => [...past].every((node) => present.includes(node)))
      const [node] = rest.splice(next, 1) as [Node]
      document.apply([node.change])
      present.push(node)
      const heads = headsOf(present)
      expect(document.frontier).toEqual(
        heads.map(({ change }) => ({ replica: change.replica, sequence: change.sequence + change.count - 1 })),
      )
      expect(document.multiValueRegister('values').values()).toEqual(
        heads.map(({ change }) => `${change.replica} ${change.sequence}`),
      )
    }
    for (const { change } of nodes) {
      expect(document.version.get(change.replica)).toBeGreaterThanOrEqual(change.sequence + change.count)
    }
    expect(document.statistics).toMatchObject({ changes: 60, rejected: 0, waiting: 0 })
  },
)
