import type { SessionChange } from './incoming.ts'

/** A change; or several that typed on, one behind the other, as if they were one. */
export interface GatheredChanges {
  /** The first of them. */
  readonly change: SessionChange
  /** How many there are, all of one length and time. */
  changes: number
  /** What they insert together. */
  text: string
}

/** What sessions have told and nobody has taken in yet: a burst of keystrokes is put together. */
export class Gathering {
  readonly #gathered: GatheredChanges[] = []

  add(change: SessionChange): void {
    const last = this.#gathered.at(-1)
    const { operation } = change
    const text = operation?.type === 'text-insert' ? operation.text : ''
    if (last !== undefined && goesOn(last, change)) {
      last.changes++
      last.text += text
    } else this.#gathered.push({ change, changes: 1, text })
  }

  /** @returns all of it, in the order in which it came */
  take(): GatheredChanges[] {
    return this.#gathered.splice(0)
  }
}

function goesOn({ change: first, changes, text }: GatheredChanges, next: SessionChange): boolean {
  const { operation } = next
  return (
    operation?.type === 'text-insert' &&
    first.operation?.type === 'text-insert' &&
    operation.index === first.operation.index + text.length &&
    next.replica === first.replica &&
    next.sequence === first.sequence + first.count * changes &&
    next.count === first.count &&
    next.time === first.time &&
    next.dependencies.length === 0 &&
    operation.container === first.operation.container
  )
}

/** The changes by themselves. */
export function* separate({ change, changes, text }: GatheredChanges): Generator<SessionChange> {
  const { operation, sequence, count } = change
  yield change
  if (operation?.type !== 'text-insert') return
  for (let at = count; at < changes * count; at += count) {
    const part = { ...operation, index: operation.index + at, text: text.slice(at, at + count) }
    yield { ...change, sequence: sequence + at, dependencies: [], operation: part }
  }
}
