import type { Codes } from './catalogue.ts'

const firstCapacity = 1 << 16
const growth = 1.5
/** Of the table's slots; more makes collisions long. */
const fullest = 0.7
const free = -1

/**
 * Worlds in the order in which they were found, each once, with the one from which each was found. Worlds that differ by
 * a turn of the ring are one.
 */
export class WorldSet {
  readonly #size: number
  readonly #turned: Codes
  #codes: Codes
  #parents: Int32Array
  #table: Int32Array
  #count = 0

  /** @param size of each world */
  constructor(size: number) {
    this.#size = size
    this.#turned = new Uint16Array(size)
    this.#codes = new Uint16Array(size * firstCapacity)
    this.#parents = new Int32Array(firstCapacity)
    this.#table = new Int32Array(2 * firstCapacity).fill(free)
  }

  get count(): number {
    return this.#count
  }

  /** @returns whether it is new */
  add(world: Codes, parent: number): boolean {
    turnToFirst(world, this.#turned)
    const slot = this.#slotOf(this.#turned)
    if ((this.#table[slot] as number) !== free) return false
    if (this.#count === this.#parents.length) this.#grow()
    this.#table[slot] = this.#count
    this.#codes.set(this.#turned, this.#count * this.#size)
    this.#parents[this.#count] = parent
    this.#count++
    if (this.#count > this.#table.length * fullest) this.#rehash()
    return true
  }

  has(world: Codes): boolean {
    turnToFirst(world, this.#turned)
    return (this.#table[this.#slotOf(this.#turned)] as number) !== free
  }

  read(index: number, into: Codes): void {
    const from = index * this.#size
    for (let place = 0; place < this.#size; place++) into[place] = this.#codes[from + place] as number
  }

  parentOf(index: number): number {
    return this.#parents[index] as number
  }

  /** @returns where that world is, or would be */
  #slotOf(world: Codes): number {
    const mask = this.#table.length - 1
    let slot = hash(world, 0, this.#size) & mask
    for (; ; slot = (slot + 1) & mask) {
      const index = this.#table[slot] as number
      if (index === free || this.#equals(index, world)) return slot
    }
  }

  #equals(index: number, world: Codes): boolean {
    const from = index * this.#size
    for (let place = 0; place < this.#size; place++) if (this.#codes[from + place] !== world[place]) return false
    return true
  }

  #grow(): void {
    const capacity = Math.floor(this.#parents.length * growth)
    const codes = new Uint16Array(capacity * this.#size)
    codes.set(this.#codes)
    const parents = new Int32Array(capacity)
    parents.set(this.#parents)
    this.#codes = codes
    this.#parents = parents
  }

  #rehash(): void {
    const table = new Int32Array(2 * this.#table.length).fill(free)
    const mask = table.length - 1
    for (let index = 0; index < this.#count; index++) {
      let slot = hash(this.#codes, index * this.#size, this.#size) & mask
      while (table[slot] !== free) slot = (slot + 1) & mask
      table[slot] = index
    }
    this.#table = table
  }
}

/** Turns the ring so that its codes come first in order of all turns. */
export function turnToFirst(world: Codes, into: Codes): void {
  const size = world.length
  let best = 0
  for (let turn = 1; turn < size; turn++) {
    for (let place = 0; place < size; place++) {
      const difference = (world[(turn + place) % size] as number) - (world[(best + place) % size] as number)
      if (difference < 0) best = turn
      if (difference !== 0) break
    }
  }
  for (let place = 0; place < size; place++) into[place] = world[(best + place) % size] as number
}

function hash(codes: Codes, from: number, size: number): number {
  let mixed = 0x9e37_79b9
  for (let at = from; at < from + size; at++) {
    mixed = Math.imul(mixed ^ (codes[at] as number), 0x85eb_ca6b)
    mixed ^= mixed >>> 13
  }
  mixed = Math.imul(mixed, 0xc2b2_ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
