import { expect, test } from 'vitest'
import { createRandom, integer, type Random } from '../../../node/protocol/index.ts'
import {
  ItemSet,
  Reconciliation,
  item,
  type Item,
  type ReconciliationMessage,
} from '../../../node/reconciliation/index.ts'
import { figure } from '../../figures.ts'
import { randomItem, reconcile, skewedItem } from './two-sides.ts'

/** A peer whose set changes, with a plain copy beside it, and what was in it when it last spoke. */
class ChangingPeer {
  readonly items = new Set<Item>()
  readonly #set = new ItemSet(48)
  readonly session: Reconciliation
  spoken: ReadonlySet<Item> = new Set()
  readonly reported = new Set<Item>()

  constructor(items: Iterable<Item>) {
    for (const item of items) this.add(item)
    this.session = new Reconciliation(this.#set)
  }

  add(item: Item): void {
    this.#set.add(item)
    this.items.add(item)
  }

  delete(item: Item): void {
    this.#set.delete(item)
    this.items.delete(item)
  }

  /** Checks what is reported against both sets as they are and were. */
  receive(message: ReconciliationMessage, sender: ChangingPeer): ReconciliationMessage | undefined {
    const { have, need, reply } = this.session.receive(message)
    for (const item of have) expect([this.items.has(item), sender.spoken.has(item)]).toEqual([true, false])
    for (const item of need) expect([this.items.has(item), sender.spoken.has(item)]).toEqual([false, true])
    for (const item of [...have, ...need]) {
      expect(this.reported.has(item)).toBe(false)
      this.reported.add(item)
    }
    this.spoken = new Set(this.items)
    return reply
  }
}

function churn(random: Random, peers: readonly ChangingPeer[], stable: ReadonlySet<Item>, draw: () => Item): void {
  for (const peer of peers) {
    for (let count = integer(random, 40); count > 0; count--) {
      const known = [...peer.items][integer(random, Math.max(1, peer.items.size))]
      if (random.next() < 0.5) peer.add(draw())
      else if (known !== undefined && !stable.has(known)) peer.delete(known)
    }
  }
}

test('while both sets change nothing wrong is reported, and all that differs throughout is', () => {
  for (let seed = 0; seed < figure('groups', 30, 2000); seed++) {
    const random = createRandom(`changes/${seed}`)
    // From a few hundred items on: one peer adds what the other may just have deleted.
    const pool = Array.from({ length: 700 }, () => (seed % 2 === 0 ? randomItem(random) : skewedItem(random)))
    const one = new ChangingPeer(pool.filter(() => random.next() < 0.9))
    const other = new ChangingPeer(pool.filter(() => random.next() < 0.9))
    const stable = new Set(pool.filter((item) => one.items.has(item) !== other.items.has(item) && random.next() < 0.5))
    const draw = (): Item => {
      const drawn = pool[integer(random, pool.length)] as Item
      return stable.has(drawn) ? randomItem(random) : drawn
    }
    let [sender, receiver] = [one, other]
    let message: ReconciliationMessage | undefined = one.session.begin(random)
    one.spoken = new Set(one.items)
    while (message !== undefined) {
      churn(random, [one, other], stable, draw)
      message = receiver.receive(message, sender)
      ;[sender, receiver] = [receiver, sender]
    }
    for (const peer of [one, other]) {
      expect(peer.session.outcome).toEqual({ kind: 'complete' })
      for (const item of stable) expect(peer.reported.has(item)).toBe(true)
    }
  }
})

test('sets that are filled faster than they are compared end the session at its last round', () => {
  const random = createRandom('filling')
  // Always before all that was there: the first range of any split is never one of few items.
  const fill = (set: ItemSet, round: number): void => {
    for (let count = 0; count < 20; count++) set.add(item('00'.repeat(round) + randomItem(random).slice(2 * round)))
  }
  const sets = [new ItemSet(48), new ItemSet(48)] as const
  const course = reconcile(sets[0], sets[1], { meanwhile: (round) => sets.forEach((set) => fill(set, round + 1)) })
  expect(course.messages.length).toBe(32)
  expect(course.begun.outcome).toMatchObject({ kind: 'stopped', limit: 'peer' })
  expect(course.answered.outcome).toMatchObject({ kind: 'stopped', limit: 'rounds' })
})
