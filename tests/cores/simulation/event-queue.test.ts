import { describe, expect, test } from 'vitest'
import { createRandom, integer, type Random } from '../../../node/protocol/index.ts'
import { EventQueue } from '../../../node/simulation/index.ts'

interface Entry {
  readonly time: number
  readonly number: number
}

/** The queue and a sorted list side by side: whatever the one gives, the other must give. */
class Duel {
  readonly queue = new EventQueue()
  #list: Entry[] = []
  #number = 0
  now = 0

  put(delay: number): void {
    const entry = { time: this.now + delay, number: this.#number++ }
    this.queue.put(entry.time, entry.number % 256, entry.number, entry.number + 1, 3, entry.number % 7, entry)
    // Kept sorted by time; the new one goes behind its equals.
    let at = this.#list.length
    while (at > 0 && this.#list[at - 1]!.time > entry.time) at--
    this.#list.splice(at, 0, entry)
  }

  /** Takes all that is due by then from both. */
  advance(duration: number): void {
    const end = this.now + duration
    for (;;) {
      const expected = this.#list[0]
      const time = this.queue.next(end)
      if (expected === undefined || expected.time > end) {
        expect(time).toBe(Infinity)
        break
      }
      expect(time).toBe(expected.time)
      this.take()
    }
    this.now = end
  }

  /** Takes one event, which `next` found. */
  take(): void {
    const expected = this.#list.shift()!
    const { queue } = this
    queue.take()
    const { number } = expected
    const { kind, peer, other, session, protocol, payload } = queue
    expect({ kind, peer, other, session, protocol }).toEqual({
      kind: number % 256,
      peer: number,
      other: number + 1,
      session: 3,
      protocol: number % 7,
    })
    expect(payload).toBe(expected)
    expect(queue.size).toBe(this.#list.length)
    this.now = expected.time
  }

  finish(): void {
    while (this.#list.length > 0) this.advance(Math.max(1, this.#list[0]!.time - this.now))
    expect(this.queue.next(Number.MAX_SAFE_INTEGER)).toBe(Infinity)
    expect(this.queue.size).toBe(0)
  }
}

const turn = 4096
const hours = turn * turn

/** Delays at which something changes hands inside the queue, and their neighbours. */
const edges = [0, 1, turn - 1, turn, turn + 1, 2 * turn, hours - 1, hours, hours + 1, 2 * hours, 3 * hours + 5]

function delayFrom(random: Random, spans: readonly number[]): number {
  return integer(random, spans[integer(random, spans.length)]! + 1)
}

describe('the queue gives what a sorted list gives: events by time, equal times in the order they came', () => {
  test.each([
    { name: 'within a turn', spans: [10, 300] },
    { name: 'over many turns', spans: [1, 5000, 60_000] },
    { name: 'over hours', spans: [1, 60_000, 3 * hours] },
    { name: 'all at once', spans: [0, 1] },
  ])('random delays $name', ({ spans }) => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = createRandom(seed)
      const duel = new Duel()
      for (let round = 0; round < 300; round++) {
        for (let count = integer(random, 6); count > 0; count--) duel.put(delayFrom(random, spans))
        duel.advance(delayFrom(random, spans))
      }
      duel.finish()
    }
  })

  test('delays at the edges of its wheels, from times at and beside them', () => {
    for (const offset of edges) {
      for (const step of edges) {
        const duel = new Duel()
        duel.advance(offset)
        for (const delay of edges) duel.put(delay)
        duel.advance(step)
        for (const delay of edges) duel.put(delay)
        duel.finish()
      }
    }
  })

  test('events put while others of the same millisecond are taken', () => {
    const random = createRandom(3)
    const duel = new Duel()
    for (let count = 0; count < 20; count++) duel.put(integer(random, 3))
    for (let taken = 0; taken < 2000 && duel.queue.size > 0; taken++) {
      duel.queue.next(Number.MAX_SAFE_INTEGER)
      duel.take()
      if (integer(random, 100) < 97) duel.put(integer(random, 50) === 0 ? turn : integer(random, 2))
    }
    duel.finish()
  })

  test('an event put long before lies in front of one put just before, both for the same millisecond', () => {
    for (const ahead of [turn + 3, 7 * turn, hours + 3, 2 * hours + 11]) {
      const duel = new Duel()
      duel.put(ahead)
      duel.advance(ahead - 1)
      duel.put(1)
      duel.put(1)
      duel.finish()
    }
  })
})

test('nothing is put into the past', () => {
  const queue = new EventQueue()
  queue.put(10, 1, 0, 0, 0, 0, undefined)
  expect(queue.next(20)).toBe(10)
  queue.take()
  expect(() => queue.put(9, 1, 0, 0, 0, 0, undefined)).toThrow('past')
})
