/** Longest pattern, in characters. */
const patternLimit = 256

/** Names of documents that are carried without being open: `*` stands for any run of characters. */
export class FollowPatterns {
  readonly #patterns = new Map<string, RegExp>()

  get patterns(): readonly string[] {
    return [...this.#patterns.keys()]
  }

  /** @throws RangeError for a pattern that is empty or longer than 256 characters */
  add(pattern: string): void {
    if (pattern.length === 0 || pattern.length > patternLimit) {
      throw new RangeError(`Cannot follow ${JSON.stringify(pattern.slice(0, 80))}: a pattern has 1 to 256 characters`)
    }
    const source = pattern
      .normalize('NFC')
      .split(/\*+/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')
    this.#patterns.set(pattern, new RegExp(`^${source}$`, 'su'))
  }

  matches(name: string): boolean {
    for (const pattern of this.#patterns.values()) if (pattern.test(name)) return true
    return false
  }
}
