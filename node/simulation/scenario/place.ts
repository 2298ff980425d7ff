/** One thing that is wrong in a scenario file. */
export interface Problem {
  /** Where: `faults[2].peers`; empty for the file as a whole. */
  readonly path: string
  /** What was found, and what is allowed. */
  readonly message: string
}

/** Most problems that are told of at once. */
const problemLimit = 20

/** Where in a file a value stands. All places of one file share their problems. */
export class Place {
  readonly path: string
  readonly #problems: Problem[]

  constructor(path = '', problems: Problem[] = []) {
    this.path = path
    this.#problems = problems
  }

  get problems(): readonly Problem[] {
    return this.#problems
  }

  key(name: string): Place {
    const step = /^[A-Za-z_$][\w$-]*$/.test(name) ? name : `[${JSON.stringify(name)}]`
    return new Place(
      this.path === '' || step.startsWith('[') ? this.path + step : `${this.path}.${step}`,
      this.#problems,
    )
  }

  item(index: number): Place {
    return new Place(`${this.path}[${index}]`, this.#problems)
  }

  /** @returns undefined, so that a reader can end with it */
  problem(message: string): undefined {
    if (this.#problems.length < problemLimit) this.#problems.push({ path: this.path, message })
    return undefined
  }
}

/** What was found, briefly enough for a message. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value)
    return keys.length === 0 ? 'an empty object' : `an object with ${keys.slice(0, 4).map(quoted).join(', ')}`
  }
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…${typeof value === 'string' ? '"' : ''}` : text
}

/** `"a", "b" or "c"`; of very many the first ones. */
export function alternatives(names: readonly string[]): string {
  const listed =
    names.length > 20 ? [...names.slice(0, 20).map(quoted), `${names.length - 20} more`] : names.map(quoted)
  const last = listed.pop() ?? 'nothing'
  return listed.length === 0 ? last : `${listed.join(', ')} or ${last}`
}

/** `; did you mean "peers"?`, or nothing when no name is near. */
export function suggestion(given: string, names: readonly string[]): string {
  const limit = Math.max(1, Math.min(3, Math.floor(given.length / 3)))
  let nearest: string | undefined
  let least = limit + 1
  for (const name of names) {
    if (Math.abs(name.length - given.length) > limit) continue
    const distance = editDistance(given.toLowerCase(), name.toLowerCase())
    if (distance < least) [nearest, least] = [name, distance]
  }
  return nearest === undefined ? '' : `; did you mean ${quoted(nearest)}?`
}

/** Insertions, deletions, replacements and swaps of neighbours (Damerau; optimal string alignment). */
function editDistance(left: string, right: string): number {
  let before: number[] = []
  let row = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const replaced = at(row, j - 1) + (left[i - 1] === right[j - 1] ? 0 : 1)
      let best = Math.min(replaced, at(row, j) + 1, at(next, j - 1) + 1)
      const swaps = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
      if (swaps) best = Math.min(best, at(before, j - 2) + 1)
      next.push(best)
    }
    before = row
    row = next
  }
  return at(row, right.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.MAX_SAFE_INTEGER
}

function quoted(name: string): string {
  return JSON.stringify(name)
}
