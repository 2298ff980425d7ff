import { parseContainerId } from '../container-id.ts'
import type { Container, Content } from '../container.ts'
import type { Dot } from '../change.ts'
import type { ListMove } from '../event.ts'
import type { History } from '../history/history.ts'
import { isLater, type Execution, type Stamp, type State } from '../state.ts'
import type { ItemBuffer } from './item-buffer.ts'
import type { Sequence } from './sequence.ts'
import type { Place, Tracker } from './tracker.ts'
import type { View } from './view.ts'

/** Since an element was inserted, or inserted again. */
interface Life {
  /** The unit that stands, the latest of those that moves gave it. */
  winner: number
  /** Whether nobody has deleted any of its units. */
  alive: boolean
}

interface Element {
  /** The unit it was inserted as. */
  readonly first: number
  readonly content: Content
  readonly lives: Life[]
  /** The unit under which the list shows it. */
  shown: number | undefined
}

/** An element of which there are units that nobody has deleted, as it is kept when history is dropped. */
export interface SavedElement {
  readonly first: number
  readonly shown: number | undefined
  readonly lives: readonly Readonly<Life>[]
  /** Its units, each with the number of its life and its index among all units. */
  readonly units: readonly { readonly unit: number; readonly life: number; readonly raw: number }[]
}

interface Position {
  readonly element: Element
  readonly life: Life
}

/**
 * The elements of a list that were moved, or inserted again. To move one is to delete the unit under which it stands and
 * to insert another, so that several who move it at once give it several units: one is shown, the others are ghosts,
 * which operations count and nobody sees. An element shows
 *
 * - once, under the unit of the latest move (Lamport time, replica);
 * - not any more when anybody deletes one of its units, unless it is inserted again by somebody.
 *
 * Units are named by the operations that inserted them. A list gets along without this until something is moved in it.
 */
export class ListElements {
  readonly #history: History
  readonly #sequence: Sequence<readonly Content[], ItemBuffer>
  readonly #state: State
  readonly #positions = new Map<number, Position>()
  /** Where ghosts are among all units that are not deleted, ascending. */
  #ghosts: readonly number[] = []
  /** Elements that went, and where they were in the list before the present event. */
  #origins = new Map<Element, number>()
  #execution: Execution | undefined
  #recording = false

  constructor(history: History, sequence: Sequence<readonly Content[], ItemBuffer>, state: State) {
    this.#history = history
    this.#sequence = sequence
    this.#state = state
  }

  /** Visits the units that nobody has deleted: by themselves, or as those of an element. */
  saved(
    visitUnit: (unit: number, raw: number, shown: number) => void,
  ): (SavedElement & { readonly content: Content })[] {
    const units = new Map<Element, { readonly unit: number; readonly life: number; readonly raw: number }[]>()
    this.#sequence.completeTracker().visible((from, count, index) => {
      for (let at = 0; at < count; at++) {
        const position = this.#positions.get(from + at)
        if (position === undefined) visitUnit(from + at, index + at, this.#shownOf(index + at))
        else {
          const { element, life } = position
          const known = units.get(element) ?? []
          known.push({ unit: from + at, life: element.lives.indexOf(life), raw: index + at })
          units.set(element, known)
        }
      }
    })
    return [...units].map(([{ first, shown, lives, content }, units]) => ({ first, shown, lives, content, units }))
  }

  /** Takes over elements that were saved. */
  restore(saved: readonly (SavedElement & { readonly content: Content })[]): void {
    const ghosts: number[] = []
    for (const { first, shown, lives: savedLives, content, units } of saved) {
      const lives = savedLives.map((life) => ({ ...life }))
      const element = { first, content, lives, shown }
      this.#positions.set(first, { element, life: lives[0] as Life })
      for (const { unit, life, raw } of units) {
        this.#positions.set(unit, { element, life: lives[life] as Life })
        if (unit !== shown) ghosts.push(raw)
      }
    }
    this.#setGhosts(ghosts.sort((left, right) => left - right))
  }

  /** @param again which of the contents are elements that were here before */
  insert(index: number, contents: readonly Content[], again: readonly number[], stamp: Stamp, by: Execution): void {
    const [tracker, view] = this.#begin(stamp, by)
    const { start, agent, sequence } = stamp
    const at = tracker.insert(start, index, contents.length, agent, sequence, view)
    const shown = this.#shownOf(at)
    this.#moveGhosts(at, contents.length)
    for (const offset of again) this.#addGhost(at + offset)
    this.#put(
      shown,
      contents.filter((_, offset) => !again.includes(offset)),
    )
    for (const offset of again) this.#revive(start + offset, contents[offset] as Container)
  }

  delete(index: number, count: number, stamp: Stamp, by: Execution): void {
    const [tracker, view] = this.#begin(stamp, by)
    const { start, agent, sequence } = stamp
    for (const removal of tracker.delete(start, index, count, agent, sequence, false, view)) {
      this.#takeOut(removal.index, removal.count)
    }
    tracker.hits(start, start + count, (unit) => {
      const position = this.#positions.get(unit)
      if (position === undefined) return
      const { element, life } = position
      this.#save(element, life)
      if (element.shown === unit) element.shown = undefined
      life.alive = false
      this.#refresh(element)
    })
  }

  move(from: number, to: number, stamp: Stamp, by: Execution): void {
    const [tracker, view] = this.#begin(stamp, by)
    const { start, agent, sequence } = stamp
    const [[removal], at] = tracker.move(start, from, to, agent, sequence, view)
    let old = -1
    tracker.hits(start, start + 1, (unit) => {
      old = unit
    })
    const shown = removal && this.#shownOf(removal.index)
    const content = shown === undefined ? undefined : this.#sequence.content.at(shown)
    // Before anything was moved only a deletion can have taken the unit.
    const position = this.#positions.get(old) ?? this.#enter(old, content ?? null, shown !== undefined)
    const { element, life } = position
    this.#save(element, life)
    if (element.shown === old && shown !== undefined) {
      this.#noteOrigin(element, shown)
      element.shown = undefined
    }
    if (removal !== undefined) this.#takeOut(removal.index, 1)
    this.#moveGhosts(at, 1)
    this.#addGhost(at)
    this.#setPosition(start + 1, position)
    if (this.#isLater(start + 1, life.winner)) life.winner = start + 1
    this.#refresh(element)
  }

  /** The place of an index among all units that are not deleted. */
  rawOf(index: number): number {
    let low = 0
    let high = this.#ghosts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ghosts[middle] as number) - middle > index) high = middle
      else low = middle + 1
    }
    return index + low
  }

  /** The unit that an element was inserted as. */
  firstOf(unit: number): number {
    return this.#positions.get(unit)?.element.first ?? unit
  }

  /** Where the element of a unit is shown, or the gap it left. */
  placeOf(unit: number): Place | undefined {
    const element = this.#positions.get(unit)?.element
    const place = this.#sequence.placeOf(element?.shown ?? element?.lives.at(-1)?.winner ?? unit)
    if (place === undefined) return undefined
    const visible = element === undefined ? place.visible : element.shown !== undefined
    return { index: this.#shownOf(place.index), visible }
  }

  /** Where a unit is itself, visible only where its element is shown under it. */
  unitPlace(unit: number): Place | undefined {
    const element = this.#positions.get(unit)?.element
    const place = this.#sequence.placeOf(unit)
    if (place === undefined) return undefined
    const visible = element === undefined ? place.visible : element.shown === unit
    return { index: this.#shownOf(place.index), visible }
  }

  /** What has moved in the present event. */
  takeMoves(): ListMove[] {
    const moves: ListMove[] = []
    for (const [{ shown }, from] of this.#origins) {
      if (shown !== undefined) moves.push({ from, to: (this.placeOf(shown) as Place).index })
    }
    this.dropMoves()
    return moves.sort((left, right) => left.to - right.to)
  }

  dropMoves(): void {
    this.#origins = new Map()
  }

  #begin(stamp: Stamp, execution: Execution): [Tracker, View | undefined] {
    this.#recording = execution.touch(this.#state)
    this.#execution = execution
    const ghosts = this.#ghosts
    execution.undo(() => this.#setGhosts(ghosts))
    const tracker = this.#sequence.completeTracker()
    return [tracker, stamp.linear ? undefined : tracker.viewAt(stamp.heads, stamp.agent)]
  }

  #enter(unit: number, content: Content, alive: boolean): Position {
    const life = { winner: unit, alive }
    const position = { element: { first: unit, content, lives: [life], shown: alive ? unit : undefined }, life }
    this.#setPosition(unit, position)
    return position
  }

  #revive(unit: number, content: Container): void {
    const first = this.#history.numberOf(parseContainerId(content.id)?.creator as Dot) as number
    const alive = this.#sequence.placeOf(first)?.visible === true
    const { element, life: before } = this.#positions.get(first) ?? this.#enter(first, content, alive)
    this.#save(element, before)
    const life = { winner: unit, alive: true }
    element.lives.push(life)
    this.#execution?.undo(() => element.lives.pop())
    this.#setPosition(unit, { element, life })
    this.#refresh(element)
  }

  /** Shows the latest unit of those that stand. */
  #refresh(element: Element): void {
    let wanted: number | undefined
    for (const { winner, alive } of element.lives) {
      if (alive && (wanted === undefined || this.#isLater(winner, wanted))) wanted = winner
    }
    const { shown } = element
    if (wanted === shown) return
    if (shown !== undefined) {
      const { index } = this.#sequence.placeOf(shown) as Place
      this.#noteOrigin(element, this.#shownOf(index))
      this.#cut(this.#shownOf(index), 1)
      this.#addGhost(index)
    }
    element.shown = wanted
    if (wanted === undefined) return
    const { index } = this.#sequence.placeOf(wanted) as Place
    this.#setGhosts(this.#ghosts.filter((ghost) => ghost !== index))
    this.#put(this.#shownOf(index), [element.content])
  }

  #isLater(unit: number, other: number): boolean {
    const { graph } = this.#history
    const timeOf = (unit: number): Parameters<typeof isLater>[0] => ({
      lamport: graph.lamportOf(unit),
      replica: graph.dotOf(unit).replica,
    })
    return isLater(timeOf(unit), timeOf(other))
  }

  /** How many are shown in front of a place among all units. */
  #shownOf(raw: number): number {
    const ghosts = this.#ghosts
    let low = 0
    let high = ghosts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ghosts[middle] as number) < raw) low = middle + 1
      else high = middle
    }
    return raw - low
  }

  /** Takes out units, ghosts among them. */
  #takeOut(raw: number, count: number): void {
    const from = this.#shownOf(raw)
    const to = this.#shownOf(raw + count)
    this.#setGhosts(this.#ghosts.filter((ghost) => ghost < raw || ghost >= raw + count))
    this.#moveGhosts(raw, -count)
    this.#cut(from, to - from)
  }

  #cut(index: number, count: number): void {
    if (count === 0) return
    const { content } = this.#sequence
    if (this.#recording) this.#sequence.record(index, count, undefined)
    const cut = content.slice(index, index + count)
    content.delete(index, count)
    this.#execution?.undo(() => content.insert(index, cut))
  }

  #put(index: number, contents: readonly Content[]): void {
    if (contents.length === 0) return
    const { content } = this.#sequence
    if (this.#recording) this.#sequence.record(index, 0, contents)
    content.insert(index, contents)
    this.#execution?.undo(() => content.delete(index, contents.length))
  }

  #noteOrigin(element: Element, index: number): void {
    if (!this.#recording || this.#origins.has(element)) return
    const old = this.#sequence.oldIndexOf(index)
    if (old !== undefined) this.#origins.set(element, old)
  }

  #save(element: Element, life: Life): void {
    const { shown } = element
    const { winner, alive } = life
    this.#execution?.undo(() => {
      element.shown = shown
      life.winner = winner
      life.alive = alive
    })
  }

  #setPosition(unit: number, position: Position): void {
    this.#positions.set(unit, position)
    this.#execution?.undo(() => this.#positions.delete(unit))
  }

  /** Units came, or went, in front of ghosts. */
  #moveGhosts(raw: number, by: number): void {
    this.#setGhosts(this.#ghosts.map((ghost) => (ghost < raw ? ghost : ghost + by)))
  }

  #addGhost(raw: number): void {
    this.#setGhosts([...this.#ghosts, raw].sort((left, right) => left - right))
  }

  #setGhosts(ghosts: readonly number[]): void {
    this.#ghosts = ghosts
    this.#sequence.hidden = ghosts.length
  }
}
