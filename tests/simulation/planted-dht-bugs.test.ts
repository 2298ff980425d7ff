import { describe, expect, test } from 'vitest'
import { keyOf, type Dht, type Overlay, type PeerId, type Router } from '../../node/protocol/index.ts'
import { dhtContract, routerContract, SimulatedNetwork, type NetworkCase } from '../contracts/index.ts'
import { Directory } from './directory.ts'

type Api = Router & Dht

/** Names of the cases that fail. */
async function failures(cases: readonly NetworkCase[]): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run, leftOut } of cases) {
    if (leftOut !== undefined) continue
    await run().catch(() => failed.push(name))
  }
  return failed
}

/** A network whose peers are as they should be, but for what is spoilt. */
function spoilt(spoil: (api: Api, self: PeerId) => Partial<Api>): () => Promise<SimulatedNetwork<Api>> {
  return async () => {
    const directory = new Directory()
    const overlay: Overlay<Api> = {
      attach(host) {
        const api = directory.overlay().attach(host)
        return { ...api, ...spoil(api, host.self) }
      },
    }
    return new SimulatedNetwork(() => overlay, {}, 5000)
  }
}

const router = (spoil: (api: Api, self: PeerId) => Partial<Api>): Promise<string[]> =>
  failures(routerContract({ open: spoilt(spoil) }))

const dht = (spoil: (api: Api, self: PeerId) => Partial<Api>): Promise<string[]> =>
  failures(dhtContract({ open: spoilt(spoil), forgetsProviders: true }))

const never = new Promise<never>(() => {})

describe('the contract of routers', () => {
  test('is kept by peers that know everything', async () => {
    expect(await router(() => ({}))).toEqual([])
  })

  test.each<[string, string, (api: Api, self: PeerId) => Partial<Api>]>([
    [
      'everybody thinks that it is responsible',
      'all agree on who is responsible for a key, that peer as well',
      (_, self) => ({ lookup: async () => [self] }),
    ],
    [
      'one peer is responsible for everything',
      'responsibility is spread over the peers',
      (api) => ({ lookup: () => api.lookup(keyOf('always the same')) }),
    ],
    [
      'replicas are named twice',
      'replicas are distinct peers, as many as asked if there are, the responsible one first',
      (api) => ({
        replicas: async (key, count) => (await api.lookup(key)).flatMap((peer) => [peer, peer]).slice(0, count),
      }),
    ],
    [
      'a peer is its own neighbour',
      'neighbours are distinct others, never the peer itself, at most as many as asked',
      (api, self) => ({ neighbours: (count) => [self, ...api.neighbours(count - 1)] }),
    ],
    [
      'time-outs are told that nobody had',
      'a trace tells what the lookup found, and how',
      (api) => ({ trace: async (key, options) => ({ ...(await api.trace(key, options)), timeouts: 1 }) }),
    ],
    [
      'signals are not heard',
      'whoever does not want to wait hears so by the reason of the signal',
      (api) => ({ lookup: (key) => api.lookup(key) }),
    ],
  ])('finds that %s', async (_, name, spoil) => {
    expect(await router(spoil)).toContain(name)
  })

  test('finds that who is gone is still named', async () => {
    const ever = new Set<PeerId>()
    const failed = await router((api, self) => {
      ever.add(self)
      return { lookup: async (key, options) => [...new Set([...ever, ...(await api.lookup(key, options))])] }
    })
    expect(failed).toContain('the others take over from a peer that crashed, and keep what they had')
  })

  test('finds that a stopped peer answers nobody', async () => {
    const failed = await router((api) => ({
      lookup: (key, options) =>
        api
          .lookup(key, options)
          .catch((error: Error) => (error.name === 'LookupFailedError' ? never : Promise.reject(error))),
    }))
    expect(failed).toEqual(['what a stopped peer is asked, or was asked before, is not waited for in vain'])
  })
})

describe('the contract of hash tables', () => {
  test('is kept by peers that know everything', async () => {
    expect(await dht(() => ({}))).toEqual([])
  })

  test.each<[string, string, (api: Api) => Partial<Api>]>([
    [
      'puts go nowhere',
      'what one peer puts is got by all: a record that is immutable',
      (api) => ({ get: async (key, options) => (await api.get(key, options)).slice(1) }),
    ],
    [
      'large values are cut',
      'what is too large is refused, and the next put succeeds',
      (api) => ({
        put: (key, write, options) => api.put(key, { ...write, value: write.value.slice(0, 65_536) }, options),
      }),
    ],
    [
      'bytes are read when it is too late',
      'what callers do to their bytes changes no record',
      (api) => ({ put: async (key, write, options) => (await api.get(key), api.put(key, write, options)) }),
    ],
    [
      'an older record is taken without a word',
      'an owned record that is not newer than what is there is refused',
      (api) => ({
        put: (key, { ...write }, options) => {
          if (write.kind === 'owned') delete (write as { sequence?: number }).sequence
          return api.put(key, write, options)
        },
      }),
    ],
    [
      'one of several siblings is told',
      'what two write without knowing of each other stands side by side',
      (api) => ({ get: async (key, options) => (await api.get(key, options)).slice(0, 1) }),
    ],
    [
      'what replaces nothing takes the place of what its writer wrote before',
      'what one peer writes without having read its own stands beside that',
      (api) => ({
        put: (key, { ...write }, options) => {
          if (write.kind === 'shared' && write.replaces?.length === 0) delete (write as { replaces?: unknown }).replaces
          return api.put(key, write, options)
        },
      }),
    ],
    [
      'nothing replaces anything',
      'who has read all siblings replaces them',
      (api) => ({
        put: (key, write, options) =>
          api.put(key, write.kind === 'shared' ? { ...write, replaces: [] } : write, options),
      }),
    ],
    [
      'providers are told twice',
      'all find all who provide, each once',
      (api) => ({
        providers: async (key, options) =>
          (await api.providers(key, options)).flatMap((provider) => [provider, provider]),
      }),
    ],
    [
      'nobody can withdraw',
      'who withdraws is forgotten, and who does not is told for ever',
      () => ({ withdraw: () => {} }),
    ],
    [
      'signals are not heard',
      'whoever does not want to wait hears so by the reason of the signal',
      (api) => ({ get: (key) => api.get(key) }),
    ],
    [
      'a lone peer says that it has handed over',
      'a peer without others hands nothing over, and says so',
      () => ({ handOver: async () => true }),
    ],
  ])('finds that %s', async (_, name, spoil) => {
    expect(await dht(spoil)).toContain(name)
  })

  test('finds that what one has read goes back', async () => {
    const first = new Map<string, Awaited<ReturnType<Dht['get']>>>()
    let reads = 0
    const failed = await dht((api) => ({
      get: async (key, options) => {
        const found = await api.get(key, options)
        if (found.length > 0 && !first.has(key)) first.set(key, found)
        return reads++ % 7 === 6 ? (first.get(key) ?? found) : found
      },
    }))
    expect(failed).toContain('of an owned record the newest is got everywhere, and what is read never goes back')
  })
})

test('cases that a harness cannot run are named, not passed over', () => {
  const open = (): Promise<never> => Promise.reject(new Error('not opened'))
  const left = [...routerContract({ open }), ...dhtContract({ open, handsOver: false })]
  expect(left.filter(({ leftOut }) => leftOut !== undefined).map(({ name }) => name)).toEqual([
    'after a partition heals all agree again',
    'who withdraws is forgotten, and who does not is told for ever',
    'a provider that crashed is forgotten',
    'what was put in either part is got by all after a partition heals',
    'what was put by a lone peer is got by those who join later, even once that peer is gone',
  ])
})
