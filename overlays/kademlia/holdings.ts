import { NotFoundError } from '@libp2p/interface'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import type { HeldProviders } from './held-providers.ts'
import { datastorePrefix, type HeldRecords } from './held-records.ts'
import { isOwnPut } from './kad-node.ts'
import type { KeptHoldings } from './kept-holdings.ts'

type Datastore = KadDHTComponents['datastore']

export const providerPrefix: string = `${datastorePrefix}/provider/`

/**
 * What kad-dht takes for its datastore. libp2p's own would do as well, were it bounded, and could a check and what comes
 * of it be one act there. What is put is acknowledged to nobody before it is kept.
 *
 * @param kept undefined where nothing outlives the process
 * @param isKnown whether libp2p knows addresses of a peer: kad-dht fails to answer for a key of which it does not
 */
export function holdingsDatastore(
  records: HeldRecords,
  providers: HeldProviders,
  kept: KeptHoldings | undefined,
  isKnown: (peer: string) => Promise<boolean>,
): Datastore {
  const isProvider = (name: string): boolean => name.startsWith(providerPrefix)
  const used: Pick<Datastore, 'get' | 'has' | 'put' | 'delete' | 'query'> = {
    get(key) {
      const name = key.toString()
      if (!isProvider(name)) return records.get(name)
      const time = providers.get(name)
      if (time === undefined) throw new NotFoundError(`There is no ${name}`)
      return time
    },
    has: (key) =>
      isProvider(key.toString()) ? providers.get(key.toString()) !== undefined : records.has(key.toString()),
    put(key, bytes, options) {
      const name = key.toString()
      if (isProvider(name)) providers.put(key, bytes)
      else records.put(name, bytes, isOwnPut(options))
      return kept === undefined ? key : kept.saved().then(() => key)
    },
    delete(key) {
      if (isProvider(key.toString())) providers.delete(key.toString())
      else records.delete(key.toString())
    },
    async *query({ prefix = '' }) {
      // Whoever asks for all of them cleans up: what is of a peer that nobody knows any more is to go above all.
      const ofOneKey = isProvider(prefix)
      for (const { key, provider, time } of ofOneKey ? providers.ofKey(prefix) : providers) {
        if (!ofOneKey || (await isKnown(provider))) yield { key, value: time }
      }
    },
  }
  // kad-dht uses no others.
  return used as Datastore
}
