/** Longest pattern, in characters. */
export const patternLimit = 256

/** Patterns of one peer. */
export const patternsLimit = 64

/** Stars in one pattern: each name is searched for what stands between them. */
const starsLimit = 8

/** Names of documents that are carried without being open: `*` stands for any run of characters. */
export class FollowPatterns {
  readonly #patterns = new Map<string, readonly string[]>()

  get patterns(): readonly string[] {
    return [...this.#patterns.keys()]
  }

  /** Whether every document is followed. */
  get isAll(): boolean {
    return this.#patterns.has('*')
  }

  /** @returns false when it is followed already. @throws RangeError as `checkPattern`, and for the 65th */
  add(given: string): boolean {
    checkPattern(given)
    const pattern = given.normalize('NFC').replaceAll(/\*+/g, '*')
    if (this.#patterns.has(pattern)) return false
    if (this.#patterns.size >= patternsLimit) {
      throw new RangeError(`Cannot follow ${JSON.stringify(given)}: ${patternsLimit} patterns are followed already`)
    }
    this.#patterns.set(pattern, pattern.split('*'))
    return true
  }

  matches(name: string): boolean {
    for (const parts of this.#patterns.values()) if (matches(name, parts)) return true
    return false
  }
}

/** @throws RangeError for a pattern that is empty, longer than 256 characters or has more than 8 stars */
export function checkPattern(pattern: string): void {
  const wish = `Cannot follow ${JSON.stringify(pattern.slice(0, 80))}`
  if (pattern.length === 0 || pattern.length > patternLimit) {
    throw new RangeError(`${wish}: a pattern has 1 to 256 characters`)
  }
  if (!isSimple(pattern)) throw new RangeError(`${wish}: a pattern has at most ${starsLimit} stars`)
}

/** Whether it has no more stars than may be. */
export function isSimple(pattern: string): boolean {
  return pattern.split(/\*+/).length <= starsLimit + 1
}

/** Each part as early as it can stand: others' patterns must not take longer than their length times the name's. */
function matches(name: string, parts: readonly string[]): boolean {
  const [first = '', ...others] = parts
  const last = others.pop()
  if (last === undefined) return name === first
  if (!name.startsWith(first) || !name.endsWith(last)) return false
  let place = first.length
  for (const part of others) {
    const found = name.indexOf(part, place)
    if (found < 0) return false
    place = found + part.length
  }
  return place + last.length <= name.length
}
