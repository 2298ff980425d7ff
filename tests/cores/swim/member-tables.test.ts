import { expect, test } from 'vitest'
import { createRandom, integer, type MemberState, type PeerId } from '../../../node/protocol/index.ts'
import { KnownMembers, type MemberTable } from '../../../overlays/swim/index.ts'

const names = Array.from({ length: 12 }, (_, index) => `m${index}`)
const states: readonly MemberState[] = ['alive', 'suspected', 'failed', 'left']

/** All that can be asked of a table. */
function contents(table: MemberTable): unknown {
  return {
    counts: [table.size, table.liveCount, table.goneCount, table.slotCount],
    slots: Array.from({ length: table.slotCount }, (_, slot) => {
      const record = table.at(slot)
      if (record === undefined) return 'free'
      expect([table.slotOf(record), table.get(record.peer)]).toEqual([slot, record])
      return [record.peer, record.state, record.incarnation, record.since, table.roundTrip(record)]
    }),
    live: Array.from({ length: table.liveCount }, (_, position) => table.liveAt(position).peer),
    gone: Array.from(table.gone(), ({ peer }) => peer),
    longestGone: table.longestGone?.peer,
  }
}

test('a shared table is the same as one of records of its own, whatever is done to it', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = createRandom(seed)
    const known = new KnownMembers(names)
    const self = (seed % 3 === 0 ? 'stranger' : `m${seed % 12}`) as PeerId
    const tables = [known.table(self), known.sharedTable(self)] as const
    const peers = [...names, 'x', 'y', 'z'].filter((name) => name !== self)
    for (let now = 1; now <= 150; now++) {
      const peer = peers[integer(random, peers.length)] as PeerId
      const state = states[integer(random, 4)] as MemberState
      const act = integer(random, 4)
      for (const table of tables) {
        const record = table.get(peer)
        const belief = { state, incarnation: now, suspicion: undefined }
        if (record === undefined) table.add(peer, belief, now)
        else if (act === 0) table.forget(record)
        else if (act === 1) table.measured(record, now)
        else table.change(record, belief, now)
      }
      expect(contents(tables[1]), `seed ${seed}, step ${now}`).toEqual(contents(tables[0]))
    }
  }
})

test('tables over the same members do not see what the others do', () => {
  const known = new KnownMembers(names)
  const [left, right] = [known.sharedTable('m0' as PeerId), known.sharedTable('m1' as PeerId)]
  const peer = 'm5' as PeerId
  const record = left.get(peer)
  if (record === undefined) throw new Error('m5 is not known')
  left.change(record, { state: 'failed', incarnation: 0, suspicion: undefined }, 5)
  expect([left.get(peer)?.state, right.get(peer)?.state]).toEqual(['failed', 'alive'])
  expect([left.get('m0' as PeerId), right.get('m1' as PeerId)]).toEqual([undefined, undefined])
})
