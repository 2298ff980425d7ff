import type { ListContainer, TextContainer } from '../container.ts'
import type { Document } from '../document.ts'
import type { ReplicaId } from '../replica-id.ts'
import { lookInside } from './checkout.ts'
import { visitInserted } from './units.ts'

/** Units that follow each other, inserted by one replica one behind the other. */
export interface AuthorSpan {
  readonly length: number
  readonly replica: ReplicaId
  /** Of the operation that inserted the first unit; those of the others follow. */
  readonly sequence: number
  /** When the first unit was inserted: the label of its change, 0 where unknown. */
  readonly time: number
}

export interface AuthorshipOptions {
  /**
   * Milliseconds by which the times of units that follow each other may differ within a span; 0 tells the time of each
   * unit. @default Infinity
   */
  readonly gap?: number
}

/**
 * Who inserted what stands in a text or list, from the start to the end; whoever moved an element of a list did not
 * insert it. Of a document of the past it tells who inserted
 * what stood there.
 *
 * The first call reads the whole history of the container; what it found out is kept, and later ones cost as much as
 * there are spans.
 *
 * @throws TypeError for a container of another document
 * @throws Error while a transaction is open
 */
export function authorship(
  document: Document,
  container: TextContainer | ListContainer,
  { gap = Infinity }: AuthorshipOptions = {},
): AuthorSpan[] {
  const { history, registry } = lookInside(document, 'tell authors')
  const own = registry.find(container.id)
  if (own !== container || !('sequence' in own)) {
    throw new TypeError('Cannot tell the authors of a container that is not of this document')
  }
  const { graph, bounds } = history
  const spans: AuthorSpan[] = []
  let last: AuthorSpan | undefined
  let lastTime = 0
  const add = (from: number, length: number): void => {
    const { replica, sequence } = graph.dotOf(from)
    const { time } = bounds.of(from)
    const goesOn = last?.replica === replica && last.sequence + last.length === sequence
    if (last !== undefined && goesOn && Math.abs(time - lastTime) <= gap) {
      spans.pop()
      last = { ...last, length: last.length + length }
    } else last = { length, replica, sequence, time }
    lastTime = time
    spans.push(last)
  }
  visitInserted(own, (from, count) => {
    if (gap === Infinity) return add(from, count)
    for (const { start, count: units } of bounds.between(from, from + count)) {
      const first = Math.max(start, from)
      add(first, Math.min(start + units, from + count) - first)
    }
  })
  return spans
}
