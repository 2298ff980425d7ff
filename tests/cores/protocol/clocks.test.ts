import { describe, expect, test } from 'vitest'
import {
  AssertionError,
  HybridLogicalClock,
  LamportClock,
  compareHybridTimes,
  createRandom,
  integer,
  type HybridTime,
} from '../../../node/protocol/index.ts'

describe('the Lamport clock', () => {
  test('ticks between any two events of a process (IR1)', () => {
    const clock = new LamportClock()
    expect([clock.tick(), clock.tick(), clock.tick()]).toEqual([1, 2, 3])
    expect(clock.time).toBe(3)
  })

  test('is behind no message it has seen (IR2)', () => {
    const clock = new LamportClock(4)
    clock.witness(10)
    expect(clock.tick()).toBe(11)
    clock.witness(3)
    expect(clock.tick()).toBe(12)
  })

  test('gives every effect a later time than its cause, in any exchange', () => {
    const random = createRandom(1)
    const clocks = Array.from({ length: 4 }, () => new LamportClock())
    const past = clocks.map(() => 0)
    for (let step = 0; step < 1000; step++) {
      const [from, to] = [integer(random, 4), integer(random, 4)]
      const sent = (clocks[from] as LamportClock).tick()
      expect(sent).toBeGreaterThan(past[from] as number)
      past[from] = sent
      ;(clocks[to] as LamportClock).witness(sent)
      past[to] = Math.max(past[to] as number, sent)
    }
  })

  test('takes no time but integers from 0 to 2^53 - 1, and says when it has none left', () => {
    for (const time of [-1, 1.5, Number.NaN, 2 ** 53]) {
      expect(() => new LamportClock(time)).toThrow(AssertionError)
      expect(() => new LamportClock().witness(time)).toThrow(AssertionError)
    }
    expect(() => new LamportClock(Number.MAX_SAFE_INTEGER).tick()).toThrow(AssertionError)
  })
})

describe('the hybrid logical clock', () => {
  test('follows the wall clock, and counts on where that stands still or goes back', () => {
    const clock = new HybridLogicalClock()
    expect(clock.tick(1000)).toEqual({ wall: 1000, logical: 0 })
    expect(clock.tick(1000)).toEqual({ wall: 1000, logical: 1 })
    expect(clock.tick(400)).toEqual({ wall: 1000, logical: 2 })
    expect(clock.tick(1001)).toEqual({ wall: 1001, logical: 0 })
  })

  test('comes behind what it receives (Kulkarni et al., figure 5)', () => {
    const clock = new HybridLogicalClock()
    clock.tick(1000)
    expect(clock.witness({ wall: 1500, logical: 7 }, 1100)).toEqual({ wall: 1500, logical: 8 })
    expect(clock.witness({ wall: 1500, logical: 3 }, 1200)).toEqual({ wall: 1500, logical: 9 })
    expect(clock.witness({ wall: 900, logical: 99 }, 1300)).toEqual({ wall: 1500, logical: 10 })
    expect(clock.witness({ wall: 900, logical: 99 }, 2000)).toEqual({ wall: 2000, logical: 0 })
    expect(clock.tick(2000)).toEqual({ wall: 2000, logical: 1 })
  })

  test('refuses a time too far ahead, and is as it was', () => {
    const clock = new HybridLogicalClock(500)
    clock.tick(1000)
    expect(clock.witness({ wall: 1501, logical: 0 }, 1000)).toBeUndefined()
    expect(clock.tick(1000)).toEqual({ wall: 1000, logical: 1 })
    expect(clock.witness({ wall: 1500, logical: 0 }, 1000)).toEqual({ wall: 1500, logical: 1 })
  })

  test('never goes back and never contradicts causality, however skewed the clocks are', () => {
    const random = createRandom(2)
    const clocks = Array.from({ length: 3 }, () => new HybridLogicalClock(Number.MAX_SAFE_INTEGER))
    const last: HybridTime[] = clocks.map(() => ({ wall: 0, logical: -1 }))
    for (let step = 0; step < 2000; step++) {
      const [from, to] = [integer(random, 3), integer(random, 3)]
      const sent = (clocks[from] as HybridLogicalClock).tick(integer(random, 1_000_000))
      expect(compareHybridTimes(sent, last[from] as HybridTime)).toBeGreaterThan(0)
      last[from] = sent
      const received = (clocks[to] as HybridLogicalClock).witness(sent, integer(random, 1_000_000)) as HybridTime
      expect(compareHybridTimes(received, sent)).toBeGreaterThan(0)
      expect(compareHybridTimes(received, last[to] as HybridTime)).toBeGreaterThan(0)
      last[to] = received
    }
  })

  test('takes integer milliseconds only', () => {
    expect(() => new HybridLogicalClock().tick(1.5)).toThrow(AssertionError)
    expect(() => new HybridLogicalClock().witness({ wall: Number.NaN, logical: 0 }, 1)).toThrow(AssertionError)
  })
})
