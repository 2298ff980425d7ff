import type { KadDHTComponents } from '@libp2p/kad-dht'
import { Key } from 'interface-datastore'
import type { MutableCounters } from './counters.ts'
import { NoRoomError } from './held-records.ts'
import type { ResolvedKademliaOptions } from './options.ts'

type Limits = Pick<ResolvedKademliaOptions, 'providerLimit' | 'providersOfKeyLimit' | 'keysOfProviderLimit'>

type DatastoreKey = Parameters<KadDHTComponents['datastore']['get']>[0]

interface HeldProvider {
  readonly key: DatastoreKey
  readonly provider: string
  readonly time: Uint8Array
}

/** Told of each provider that is held anew, or no longer. */
export type ProviderListener = (name: string, time: Uint8Array | undefined) => void

/** Who provides what, as kad-dht keeps it: names that end in the key and the provider, and times. Bounded. */
export class HeldProviders {
  readonly #limits: Limits
  readonly #counters: MutableCounters
  readonly #self: string
  readonly #changed: ProviderListener
  /** By the name of a key, then by provider. */
  readonly #byKey = new Map<string, Map<string, HeldProvider>>()
  readonly #keysOf = new Map<string, number>()
  #size = 0

  /** @param self what this peer provides itself is never without room */
  constructor(limits: Limits, counters: MutableCounters, self: string, changed: ProviderListener) {
    this.#limits = limits
    this.#counters = counters
    this.#self = self
    this.#changed = changed
  }

  get(name: string): Uint8Array | undefined {
    const [key, provider] = split(name)
    return this.#byKey.get(key)?.get(provider)?.time
  }

  /** @throws NoRoomError */
  put(datastoreKey: DatastoreKey, time: Uint8Array): void {
    this.#hold(datastoreKey, time)
    this.#changed(datastoreKey.toString(), time.slice())
  }

  #hold(datastoreKey: DatastoreKey, time: Uint8Array): void {
    const [key, provider] = split(datastoreKey.toString())
    const providers = this.#byKey.get(key) ?? new Map<string, HeldProvider>()
    if (!providers.has(provider)) {
      if (provider !== this.#self) this.#checkRoom(providers.size, provider)
      this.#size++
      this.#keysOf.set(provider, (this.#keysOf.get(provider) ?? 0) + 1)
    }
    providers.set(provider, { key: datastoreKey, provider, time: time.slice() })
    this.#byKey.set(key, providers)
  }

  /** Takes back what this peer held when it last ran. @returns false when there is no room for it any more */
  restore(name: string, time: Uint8Array): boolean {
    try {
      this.#hold(new Key(name), time)
      return true
    } catch (error) {
      if (error instanceof NoRoomError) return false
      throw error
    }
  }

  delete(name: string): void {
    const [key, provider] = split(name)
    const providers = this.#byKey.get(key)
    if (providers?.delete(provider) !== true) return
    this.#size--
    if (providers.size === 0) this.#byKey.delete(key)
    const keys = (this.#keysOf.get(provider) ?? 1) - 1
    if (keys === 0) this.#keysOf.delete(provider)
    else this.#keysOf.set(provider, keys)
    this.#changed(name, undefined)
  }

  /** Of this nobody is told. */
  clear(): void {
    this.#byKey.clear()
    this.#keysOf.clear()
    this.#size = 0
  }

  /** @param name of the key */
  ofKey(name: string): Iterable<HeldProvider> {
    return this.#byKey.get(name)?.values() ?? []
  }

  *[Symbol.iterator](): Iterator<HeldProvider> {
    for (const providers of this.#byKey.values()) yield* providers.values()
  }

  #checkRoom(ofKey: number, provider: string): void {
    const { providerLimit, providersOfKeyLimit, keysOfProviderLimit } = this.#limits
    const ofProvider = this.#keysOf.get(provider) ?? 0
    if (this.#size < providerLimit && ofKey < providersOfKeyLimit && ofProvider < keysOfProviderLimit) return
    this.#counters.full++
    throw new NoRoomError('provider')
  }
}

function split(name: string): [key: string, provider: string] {
  const slash = name.lastIndexOf('/')
  return [name.slice(0, slash), name.slice(slash + 1)]
}
