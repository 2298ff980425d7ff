import { expect, test } from 'vitest'
import { immutableKey, type Key, type PeerId } from '../../../../node/protocol/index.ts'
import type { Arc } from '../../../../node/reconciliation/index.ts'
import { ringNode, type RingNode } from '../../../../overlays/chord/index.ts'
/* oxlint-disable no-restricted-imports -- a part of the core, which nobody else is to use */
import { clockwise } from '../../../../overlays/chord/ring-node.ts'
import { resolveDhtOptions } from '../../../../overlays/chord/dht/options.ts'
import { RecordTable } from '../../../../overlays/chord/dht/record-table.ts'
import { Repair, type RepairPorts } from '../../../../overlays/chord/dht/repair.ts'

const nodes = (...peers: string[]): RingNode[] => peers.map((peer) => ringNode(peer as PeerId))

function filled(count: number): RecordTable {
  const table = new RecordTable({ recordLimit: 1000, byteLimit: 1_000_000 })
  for (let number = 0; number < count; number++) {
    table.merge({ kind: 'immutable', value: new TextEncoder().encode(`value ${number}`) }, 1000)
  }
  return table
}

/** A repair on its own, of which every lookup is answered at once by the ring that there is by then. */
function repairing(self: string, table: RecordTable, ringAt: (lookup: number) => readonly RingNode[]) {
  let lookups = 0
  const given: { readonly peer: PeerId; readonly arc: Arc }[] = []
  const look = (key: Key, settle: (outcome: object) => void): void => {
    if (lookups > 2 * table.items.size) throw new Error('The round goes on and on')
    const successors = ringAt(lookups++).toSorted(clockwise(key))
    settle({ type: 'found', predecessor: successors.at(-1), successors })
  }
  const give = (peer: PeerId, arc: Arc, settle: (isWhole: boolean) => void): void => {
    given.push({ peer, arc })
    settle(true)
  }
  const ports = {
    environment: { self: self as PeerId, random: { next: () => 0.5 }, schedule: () => undefined },
    ring: { lookups: { look }, known: { peers: ringAt(0).map(({ peer }) => peer), gathered: () => [] } },
    table,
    transfer: { give },
    catchUp: { round: () => undefined },
  }
  return {
    repair: new Repair(ports as unknown as RepairPorts, resolveDhtOptions({}, 8)),
    given,
    lookups: () => lookups,
  }
}

test('a round ends, whoever leaves the ring in the midst of it', () => {
  for (let seed = 0; seed < 300; seed++) {
    const [self, other] = [`self ${seed}`, `other ${seed}`]
    const [before, after] = [nodes(self, other, `a ${seed}`, `b ${seed}`), nodes(self, other)]
    for (let left = 0; left < 5; left++) {
      const table = filled(20)
      const round = repairing(self, table, (lookup) => (lookup < left ? before : after))
      const told: boolean[] = []
      round.repair.handOver((isWhole) => void told.push(isWhole))
      expect(told).toEqual([true])
      expect(round.lookups()).toBeLessThanOrEqual(before.length + 1)
    }
  }
})

test('whoever hands over gives every record to those who should hold it without him', () => {
  const table = filled(50)
  const ring = nodes('self', 'one', 'two', 'three')
  const round = repairing('self', table, () => ring)
  round.repair.handOver(() => undefined)
  for (let number = 0; number < 50; number++) {
    const key = immutableKey(new TextEncoder().encode(`value ${number}`))
    const takers = round.given.flatMap(({ peer, arc: { from, to } }) => {
      const [first, end, item]: readonly string[] = [from, to, key]
      if (first === undefined || end === undefined || item === undefined) return []
      return (first < end ? first <= item && item < end : item >= first || item < end) ? [peer] : []
    })
    expect(takers.toSorted()).toEqual(['one', 'three', 'two'])
  }
})
