import type { DocumentId, Instant } from '../../node/protocol/index.ts'
import type { Document } from '../index.ts'

/** A document as one peer shows it. */
export interface ShownDocument {
  /** Whose it is, for the finding. */
  readonly peer: string
  readonly id: DocumentId
  readonly document: Document
}

/** Equal version vectors mean equal values: what makes a replicated document one. For the simulator, between events. */
export class DivergenceChecker {
  readonly name: string = 'equal versions mean equal values'
  readonly #shown: () => Iterable<ShownDocument>

  /** @param shown what all peers that run show at the moment */
  constructor(shown: () => Iterable<ShownDocument>) {
    this.#shown = shown
  }

  check(_now: Instant): string | undefined {
    const seen = new Map<string, { readonly peer: string; readonly value: string }>()
    for (const { peer, id, document } of this.#shown()) {
      const version = `${id} ${JSON.stringify(document.version)}`
      const value = JSON.stringify(document.toJSON())
      const other = seen.get(version)
      if (other === undefined) seen.set(version, { peer, value })
      else if (other.value !== value) {
        return `${other.peer} and ${peer} have ${id} at one version and show ${other.value} and ${value}`
      }
    }
    return undefined
  }
}
