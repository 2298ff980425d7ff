import type { Dht, DhtRecord, Key } from '../../node/protocol/index.ts'
import type { ContractNetwork, ContractPeer } from './network.ts'
import { eventually, results } from './outcome.ts'

export type DhtPeer = ContractPeer<Dht>
export type DhtNetwork = ContractNetwork<Dht>

/** Resolves once all of the peers get the values, in whatever order. */
export function expectEverywhere(
  network: DhtNetwork,
  peers: readonly DhtPeer[],
  key: Key,
  values: readonly string[],
): Promise<void> {
  const wanted = JSON.stringify(values.toSorted())
  return eventually(network, `all to get ${wanted}`, async () => {
    const got = await results(
      network,
      peers.map(({ api }) => api.get(key)),
      'gets',
    )
    const wrong = got.map((records) => JSON.stringify(texts(records))).find((found) => found !== wanted)
    return wrong === undefined ? undefined : `somebody gets ${wrong}`
  })
}

/** Values as text, sorted. */
export function texts(records: readonly DhtRecord[]): string[] {
  return records.map(({ value }) => new TextDecoder().decode(value)).sort()
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
