import type { VectorClock } from '../clocks/vector-clock.ts'
import type { Random } from '../random.ts'
import type { Key } from './key.ts'
import type { SharedRecord } from './record.ts'
import { countLimit, nextVersion } from './versions.ts'

/** Beyond, a key gets another name the next time it is written: versions grow by an entry, and nothing is lost. */
const keyLimit = 10_000

interface Name {
  readonly name: string
  /** Of the last version under this name. */
  readonly count: number
}

/**
 * The names under which a process counts its versions of shared records. A count is never used twice for one key: where
 * what was read does not include the process's last version of it, that must stay a sibling, so the next is counted under
 * a fresh name (as in dotted version vectors, Preguiça et al. 2010, whose dots are as unique).
 */
export class VersionNames {
  readonly #process: string
  readonly #byKey = new Map<Key, Name>()
  #fresh = 0

  /** @param peer names the process among all that run at a time; a random number tells it from its earlier lives */
  constructor(peer: string, random: Random) {
    this.#process = `${peer}/${Math.floor(random.next() * 2 ** 32).toString(36)}`
  }

  /** The version of a record that replaces all that its writer has read of the key. */
  next(key: Key, read: readonly SharedRecord[]): VectorClock {
    const last = this.#byKey.get(key)
    const seen = (name: string): number => Math.max(0, ...read.map(({ version }) => version.get(name)))
    let name = last !== undefined && seen(last.name) === last.count ? last.name : this.#freshName()
    // Anybody may claim any count in another's name.
    while (seen(name) >= countLimit) name = this.#freshName()
    const version = nextVersion(read, name)
    this.#byKey.delete(key)
    this.#byKey.set(key, { name, count: version.get(name) })
    const [oldest] = this.#byKey.keys()
    if (this.#byKey.size > keyLimit && oldest !== undefined) this.#byKey.delete(oldest)
    return version
  }

  #freshName(): string {
    return `${this.#process}/${++this.#fresh}`
  }
}
