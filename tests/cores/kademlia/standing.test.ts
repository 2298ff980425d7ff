import { beforeEach, describe, expect, test } from 'vitest'
// What tells good peers from bad ones is no part of the overlay's interface.
// oxlint-disable-next-line no-restricted-imports
import { Standing } from '../../../overlays/kademlia/standing.ts'

const minute = 60_000

let now: number
let standing: Standing

beforeEach(() => {
  now = 1_000_000
  standing = new Standing(() => now)
})

function repeat(count: number, act: () => void): void {
  for (let time = 0; time < count; time++) act()
}

describe('a peer', () => {
  test('of whom nothing is known is neither doubted nor trusted', () => {
    expect(standing.isDoubted('a')).toBe(false)
    expect(standing.isTrusted('a')).toBe(false)
  })

  test('may do badly once; the second time it is doubted', () => {
    standing.blame('a')
    expect(standing.isDoubted('a')).toBe(false)
    standing.blame('a')
    expect(standing.isDoubted('a')).toBe(true)
  })

  test('is doubted at once for what weighs twice as much', () => {
    standing.blame('a', 2)
    expect(standing.isDoubted('a')).toBe(true)
  })

  test('is trusted while it has done more good than bad', () => {
    standing.praise('a')
    expect(standing.isTrusted('a')).toBe(true)
    standing.blame('a')
    expect(standing.isTrusted('a')).toBe(false)
    expect(standing.isDoubted('a')).toBe(false)
  })

  test('is judged by what it has done itself', () => {
    standing.blame('a', 2)
    standing.praise('b')
    expect(['a', 'b'].map((peer) => standing.isDoubted(peer))).toEqual([true, false])
    expect(['a', 'b'].map((peer) => standing.isTrusted(peer))).toEqual([false, true])
  })

  test('that is forgiven begins anew, and nobody else does', () => {
    for (const peer of ['a', 'b']) standing.blame(peer, 2)
    standing.forgive('a')
    standing.blame('a')
    expect(['a', 'b'].map((peer) => standing.isDoubted(peer))).toEqual([false, true])
  })
})

test('nothing is left of anybody once all is cleared', () => {
  standing.blame('a', 2)
  standing.praise('b')
  standing.clear()
  expect(standing.isDoubted('a')).toBe(false)
  expect(standing.isTrusted('b')).toBe(false)
})

describe('deeds are worth so much and no more', () => {
  test('good ones, so that nobody saves them up: after eight or a hundred, ten bad ones are as many as are borne', () => {
    repeat(100, () => standing.praise('a'))
    repeat(9, () => standing.blame('a'))
    expect(standing.isDoubted('a')).toBe(false)
    standing.blame('a')
    expect(standing.isDoubted('a')).toBe(true)
  })

  test('bad ones, so that nobody is lost: after four or a hundred, three good ones end the doubt', () => {
    repeat(100, () => standing.blame('a'))
    repeat(2, () => standing.praise('a'))
    expect(standing.isDoubted('a')).toBe(true)
    standing.praise('a')
    expect(standing.isDoubted('a')).toBe(false)
  })
})

describe('what is past fades', () => {
  test('the worst is doubted for two minutes without a word of it, and then no longer', () => {
    standing.blame('a', 4)
    now += 2 * minute - 1
    expect(standing.isDoubted('a')).toBe(true)
    now += 1
    expect(standing.isDoubted('a')).toBe(false)
  })

  test('one good deed is trusted for a minute', () => {
    standing.praise('a')
    now += minute - 1
    expect(standing.isTrusted('a')).toBe(true)
    now += 1
    expect(standing.isTrusted('a')).toBe(false)
  })

  test('each further deed adds to what is left of the others, and the minutes begin again', () => {
    standing.blame('a', 4)
    now += minute
    standing.blame('a')
    now += minute - 1
    expect(standing.isDoubted('a')).toBe(true)
    now += 1
    expect(standing.isDoubted('a')).toBe(false)
  })
})

describe('1024 peers are remembered', () => {
  const others = Array.from({ length: 1023 }, (_, number) => `other ${number}`)

  test('so many, and of one more the one heard of longest ago is forgotten', () => {
    standing.blame('first', 2)
    for (const peer of others) standing.blame(peer, 2)
    expect(['first', ...others].every((peer) => standing.isDoubted(peer))).toBe(true)
    standing.blame('one more', 2)
    expect(standing.isDoubted('first')).toBe(false)
    expect([...others, 'one more'].every((peer) => standing.isDoubted(peer))).toBe(true)
  })

  test('whoever is heard of again is not the one', () => {
    standing.blame('first', 2)
    for (const peer of others) standing.blame(peer, 2)
    standing.blame('first')
    standing.blame('one more', 2)
    expect(standing.isDoubted('first')).toBe(true)
    expect(standing.isDoubted('other 0')).toBe(false)
  })
})
