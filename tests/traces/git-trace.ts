import { createRandom, integer, sample, type Random } from '../../node/protocol/index.ts'
import { TraceWriter } from './trace-writer.ts'
import type { ConcurrentTrace, Patch } from './trace.ts'
import { pick } from './typist.ts'

export interface GitTraceOptions {
  readonly seed: number | string
  /** Commits, each with a few transactions. */
  readonly commits: number
  /** @default 200 */
  readonly authors?: number
  /** Greatest number of branches beside the main one. @default 24 */
  readonly branches?: number
  /** Whether nothing but ASCII is written. @default true */
  readonly ascii?: boolean
}

interface Branch {
  readonly author: number
  tip: number
}

const words = [
  'if',
  'return',
  'const',
  'flags',
  'build',
  'install',
  'target',
  'path',
  'clean',
  'test',
  'value',
  'config',
]

/**
 * The history of one file in git: hundreds of authors, few of whom write most; branches that live for long, several of
 * one author among them; merges of two and three parents. Equal options give equal traces.
 */
export function generateGitTrace(options: GitTraceOptions): ConcurrentTrace {
  const history = new GitHistory(options)
  for (let commit = 0; commit < options.commits; commit++) history.step()
  return history.finish()
}

class GitHistory {
  readonly #random: Random
  readonly #trace = new TraceWriter()
  readonly #branches: Branch[] = []
  readonly #authors: number
  readonly #branchLimit: number
  readonly #ascii: boolean
  #main: number
  /** Earlier tips of the main branch, from which others still fork. */
  readonly #mains: number[] = []

  constructor({ seed, authors = 200, branches = 24, ascii = true }: GitTraceOptions) {
    this.#random = createRandom(seed)
    this.#authors = authors
    this.#branchLimit = branches
    this.#ascii = ascii
    this.#main = this.#trace.add([], 0, [[0, 0, this.#lines(40)]])
  }

  step(): void {
    const branch = this.#branches.length === 0 ? undefined : pick(this.#random, this.#branches)
    switch (integer(this.#random, 10)) {
      case 0:
        if (this.#branches.length < this.#branchLimit) this.#fork()
        return
      case 1:
        if (this.#branches.length >= this.#branchLimit / 2) this.#merge()
        return
      case 2:
        // A branch that lives for long takes in the main one now and then.
        if (branch !== undefined) branch.tip = this.#commit([branch.tip, this.#main], branch.author)
        return
      case 3:
      case 4:
        this.#main = this.#commit([this.#main], this.#someone())
        this.#mains.push(this.#main)
        return
      default:
        // Mostly its author, sometimes somebody who helps.
        if (branch !== undefined) {
          branch.tip = this.#commit([branch.tip], integer(this.#random, 8) === 0 ? this.#someone() : branch.author)
        }
    }
  }

  finish(): ConcurrentTrace {
    this.#trace.add([this.#main, ...this.#branches.map(({ tip }) => tip)], 0, [])
    return this.#trace.finish()
  }

  #fork(): void {
    const recent = this.#mains.slice(-30)
    const tip = recent.length === 0 ? this.#main : pick(this.#random, recent)
    this.#branches.push({ author: this.#someone(), tip })
  }

  #merge(): void {
    const merged = sample(this.#random, this.#branches, 1 + integer(this.#random, 2))
    this.#main = this.#commit([this.#main, ...merged.map(({ tip }) => tip)], this.#someone(20))
    this.#mains.push(this.#main)
    // Some go on after they were merged.
    for (const branch of merged) {
      if (integer(this.#random, 5) > 0) this.#branches.splice(this.#branches.indexOf(branch), 1)
    }
  }

  /** Few write most. */
  #someone(among: number = this.#authors): number {
    return Math.floor(this.#random.next() ** 3 * Math.min(among, this.#authors))
  }

  /** @returns the last of its transactions */
  #commit(parents: readonly number[], author: number): number {
    let heads = parents
    for (let count = integer(this.#random, integer(this.#random, 4) === 0 ? 30 : 4); count >= 0; count--) {
      heads = [this.#trace.add(heads, author, this.#patches(this.#trace.lengthAt(this.#trace.graph.heads(heads))))]
    }
    return heads[0] as number
  }

  #patches(length: number): Patch[] {
    const patches: Patch[] = []
    for (let count = integer(this.#random, 3), now = length; count >= 0; count--) {
      const position = integer(this.#random, now + 1)
      // Files grow to a size and stay there.
      const erasing = integer(this.#random, 20_000) < now
      const deleted = erasing ? Math.min(now - position, integer(this.#random, 20)) : 0
      const inserted = deleted === 0 || integer(this.#random, 2) === 0 ? this.#fragment() : ''
      patches.push([position, deleted, inserted])
      now += Array.from(inserted).length - deleted
    }
    return patches
  }

  /** Mostly part of a line, sometimes a few lines. */
  #fragment(): string {
    if (integer(this.#random, 5) === 0) return this.#lines(1 + integer(this.#random, 2))
    return pick(this.#random, words).slice(0, 1 + integer(this.#random, 4))
  }

  #lines(count: number): string {
    return Array.from({ length: count }, () => this.#line()).join('')
  }

  #line(): string {
    const line = Array.from({ length: 1 + integer(this.#random, 6) }, () => pick(this.#random, words)).join(' ')
    return `${line}${this.#ascii || integer(this.#random, 6) > 0 ? '' : ' 🦊'}\n`
  }
}
