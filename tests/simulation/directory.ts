import {
  assertRecordSize,
  assertSequence,
  Listeners,
  LookupFailedError,
  mergeRecords,
  keyOf,
  recordKey,
  sharedKey,
  StaleRecordError,
  VersionNames,
} from '../../node/protocol/index.ts'
import type {
  Dht,
  DhtRecord,
  DhtWrite,
  HostEnvironment,
  Instant,
  Key,
  Overlay,
  OwnedRecord,
  PeerId,
  Protocol,
  ProtocolDefinition,
  RequestOptions,
  Router,
} from '../../node/protocol/index.ts'

type Api = Router & Dht
type Timer = { readonly type: 'beat' } | { readonly type: 'answer'; readonly number: number }
type Environment = HostEnvironment<never, Timer, Timer, never>

/** Of silence after which a peer is gone, and between two signs of life; and how long an answer takes. */
const [patience, beat, answerTime] = [2000, 500, 50]

/**
 * What all peers of a network know, in one place: no protocol could have it. It keeps every promise of a router and a hash
 * table, so that what a contract says of it is said of the contract.
 */
export class Directory {
  readonly #seen = new Map<PeerId, Instant>()
  readonly #records = new Map<Key, readonly DhtRecord[]>()
  readonly #providers = new Map<Key, Set<PeerId>>()

  overlay(): Overlay<Api> {
    return { attach: (host) => createApi(this, host.run(definition(this), undefined)) }
  }

  beat(peer: PeerId, now: Instant): void {
    this.#seen.set(peer, now)
  }

  leave(peer: PeerId): void {
    this.#seen.delete(peer)
  }

  /** By a distance that is as good as any other: names after each other, from the key's first digit on. */
  nearest(key: Key, now: Instant): PeerId[] {
    const place = (peer: PeerId): string => recordKey({ kind: 'immutable', value: text(`${peer} ${key}`) })
    return this.present(now).sort((left, right) => (place(left) < place(right) ? -1 : 1))
  }

  present(now: Instant): PeerId[] {
    return [...this.#seen].filter(([, seen]) => now - seen < patience).map(([peer]) => peer)
  }

  get(key: Key): readonly DhtRecord[] {
    return (this.#records.get(key) ?? []).map((record) => ({ ...record, value: record.value.slice() }))
  }

  put(key: Key, record: DhtRecord): void {
    const stored = { ...record, value: record.value.slice() }
    this.#records.set(key, mergeRecords([...(this.#records.get(key) ?? []), stored]))
  }

  providers(key: Key): Set<PeerId> {
    const providers = this.#providers.get(key) ?? new Set()
    this.#providers.set(key, providers)
    return providers
  }
}

class DirectoryCore implements Protocol<never, Timer> {
  readonly environment: Environment
  readonly names: VersionNames
  readonly #directory: Directory
  readonly #answers = new Map<number, Listeners<'now' | 'never'>>()
  #number = 0
  #isStopped = false

  constructor(environment: Environment, directory: Directory) {
    this.environment = environment
    this.names = new VersionNames(environment.self, environment.random)
    this.#directory = directory
  }

  start(): void {
    this.expire({ type: 'beat' })
  }

  receive(): void {}

  expire(timer: Timer): void {
    if (timer.type === 'answer') {
      this.#answers.get(timer.number)?.tell('now')
      this.#answers.delete(timer.number)
      return
    }
    this.#directory.beat(this.environment.self, this.environment.now())
    this.environment.schedule(timer, beat)
  }

  stop(): void {
    this.#isStopped = true
    this.#directory.leave(this.environment.self)
    for (const answer of this.#answers.values()) answer.tell('never')
  }

  /** An answer that takes its time, and ends with its signal or with this peer. */
  async answer<Result>(key: Key, { signal }: RequestOptions, find: () => Result): Promise<Result> {
    signal?.throwIfAborted()
    if (this.#isStopped) throw new LookupFailedError(key, 0, 'this peer has stopped')
    const number = ++this.#number
    const answer = new Listeners<'now' | 'never'>()
    this.#answers.set(number, answer)
    this.environment.schedule({ type: 'answer', number }, answerTime)
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      answer.subscribe((when) => {
        if (when === 'never') return reject(new LookupFailedError(key, 0, 'this peer has stopped'))
        try {
          resolve(find())
        } catch (error) {
          reject(error)
        }
      })
    })
  }
}

function definition(directory: Directory): ProtocolDefinition<never, Timer, Timer, DirectoryCore> {
  return {
    name: '/test/directory/1.0.0',
    plane: 'control',
    codec: { encode: () => {}, decode: () => undefined as never },
    create: (environment) => new DirectoryCore(environment, directory),
  }
}

function createApi(directory: Directory, core: DirectoryCore): Api {
  const { environment } = core
  const { self } = environment
  const nearest = (key: Key): PeerId[] => directory.nearest(key, environment.now())
  const trace: Router['trace'] = (key, options = {}) =>
    core.answer(key, options, () => {
      const peers = nearest(key)
      return { key, peers, hops: 0, timeouts: 0, duration: answerTime, contacts: [] }
    })
  return {
    author: environment.author,
    trace,
    lookup: async (key, options) => (await trace(key, options)).peers,
    replicas: async (key, count, options) => (await trace(key, options)).peers.slice(0, count),
    neighbours: (count) =>
      directory
        .present(environment.now())
        .filter((peer) => peer !== self)
        .slice(0, count),
    put: async (key, write, options = {}) => {
      const own = { ...write, value: write.value.slice() }
      return core.answer(key, options, () => store(directory, core, key, own))
    },
    get: (key, options = {}) => core.answer(key, options, () => directory.get(key)),
    provide: (key, options = {}) => core.answer(key, options, () => void directory.providers(key).add(self)),
    withdraw: (key) => void directory.providers(key).delete(self),
    // Nothing is held here.
    handOver: (options = {}) =>
      core.answer(keyOf(self), options, () => directory.present(environment.now()).some((peer) => peer !== self)),
    providers: (key, options = {}) =>
      core.answer(key, options, () => {
        const present = new Set(directory.present(environment.now()))
        const providing = [...directory.providers(key)].filter((peer) => present.has(peer))
        return providing.map((peer) => ({ peer, addresses: [] }))
      }),
  }
}

function store(directory: Directory, core: DirectoryCore, key: Key, write: DhtWrite): DhtRecord {
  assertRecordSize(write.value, write.kind === 'immutable' ? '' : write.name)
  const held = directory.get(key)
  const record = recordOf(core, held, write)
  if (recordKey(record) !== key) throw new RangeError('A record under a key that is not its own')
  const newest = held.find((other): other is OwnedRecord => other.kind === 'owned')
  if (record.kind === 'owned' && newest !== undefined && newest.sequence >= record.sequence) {
    throw new StaleRecordError(key, newest.sequence)
  }
  directory.put(key, record)
  return record
}

/** Unsigned: whoever reads it here believes it. */
function recordOf({ environment, names }: DirectoryCore, held: readonly DhtRecord[], write: DhtWrite): DhtRecord {
  const { author } = environment
  const signature = new Uint8Array(64)
  if (write.kind === 'immutable') return write
  if (write.kind === 'owned') {
    const newest = held.find((other): other is OwnedRecord => other.kind === 'owned')
    const { name, value, sequence = (newest?.sequence ?? 0) + 1 } = write
    assertSequence(sequence)
    return { kind: 'owned', name, value, sequence, owner: author, signature }
  }
  const { name, value, replaces } = write
  const read = replaces ?? held.filter((record) => record.kind === 'shared')
  return { kind: 'shared', name, value, writer: author, version: names.next(sharedKey(name), read), signature }
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}
