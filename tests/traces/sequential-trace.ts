import { createRandom } from '../../node/protocol/index.ts'
import type { Patch, SequentialTrace } from './trace.ts'
import { Typist } from './typist.ts'

export interface SequentialTraceOptions {
  readonly seed: number | string
  readonly transactions: number
  /** Whether nothing but ASCII is written. @default true */
  readonly ascii?: boolean
}

/** One person writing prose, a keystroke a transaction. Equal options give equal traces. */
export function generateSequentialTrace({ seed, transactions, ascii = true }: SequentialTraceOptions): SequentialTrace {
  const typist = new Typist(createRandom(seed), ascii)
  const content: string[] = []
  const txns = Array.from({ length: transactions }, () => {
    const patch = typist.next(content.length)
    apply(content, patch)
    return { patches: [patch] }
  })
  return { startContent: '', endContent: content.join(''), txns }
}

function apply(content: string[], [position, deleted, inserted]: Patch): void {
  content.splice(position, deleted, ...Array.from(inserted))
}
