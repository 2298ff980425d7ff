import { TraceGraph } from './trace-graph.ts'
import type { Patch } from './trace.ts'
import { VersionWalk } from './version-walk.ts'

const blockLimit = 512
const none = -1

/** A stretch of the list. Counts are those at the version where the list stands. */
interface Block {
  readonly units: number[]
  visible: number
  /** Visible units that take two UTF-16 code units. */
  wide: number
  /** Place among the blocks. */
  index: number
}

/**
 * What a text must be, at any version of any history: the tree of Fugue (Weidner & Kleppmann, "The Art of the Fugue"),
 * one node a code point, kept as a list that is moved to the version an edit was made at by doing and undoing operations
 * (the idea of eg-walker, without any of its shortcuts). No runs, no positions kept, nothing shared with the library.
 *
 * Finding a place costs the number of blocks, moving costs the operations in between: enough for 100,000s of transactions.
 */
export class ReferenceText {
  readonly graph: TraceGraph
  readonly #walk: VersionWalk
  readonly #blocks: Block[] = [{ units: [], visible: 0, wide: 0, index: 0 }]
  /** For each transaction where its operations begin; each is the unit inserted, or −1 minus the unit deleted. */
  readonly #starts: number[] = [0]
  readonly #operations: number[] = []
  readonly #points: number[] = []
  readonly #replicas: string[] = []
  readonly #blockOf: Block[] = []
  readonly #inserted: boolean[] = []
  readonly #deletions: number[] = []
  /** Children in order, as linked lists. */
  readonly #firstLeft: number[] = []
  readonly #firstRight: number[] = []
  readonly #nextSibling: number[] = []
  /** The root stands to the left of all. */
  #rootRight = none

  constructor(graph: TraceGraph = new TraceGraph()) {
    this.graph = graph
    this.#walk = new VersionWalk(graph)
  }

  /** Code points that are visible at a version. */
  lengthAt(heads: readonly number[]): number {
    this.#moveTo(heads)
    return this.#blocks.reduce((sum, { visible }) => sum + visible, 0)
  }

  textAt(heads: readonly number[]): string {
    this.#moveTo(heads)
    const points = this.#blocks.flatMap(({ units }) =>
      units.filter((unit) => this.#isVisible(unit)).map((unit) => this.#points[unit] as number),
    )
    let text = ''
    for (let at = 0; at < points.length; at += 4096) text += String.fromCodePoint(...points.slice(at, at + 4096))
    return text
  }

  /** As `textAt` everything that was added. */
  endContent(): string {
    return this.textAt(this.graph.tips())
  }

  /**
   * Takes in the next transaction.
   *
   * @param author the replica, or who knows it once the transaction is in the graph
   * @returns its patches with positions and deletions in UTF-16 code units
   */
  add(parents: readonly number[], author: string | ((index: number) => string), patches: readonly Patch[]): Patch[] {
    this.#moveTo(parents)
    const index = this.graph.add(parents)
    const replica = typeof author === 'string' ? author : author(index)
    const converted = patches.map(([position, deleted, inserted]): Patch => {
      const at = this.#codeUnitsBefore(position)
      let units = 0
      for (let count = 0; count < deleted; count++) units += this.#delete(position)
      let next = position
      for (const character of inserted) this.#insert(next++, character.codePointAt(0) as number, replica)
      return [at, units, inserted]
    })
    this.#starts.push(this.#operations.length)
    this.#walk.stepTo(index)
    return converted
  }

  #moveTo(heads: readonly number[]): void {
    const { undone, done } = this.#walk.moveTo(heads)
    for (const index of undone) {
      for (let at = (this.#starts[index + 1] as number) - 1; at >= (this.#starts[index] as number); at--) {
        this.#do(this.#operations[at] as number, false)
      }
    }
    for (const index of done) {
      for (let at = this.#starts[index] as number; at < (this.#starts[index + 1] as number); at++) {
        this.#do(this.#operations[at] as number, true)
      }
    }
  }

  #do(operation: number, doing: boolean): void {
    const unit = operation < 0 ? -1 - operation : operation
    const before = this.#isVisible(unit)
    if (operation >= 0) this.#inserted[unit] = doing
    else this.#deletions[unit] = (this.#deletions[unit] as number) + (doing ? 1 : -1)
    const change = Number(this.#isVisible(unit)) - Number(before)
    if (change !== 0) this.#count(unit, change)
  }

  #count(unit: number, change: number): void {
    const block = this.#blockOf[unit] as Block
    block.visible += change
    if ((this.#points[unit] as number) > 0xffff) block.wide += change
  }

  #isVisible(unit: number): boolean {
    return this.#inserted[unit] === true && this.#deletions[unit] === 0
  }

  #codeUnitsBefore(position: number): number {
    let left = position
    let wide = 0
    for (const block of this.#blocks) {
      if (left <= 0) break
      if (block.visible <= left) {
        left -= block.visible
        wide += block.wide
        continue
      }
      for (const unit of block.units) {
        if (left === 0) break
        if (!this.#isVisible(unit)) continue
        left--
        if ((this.#points[unit] as number) > 0xffff) wide++
      }
    }
    return position + wide
  }

  #visibleAt(position: number): number {
    let left = position
    for (const block of this.#blocks) {
      if (left >= block.visible) {
        left -= block.visible
        continue
      }
      for (const unit of block.units) if (this.#isVisible(unit) && left-- === 0) return unit
    }
    throw new RangeError(`No character at position ${position}`)
  }

  /** @returns how many UTF-16 code units went */
  #delete(position: number): number {
    const unit = this.#visibleAt(position)
    this.#operations.push(-1 - unit)
    this.#do(-1 - unit, true)
    return (this.#points[unit] as number) > 0xffff ? 2 : 1
  }

  #insert(position: number, point: number, replica: string): void {
    const left = position === 0 ? none : this.#visibleAt(position - 1)
    const unit = this.#points.length
    this.#points.push(point)
    this.#replicas.push(replica)
    this.#inserted.push(false)
    this.#deletions.push(0)
    this.#firstLeft.push(none)
    this.#firstRight.push(none)
    this.#nextSibling.push(none)
    // Fugue, algorithm 1: a right child of what stands to the left, unless that has one already; then a left child of
    // what stands to the right.
    if (this.#hasKnownRight(left)) this.#placeLeft(unit, this.#knownBehind(left))
    else this.#placeRight(unit, left)
    this.#operations.push(unit)
    this.#do(unit, true)
  }

  #rightOf(unit: number): number {
    return unit === none ? this.#rootRight : (this.#firstRight[unit] as number)
  }

  #hasKnownRight(unit: number): boolean {
    for (let child = this.#rightOf(unit); child !== none; child = this.#nextSibling[child] as number) {
      if (this.#inserted[child] === true) return true
    }
    return false
  }

  /** The unit behind, deleted or not, that exists at this version. */
  #knownBehind(unit: number): number {
    let block = unit === none ? (this.#blocks[0] as Block) : (this.#blockOf[unit] as Block)
    let at = unit === none ? 0 : block.units.indexOf(unit) + 1
    for (;;) {
      for (; at < block.units.length; at++) {
        const other = block.units[at] as number
        if (this.#inserted[other] === true) return other
      }
      block = this.#blocks[block.index + 1] as Block
      at = 0
    }
  }

  #placeRight(unit: number, parent: number): void {
    const before = this.#link(unit, this.#rightOf(parent), (first) => {
      if (parent === none) this.#rootRight = first
      else this.#firstRight[parent] = first
    })
    let last = before
    if (before === none) last = parent
    else for (let child = before; child !== none; child = this.#lastRight(child)) last = child
    if (last === none) this.#put(this.#blocks[0] as Block, 0, unit)
    else this.#putBeside(last, 1, unit)
  }

  #placeLeft(unit: number, parent: number): void {
    this.#link(unit, this.#firstLeft[parent] as number, (first) => (this.#firstLeft[parent] = first))
    let next = this.#nextSibling[unit] as number
    if (next === none) next = parent
    else for (let child = next; child !== none; child = this.#firstLeft[child] as number) next = child
    this.#putBeside(next, 0, unit)
  }

  /** Siblings stand in the order of their replicas. @returns the sibling in front */
  #link(unit: number, first: number, setFirst: (first: number) => void): number {
    let before = none
    let behind = first
    while (behind !== none && (this.#replicas[behind] as string) < (this.#replicas[unit] as string)) {
      before = behind
      behind = this.#nextSibling[behind] as number
    }
    this.#nextSibling[unit] = behind
    if (before === none) setFirst(unit)
    else this.#nextSibling[before] = unit
    return before
  }

  #lastRight(unit: number): number {
    let last = this.#firstRight[unit] as number
    for (let next = last; next !== none; next = this.#nextSibling[next] as number) last = next
    return last
  }

  #putBeside(other: number, offset: 0 | 1, unit: number): void {
    const block = this.#blockOf[other] as Block
    this.#put(block, block.units.indexOf(other) + offset, unit)
  }

  #put(block: Block, at: number, unit: number): void {
    block.units.splice(at, 0, unit)
    this.#blockOf[unit] = block
    if (block.units.length <= blockLimit) return
    const rest: Block = { units: block.units.splice(blockLimit / 2), visible: 0, wide: 0, index: 0 }
    this.#blocks.splice(block.index + 1, 0, rest)
    for (let index = block.index + 1; index < this.#blocks.length; index++) (this.#blocks[index] as Block).index = index
    for (const moved of rest.units) {
      const visible = this.#isVisible(moved)
      if (visible) this.#count(moved, -1)
      this.#blockOf[moved] = rest
      if (visible) this.#count(moved, 1)
    }
  }
}
