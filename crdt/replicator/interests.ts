import type { DocumentId } from '../../node/protocol/index.ts'
import { FollowPatterns, patternsLimit } from './follow.ts'
import type { Genesis } from './genesis.ts'

/** Documents that a peer names one by one; one with more is told everything, and says what it does not want. */
const namedLimit = 4096

/** Documents of a peer that it has declined; past it, they are forgotten and may be told again. */
const declinedLimit = 100_000

/** Documents by patterns and by id; `everything`: too many to name. */
export interface ToldInterests {
  readonly patterns: readonly string[]
  readonly documents: readonly DocumentId[] | 'everything'
}

/**
 * In which documents a peer is interested, as it says itself: whatever it carries is among them, and what it would carry.
 * The same class keeps what this peer says of itself and what others have said.
 */
export class Interests {
  readonly #patterns = new FollowPatterns()
  readonly #documents = new Set<DocumentId>()
  readonly #declined = new Set<DocumentId>()
  #isEverything = false
  #digest = 0

  /** Adds to what was said before. @returns false when there is nothing new in it */
  add({ patterns, documents }: ToldInterests): boolean {
    const before = this.#digest
    const declined = this.#declined.size
    for (const pattern of patterns) this.#follow(pattern)
    if (documents === 'everything') this.#wantEverything()
    else for (const document of documents) this.#name(document)
    return this.#digest !== before || this.#declined.size !== declined
  }

  /** Whoever has said this was told of these documents and does not want them. */
  decline(documents: readonly DocumentId[]): void {
    if (this.#declined.size + documents.length > declinedLimit) this.#declined.clear()
    for (const document of documents) this.#declined.add(document)
  }

  /** It takes room, and is said again. */
  forgetDeclined(): void {
    this.#declined.clear()
  }

  get told(): ToldInterests {
    return { patterns: this.#patterns.patterns, documents: this.#isEverything ? 'everything' : [...this.#documents] }
  }

  /** Whether anything is wanted that is not named. */
  get hasPatterns(): boolean {
    return this.#patterns.patterns.length > 0
  }

  /** 32 bits that are equal for equal interests, in whatever order they came: shows what was lost on the way. */
  get digest(): number {
    return this.#digest
  }

  /** Whether all that is wanted has been named. */
  get isPrecise(): boolean {
    return !this.#isEverything
  }

  /** Whether whatever there is is wanted. */
  get isAll(): boolean {
    return this.#patterns.isAll || (this.#isEverything && this.#declined.size === 0)
  }

  follows(document: DocumentId, genesis: Genesis): boolean {
    return this.#patterns.matches(genesis.kind === 'named' ? genesis.name : document)
  }

  includes(document: DocumentId, genesis: Genesis): boolean {
    if (this.#documents.has(document) || this.follows(document, genesis)) return true
    return this.#isEverything && !this.#declined.has(document)
  }

  /** Whoever has more patterns than may be is told everything, as with documents. */
  #follow(pattern: string): void {
    if (this.#patterns.patterns.length >= patternsLimit) return this.#wantEverything()
    if (this.#patterns.add(pattern)) this.#digest = (this.#digest ^ hash(`*${pattern}`)) >>> 0
  }

  #name(document: DocumentId): void {
    this.#declined.delete(document)
    if (this.#isEverything || this.#documents.has(document)) return
    if (this.#documents.size >= namedLimit) return this.#wantEverything()
    this.#documents.add(document)
    this.#digest = (this.#digest ^ hash(document)) >>> 0
  }

  #wantEverything(): void {
    if (this.#isEverything) return
    for (const document of this.#documents) this.#digest = (this.#digest ^ hash(document)) >>> 0
    this.#documents.clear()
    this.#isEverything = true
    this.#digest = (this.#digest ^ hash('everything')) >>> 0
  }
}

/** FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let index = 0; index < text.length; index++) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193)
  return state >>> 0
}
