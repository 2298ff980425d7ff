import type { ContainerId } from '../container.ts'

/** Containers by small numbers, in the order in which they were first written to here. */
export class ContainerTable {
  readonly #ids: ContainerId[] = []
  readonly #numbers = new Map<ContainerId, number>()

  get size(): number {
    return this.#ids.length
  }

  id(number: number): ContainerId {
    return this.#ids[number] as ContainerId
  }

  number(id: ContainerId): number {
    const known = this.#numbers.get(id)
    if (known !== undefined) return known
    this.#numbers.set(id, this.#ids.length)
    return this.#ids.push(id) - 1
  }
}
