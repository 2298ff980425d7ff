import type { AuthoredTransaction } from '../../traces/trace-changes.ts'
import { FugueOracle } from './fugue-oracle.ts'

/** Transactions made at any versions, carried out by the definition of Fugue. */
export class FugueHistory {
  readonly oracle: FugueOracle = new FugueOracle()
  readonly #known: ReadonlySet<string>[] = []
  #next = 0

  lengthAt(parents: readonly number[]): number {
    return this.oracle.length(this.#past(parents))
  }

  add({ parents, replica = '', patches }: AuthoredTransaction): void {
    const known = this.#past(parents)
    for (const [index, deleted, inserted] of patches) {
      for (let count = 0; count < deleted; count++) {
        this.#do(known, (id) => this.oracle.delete(id, index, known))
      }
      for (const [offset, character] of Array.from(inserted).entries()) {
        this.#do(known, (id) => this.oracle.insert(id, replica, index + offset, character, known))
      }
    }
    this.#known.push(known)
  }

  #past(parents: readonly number[]): Set<string> {
    return new Set(parents.flatMap((parent) => [...(this.#known[parent] as ReadonlySet<string>)]))
  }

  #do(known: Set<string>, act: (id: string) => void): void {
    const id = String(this.#next++)
    act(id)
    known.add(id)
  }
}
