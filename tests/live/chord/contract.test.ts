import { describe, expect, test } from 'vitest'
import { chord, ringFaults, type Chord } from '../../../overlays/chord/index.ts'
import { dhtContract, routerContract } from '../../contracts/index.ts'
import { LiveNetwork } from '../live-network.ts'

/** Quicker than the defaults, so that a network has settled sooner; lists so short that four peers are a ring. */
const options = {
  successors: 3,
  stabiliseInterval: 100,
  fingerInterval: 100,
  gatherInterval: 50,
  unifyInterval: 1000,
  dht: { repairInterval: 500 },
}

/** Up to three know each other; more are a ring, and an ideal one. */
function settled(peers: readonly Chord[]): boolean {
  const places = peers.flatMap((peer) => peer.places())
  const isMember = peers.length > options.successors
  if (places.some((place) => place.isMember !== isMember)) return false
  if (isMember) return ringFaults(places, options.successors).length === 0
  return peers.every((peer) => peer.neighbours(9).length === peers.length - 1)
}

/** Then a second, for records to be where they belong: a peer has some forty timers in it with these options. */
const settledTimers = 40

const open = async (): Promise<LiveNetwork<Chord>> =>
  new LiveNetwork<Chord>(() => chord(options), { settledTimers, settled })

/** What real nodes on one machine are not asked, with the reason. */
function leftOut(cases: readonly { readonly leftOut?: string }[]): string[] {
  return [...new Set(cases.flatMap(({ leftOut }) => leftOut ?? []))]
}

describe('Chord keeps the contract of the role Router on real connections', () => {
  const cases = routerContract({ open })
  for (const { name, run, leftOut } of cases) if (leftOut === undefined) test.concurrent(name, { timeout: 90_000 }, run)

  test('what is left out needs a network that real nodes on one machine are not', () => {
    expect(leftOut(cases)).toEqual(['the network cannot be partitioned'])
  })
})

describe('Chord keeps the contract of the role Dht on real connections', () => {
  const cases = dhtContract({ open })
  for (const { name, run, leftOut } of cases) if (leftOut === undefined) test.concurrent(name, { timeout: 90_000 }, run)

  test('what is left out needs a network that real nodes on one machine are not', () => {
    expect(leftOut(cases)).toEqual([
      'providers are remembered for longer than a test',
      'the network cannot be partitioned',
    ])
  })
})
