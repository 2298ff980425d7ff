import { assert } from './errors.ts'

/** A source of chance. Seeded in simulation and tests, seeded from the system's entropy in a live host. */
export interface Random {
  /** @returns a float in [0, 1) */
  next(): number
}

/**
 * The small fast counter generator sfc32 (Doty-Humphrey, PractRand): 128 bits of state, period at least 2^32, the same
 * sequence on every engine since it uses 32-bit integer arithmetic only.
 *
 * @param seed any integer or text; equal seeds give equal sequences
 */
export function createRandom(seed: number | string): Random {
  const random = new Sfc32(scramble(String(seed)))
  for (let round = 0; round < 12; round++) random.next()
  return random
}

/** One object and no closure: a simulation has one for each protocol of each peer. */
class Sfc32 implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor([a, b, c]: readonly [number, number, number]) {
    this.#a = a | 0
    this.#b = b | 0
    this.#c = c | 0
  }

  next(): number {
    const [b, c] = [this.#b, this.#c]
    const sum = (((this.#a + b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = b ^ (b >>> 9)
    this.#b = (c + (c << 3)) | 0
    this.#c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 0x1_0000_0000
  }
}

/** A generator of its own for each part of a system, so that one part drawing more does not shift the others. */
export function split(random: Random, label: string): Random {
  return createRandom(`${label}/${integer(random, 0x1_0000_0000)}/${integer(random, 0x1_0000_0000)}`)
}

/** @returns an integer in [0, bound); `bound` from 1 to 2^32 */
export function integer(random: Random, bound: number): number {
  assert(bound >= 1 && bound <= 0x1_0000_0000, 'bound of a random integer must be from 1 to 2^32')
  return Math.floor(random.next() * bound)
}

/** @returns a duration drawn evenly from [base − base·share, base + base·share], whole milliseconds */
export function jitter(random: Random, base: number, share: number): number {
  return Math.max(0, Math.round(base * (1 + share * (2 * random.next() - 1))))
}

/** Shuffles in place (Fisher–Yates, Durstenfeld's form). */
export function shuffle<Item>(random: Random, items: Item[]): Item[] {
  for (let last = items.length - 1; last > 0; last--) swap(items, last, integer(random, last + 1))
  return items
}

/** @returns up to `count` distinct items, every subset equally likely, in random order */
export function sample<Item>(random: Random, items: readonly Item[], count: number): Item[] {
  const pool = items.slice()
  const size = Math.min(Math.max(0, count), pool.length)
  for (let index = 0; index < size; index++) swap(pool, index, index + integer(random, pool.length - index))
  pool.length = size
  return pool
}

function swap<Item>(items: Item[], left: number, right: number): void {
  const item = items[left] as Item
  items[left] = items[right] as Item
  items[right] = item
}

/** Spreads a text over 96 bits: three runs of FNV-1a with different offsets, each finished by murmur3's mixer. */
function scramble(text: string): [number, number, number] {
  const words: [number, number, number] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b]
  for (let word = 0; word < 3; word++) {
    let hash = words[word] as number
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    words[word] = hash ^ (hash >>> 16)
  }
  return words
}
