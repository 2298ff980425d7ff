import type { PeerId as Libp2pPeerId, PeerInfo } from '@libp2p/interface'
import { peerIdFromMultihash } from '@libp2p/peer-id'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { create } from 'multiformats/hashes/digest'
import { beforeEach, describe, expect, test } from 'vitest'
// Whom a search asks is no part of the overlay's interface.
// oxlint-disable-next-line no-restricted-imports
import { Frontier, type Candidate } from '../../../overlays/kademlia/frontier.ts'
// oxlint-disable-next-line no-restricted-imports
import { Standing } from '../../../overlays/kademlia/standing.ts'
import { nearestFirst } from '../../abuse/kademlia/nearness.ts'

const key = utf8ToBytes('key')
const peerOf = (name: string): Libp2pPeerId => peerIdFromMultihash(create(0x12, sha256(utf8ToBytes(name))))

/** The nearest to the key first: peers are named by their place here. */
const crowd = nearestFirst(
  key,
  Array.from({ length: 300 }, (_, number) => peerOf(`peer ${number}`)),
  (peer) => peer.toMultihash().bytes,
)
const self = peerOf('self')
const places = new Map(crowd.map((peer, place) => [peer.toString(), place]))

interface Situation {
  /** In the routing table. */
  readonly known: readonly number[]
  /** Connected, or in the routing table, but not among those that the search begins with. */
  readonly met?: readonly number[]
  readonly size?: number
  readonly parallelism?: number
}

let words: Standing
let voices: Standing

beforeEach(() => {
  words = new Standing(() => 0)
  voices = new Standing(() => 0)
})

/** A search, and those that it asks, by their places. */
class Asked {
  readonly frontier: Frontier
  readonly #candidates = new Map<number, Candidate>()

  constructor({ known, met = [], size = 20, parallelism = 1 }: Situation) {
    const friends = new Set([...known, ...met].map((place) => idOf(place)))
    const hasMet = (peer: Libp2pPeerId): boolean => friends.has(peer.toString())
    const options = { target: sha256(key), self, size, parallelism, words, voices, hasMet }
    this.frontier = new Frontier(
      options,
      known.map((place) => peerAt(place)),
    )
  }

  /** Who is asked now. */
  next(): number[] {
    return this.frontier.next().map((candidate) => {
      const place = places.get(candidate.id) as number
      this.#candidates.set(place, candidate)
      return place
    })
  }

  answers(place: number, ...named: readonly (number | Libp2pPeerId)[]): void {
    const closer = named.map((peer): PeerInfo => ({
      id: typeof peer === 'number' ? peerAt(peer) : peer,
      multiaddrs: [],
    }))
    this.frontier.answered(this.candidate(place), closer)
  }

  isSilent(place: number): void {
    this.frontier.failed(this.candidate(place), false)
  }

  lies(place: number): void {
    this.frontier.failed(this.candidate(place), true)
  }

  candidate(place: number): Candidate {
    const candidate = this.#candidates.get(place)
    if (candidate === undefined) throw new Error(`Nobody has asked peer ${place}`)
    return candidate
  }
}

function peerAt(place: number): Libp2pPeerId {
  return crowd[place] as Libp2pPeerId
}

function idOf(place: number): string {
  return peerAt(place).toString()
}

describe('disjoint paths', () => {
  test('those who are known are dealt out to them, and of each the nearest are asked, so many at once', () => {
    const asked = new Asked({ known: [0, 1, 2, 3, 4, 5, 6], parallelism: 2 })
    expect(asked.next()).toEqual([0, 2, 1, 3])
    expect([0, 2, 1, 3].map((place) => asked.candidate(place).path)).toEqual([0, 0, 1, 1])
    expect(asked.next()).toEqual([])
    asked.answers(1)
    expect(asked.next()).toEqual([5])
  })

  test('nobody is asked on two of them, nor twice, nor this peer itself', () => {
    const asked = new Asked({ known: [10, 11], met: [4], parallelism: 2 })
    asked.next()
    asked.answers(10, 4, 11, self)
    asked.answers(11, 4, 10, self)
    expect(asked.next()).toEqual([4])
    asked.answers(4, 4, 10, 11)
    expect(asked.next()).toEqual([])
    expect(asked.frontier.isIdle).toBe(true)
  })

  test('each ends once its own k nearest have answered, whatever the others have heard', () => {
    const asked = new Asked({ known: [1, 2, 3, 4, 5, 6, 7], size: 2, parallelism: 2 })
    expect(asked.next()).toEqual([1, 3, 2, 4])
    asked.answers(1)
    asked.answers(3)
    asked.isSilent(2)
    expect(asked.next()).toEqual([6])
    asked.answers(4)
    asked.answers(6)
    expect(asked.next()).toEqual([])
  })

  test('who is nearer than the k-th of those that have answered is asked still', () => {
    const asked = new Asked({ known: [3, 5], met: [0, 4], size: 2 })
    expect(asked.next()).toEqual([3])
    asked.answers(3)
    expect(asked.next()).toEqual([5])
    asked.answers(5, 0, 4)
    expect(asked.next()).toEqual([0])
    asked.answers(0)
    expect(asked.next()).toEqual([])
    expect(asked.frontier.answers).toBe(3)
  })

  test('who is farther than its informant is asked only if there are not k without it', () => {
    const asked = new Asked({ known: [5, 6], size: 2 })
    asked.next()
    asked.answers(5, 7)
    expect(asked.next()).toEqual([6])
    asked.isSilent(6)
    expect(asked.next()).toEqual([7])
  })
})

describe('who is known and answers never waits behind others', () => {
  test('it is asked beside the strangers that are under way, however near these are', () => {
    const asked = new Asked({ known: [40, 50], met: [30, 31] })
    expect(asked.next()).toEqual([40])
    asked.answers(40, 0, 1, 30)
    expect(asked.next()).toEqual([30, 0])
    asked.answers(30, 31)
    expect(asked.next()).toEqual([31])
    asked.answers(31)
    expect(asked.next()).toEqual([50])
  })

  test('nor behind those that have been silent of late, which are asked beside it', () => {
    voices.blame(idOf(0), 2)
    voices.blame(idOf(1), 2)
    const asked = new Asked({ known: [0, 1, 2, 3] })
    expect(asked.next()).toEqual([2, 0])
    asked.answers(2)
    expect(asked.next()).toEqual([3])
    asked.isSilent(0)
    expect(asked.next()).toEqual([1])
  })

  test('and whoever has been met is known, whoever tells of it', () => {
    const asked = new Asked({ known: [50], met: [0, 1], parallelism: 2 })
    asked.next()
    asked.answers(50, 0, 1, 2)
    expect(asked.next()).toEqual([0, 1, 2])
    expect([0, 1, 2].map((place) => asked.candidate(place).informant)).toEqual([undefined, undefined, idOf(50)])
  })

  test('a search is sure of what it has heard when only strangers, and those silent of late, are waited for', () => {
    voices.blame(idOf(20), 2)
    const asked = new Asked({ known: [20, 50] })
    expect(asked.next()).toEqual([50, 20])
    expect(asked.frontier.isSure).toBe(false)
    asked.answers(50, 0)
    expect(asked.next()).toEqual([0])
    expect(asked.frontier.isSure).toBe(true)
    expect(asked.frontier.isIdle).toBe(false)
  })
})

describe('strangers of one informant', () => {
  const situation = { known: [50], parallelism: 3 }

  test('are tried one at a time, the nearest first, and none after two in vain, whatever it has done before', () => {
    for (let time = 0; time < 8; time++) words.praise(idOf(50))
    const asked = new Asked(situation)
    asked.next()
    asked.answers(50, 7, 3, 5, 1)
    expect(asked.next()).toEqual([1])
    asked.isSilent(1)
    expect(asked.next()).toEqual([3])
    asked.isSilent(3)
    expect(words.isDoubted(idOf(50))).toBe(false)
    expect(asked.next()).toEqual([])
    expect(asked.frontier.isIdle).toBe(true)
  })

  test('are tried two at a time once one has answered, and none after two in vain even so', () => {
    const asked = new Asked(situation)
    asked.next()
    asked.answers(50, 1, 2, 3, 4, 5)
    expect(asked.next()).toEqual([1])
    asked.answers(1)
    expect(asked.next()).toEqual([2, 3])
    asked.isSilent(2)
    asked.isSilent(3)
    expect(asked.next()).toEqual([])
  })

  test('do not count for those of another', () => {
    const asked = new Asked({ known: [50, 51], parallelism: 2 })
    asked.next()
    asked.answers(50, 0, 2, 4, 6)
    asked.answers(51, 1, 3, 5, 7)
    expect(asked.next()).toEqual([0, 1])
    asked.isSilent(0)
    asked.answers(1)
    expect(asked.next()).toEqual([2, 3, 5])
    asked.isSilent(2)
    expect(asked.next()).toEqual([])
    asked.answers(3)
    expect(asked.next()).toEqual([7])
  })

  test('that tell of others are informants themselves', () => {
    const asked = new Asked(situation)
    asked.next()
    asked.answers(50, 10)
    asked.next()
    asked.answers(10, 0, 1, 2)
    expect(asked.next()).toEqual([0])
    asked.isSilent(0)
    asked.next()
    asked.isSilent(1)
    expect(asked.next()).toEqual([])
    expect([10, 50].map((place) => words.isDoubted(idOf(place)))).toEqual([true, false])
    expect(words.isTrusted(idOf(50))).toBe(true)
  })
})

describe('doubt', () => {
  test('strangers of whom a doubted peer tells are not tried; who is known is, and the peer itself', () => {
    words.blame(idOf(50), 2)
    const asked = new Asked({ known: [50], met: [9] })
    expect(asked.next()).toEqual([50])
    asked.answers(50, 0, 1, 9)
    expect(asked.next()).toEqual([9])
  })

  test('whoever is found out by another search meanwhile is doubted in this one', () => {
    const asked = new Asked({ known: [50] })
    asked.next()
    asked.answers(50, 0, 1)
    words.blame(idOf(50), 2)
    expect(asked.next()).toEqual([])
    words.forgive(idOf(50))
    expect(asked.next()).toEqual([0])
  })

  test('the silence of strangers is held against their informant in other searches', () => {
    const first = new Asked({ known: [50] })
    first.next()
    first.answers(50, 0, 1)
    for (const place of [0, 1]) {
      first.next()
      first.isSilent(place)
    }
    const second = new Asked({ known: [50] })
    second.next()
    second.answers(50, 2)
    expect(second.next()).toEqual([])
  })

  test('it is not held against themselves: others may tell of them, or they come', () => {
    for (const informant of [50, 51]) {
      const asked = new Asked({ known: [informant] })
      asked.next()
      asked.answers(informant, 0)
      asked.next()
      asked.isSilent(0)
    }
    expect(voices.isDoubted(idOf(0))).toBe(false)
    expect(words.isDoubted(idOf(0))).toBe(false)
  })

  test('strangers that answer make up for as many that did not', () => {
    words.blame(idOf(50))
    const asked = new Asked({ known: [50] })
    asked.next()
    asked.answers(50, 0, 1, 2)
    asked.next()
    asked.answers(0)
    asked.next()
    asked.isSilent(1)
    expect(words.isDoubted(idOf(50))).toBe(false)
    expect(asked.next()).toEqual([2])
  })

  test('who is known is blamed for its own silence, whoever told of it, and forgiven when it answers', () => {
    const asked = (): Asked => {
      const search = new Asked({ known: [50], met: [0] })
      search.next()
      search.answers(50, 0)
      search.next()
      return search
    }
    asked().isSilent(0)
    expect(voices.isDoubted(idOf(0))).toBe(false)
    asked().isSilent(0)
    expect(voices.isDoubted(idOf(0))).toBe(true)
    expect(words.isDoubted(idOf(50))).toBe(false)
    asked().answers(0)
    expect(voices.isDoubted(idOf(0))).toBe(false)
  })

  test('what is not valid nobody says by chance: who says it is doubted at once, who told of it is not', () => {
    const asked = new Asked({ known: [50] })
    asked.next()
    asked.answers(50, 0, 1)
    asked.next()
    asked.lies(0)
    expect([0, 50].map((place) => words.isDoubted(idOf(place)))).toEqual([true, false])
    expect(asked.next()).toEqual([1])
    expect(asked.frontier.answers).toBe(1)
  })

  test('strangers are worth waiting for where one that the same peer told of has answered', () => {
    const asked = new Asked({ known: [50] })
    asked.next()
    asked.answers(50, 0, 1)
    asked.next()
    expect(asked.frontier.hasTrusted).toBe(false)
    asked.answers(0)
    expect(asked.frontier.hasTrusted).toBe(false)
    asked.next()
    expect(asked.frontier.hasTrusted).toBe(true)
  })
})

describe('limits', () => {
  const far = (count: number): number[] => Array.from({ length: count }, (_, place) => 20 + place)

  test('of one answer 256 peers are looked at', () => {
    const named = (before: number): number[] => {
      const asked = new Asked({ known: [299] })
      asked.next()
      asked.answers(299, ...far(before), 0)
      return asked.next()
    }
    expect(named(255)).toEqual([0])
    expect(named(256)).toEqual([20])
  })

  test('the k nearest of them are heard', () => {
    const asked = new Asked({ known: [50], met: [1, 2, 3, 4], size: 2, parallelism: 4 })
    asked.next()
    asked.answers(50, 4, 2, 3, 1)
    expect(asked.next()).toEqual([1, 2])
  })

  test('of strangers, too, no more are under way on one path than are asked at once, whoever told of them', () => {
    const asked = new Asked({ known: [40, 50] })
    asked.next()
    asked.answers(40, 1)
    expect(asked.next()).toEqual([50, 1])
    asked.answers(50, 0)
    expect(asked.next()).toEqual([])
    asked.isSilent(1)
    expect(asked.next()).toEqual([0])
  })

  test('an answer, or a silence, counts once', () => {
    const asked = new Asked({ known: [50] })
    asked.next()
    asked.answers(50, 0, 1, 2, 3)
    asked.answers(50, 9)
    expect(asked.frontier.answers).toBe(1)
    expect(asked.next()).toEqual([0])
    asked.isSilent(0)
    asked.isSilent(0)
    asked.answers(0)
    expect(asked.frontier.answers).toBe(1)
    expect(words.isDoubted(idOf(50))).toBe(false)
    expect(asked.next()).toEqual([1])
  })
})
