import { FugueOracle } from './fugue-oracle.ts'

interface Unit {
  readonly element: number
  readonly lamport: number
  readonly replica: string
}

/**
 * A list whose elements can be moved, by definition: every replica's view is worked out anew from the set of operations it
 * knows. A move deletes a unit and inserts another of the same element. Of an element the unit of the greatest (Lamport
 * time, replica) shows, and none once a deletion that is no part of a move has hit any of them.
 */
export class NaiveList {
  readonly #order = new FugueOracle()
  readonly #units = new Map<string, Unit>()
  readonly #times = new Map<string, number>()
  /** Elements by the deletions that hit them. */
  readonly #deletions = new Map<string, number>()

  insert(replica: string, known: Set<string>, index: number, element: number): void {
    const raw = this.#gapAt(known, index)
    this.#place(replica, known, raw, element)
  }

  delete(replica: string, known: Set<string>, index: number): void {
    const [unit, raw] = this.#shown(known)[index] as readonly [string, number]
    const id = this.#next(replica, known)
    this.#order.delete(id, raw, known)
    this.#deletions.set(id, (this.#units.get(unit) as Unit).element)
    known.add(id)
  }

  move(replica: string, known: Set<string>, from: number, to: number): void {
    const shown = this.#shown(known)
    const [unit, raw] = shown[from] as readonly [string, number]
    const before = to === 0 ? undefined : shown.toSpliced(from, 1)[to - 1]
    const id = this.#next(replica, known)
    this.#order.delete(id, raw, known)
    known.add(id)
    const behind = before === undefined ? 0 : this.#order.visible(known).indexOf(before[0]) + 1
    this.#place(replica, known, behind, (this.#units.get(unit) as Unit).element)
  }

  /** What somebody sees who knows just these. */
  elements(known: ReadonlySet<string>): number[] {
    return this.#shown(known).map(([unit]) => (this.#units.get(unit) as Unit).element)
  }

  #gapAt(known: ReadonlySet<string>, index: number): number {
    return index === 0 ? 0 : (this.#shown(known)[index - 1] as readonly [string, number])[1] + 1
  }

  #place(replica: string, known: Set<string>, raw: number, element: number): void {
    const id = this.#next(replica, known)
    this.#order.insert(id, replica, raw, id, known)
    this.#units.set(id, { element, lamport: this.#times.get(id) as number, replica })
    known.add(id)
  }

  /** The id of the next operation of a replica. */
  #next(replica: string, known: ReadonlySet<string>): string {
    const own = [...known].filter((id) => id.startsWith(`${replica}/`)).length
    const id = `${replica}/${own}`
    this.#times.set(id, 1 + Math.max(0, ...[...known].map((other) => this.#times.get(other) as number)))
    return id
  }

  /** Units that show, each with its index among all that are not deleted. */
  #shown(known: ReadonlySet<string>): (readonly [unit: string, raw: number])[] {
    const dead = new Set([...this.#deletions].filter(([id]) => known.has(id)).map(([, element]) => element))
    const winners = new Map<number, string>()
    for (const [id, { element }] of this.#units) {
      const last = winners.get(element)
      if (known.has(id) && (last === undefined || this.#isLater(id, last))) winners.set(element, id)
    }
    return this.#order
      .visible(known)
      .map((unit, raw) => [unit, raw] as const)
      .filter(([unit]) => {
        const { element } = this.#units.get(unit) as Unit
        return !dead.has(element) && winners.get(element) === unit
      })
  }

  #isLater(id: string, other: string): boolean {
    const left = this.#units.get(id) as Unit
    const right = this.#units.get(other) as Unit
    return left.lamport === right.lamport ? left.replica > right.replica : left.lamport > right.lamport
  }
}
