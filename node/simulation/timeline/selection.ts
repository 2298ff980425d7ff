import type { Happening } from '../observers.ts'
import { peersOf } from './words.ts'

export interface SelectionOptions {
  /** Only what these take part in, and what befalls the network. Left out: everybody. */
  readonly peers?: readonly string[]
  /** Only happenings of these kinds. Left out: all. */
  readonly kinds?: readonly Happening['kind'][]
  /** Only events of these types (`suspected`, `failed`), beside all other kinds. Left out: all. */
  readonly types?: readonly string[]
}

/** Which happenings are to be told. */
export function createSelection({ peers, kinds, types }: SelectionOptions): (happening: Happening) => boolean {
  const wanted = peers === undefined ? undefined : new Set(peers)
  return (happening) => {
    if (kinds !== undefined && !kinds.includes(happening.kind)) return false
    if (types !== undefined && happening.kind === 'event' && !types.includes(typeOf(happening.event))) return false
    return wanted === undefined || happening.kind === 'network' || peersOf(happening).some((peer) => wanted.has(peer))
  }
}

/** What an event or a message calls itself. */
export function typeOf(value: unknown): string {
  if (typeof value === 'string') return value
  const { type } = (typeof value === 'object' && value !== null ? value : {}) as { readonly type?: unknown }
  return typeof type === 'string' ? type : 'untyped'
}
