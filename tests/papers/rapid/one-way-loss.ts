import { createRandom, sample, type Duration } from '../../../node/protocol/index.ts'
import type { SwimOptions } from '../../../overlays/swim/index.ts'
import type { Experiment } from '../experiment.ts'
import { indexOf, startGroup } from '../group.ts'

export interface OneWayLossTrial {
  readonly options: SwimOptions
  readonly seed: number
  readonly size: number
  /** Share of the members that lose packets. */
  readonly faulty: number
  /** Which of theirs are lost. */
  readonly direction: 'sent' | 'received'
  /** How many of those. */
  readonly loss: number
  readonly duration: Duration
}

export interface OneWayLossOutcome {
  /** Of the faulty members, those whom every healthy one took for gone in the end. */
  readonly removed: number
  /** Healthy members whom some healthy one took for gone at some time. */
  readonly wronglyRemoved: number
  /** Healthy members who in the end took some healthy one for gone. */
  readonly wrongInTheEnd: number
  /** Different views that healthy members had, looked at every second. */
  readonly views: number
  /** The same of all members. */
  readonly viewsOfAll: number
  /** How long until no view of a healthy member changed any more, or undefined if that goes on. */
  readonly settled: Duration
}

const quietTime = 15_000

/** Those whom a member takes for gone. */
class View {
  readonly #gone = new Set<number>()
  #text = ''

  get gone(): ReadonlySet<number> {
    return this.#gone
  }

  get text(): string {
    return this.#text
  }

  change(peer: number, isGone: boolean): void {
    if (isGone) this.#gone.add(peer)
    else this.#gone.delete(peer)
    this.#text = [...this.#gone].toSorted((left, right) => left - right).join()
  }
}

/** Rapid (ATC'18) §7: a few members lose most of what they receive, or of what they send, and go on losing it. */
export const experiment: Experiment<OneWayLossTrial, OneWayLossOutcome> = {
  module: import.meta.url,
  run({ options, seed, size, faulty: share, direction, loss, duration }) {
    const { simulation, members } = startGroup({ size, seed, swim: options })
    simulation.run(quietTime)
    const faulty = new Set(sample(createRandom(`faulty/${seed}`), [...members.keys()], Math.round(share * size)))
    const start = simulation.now
    let settled = 0
    const wronged = new Set<number>()
    const views = members.map(({ api }, index) => {
      const view = new View()
      api.subscribe(({ type, peer }) => {
        if (type === 'suspected') return
        const isGone = type === 'failed' || type === 'left'
        if (view.gone.has(indexOf(peer)) === isGone) return
        view.change(indexOf(peer), isGone)
        if (faulty.has(index)) return
        settled = simulation.now - start
        if (isGone && !faulty.has(indexOf(peer))) wronged.add(indexOf(peer))
      })
      return view
    })
    for (const index of faulty) {
      const member = members[index]
      if (member === undefined) continue
      simulation.degrade(member, direction === 'sent' ? { sendLoss: loss } : { receiveLoss: loss })
    }

    const seen = new Set<string>()
    const seenByAll = new Set<string>()
    while (simulation.now < start + duration) {
      simulation.run(1000)
      for (const [index, { text }] of views.entries()) {
        seenByAll.add(text)
        if (!faulty.has(index)) seen.add(text)
      }
    }
    const healthy = views.filter((_, index) => !faulty.has(index))
    return {
      removed: [...faulty].filter((index) => healthy.every(({ gone }) => gone.has(index))).length,
      wronglyRemoved: wronged.size,
      wrongInTheEnd: healthy.filter(({ gone }) => [...gone].some((index) => !faulty.has(index))).length,
      views: seen.size,
      viewsOfAll: seenByAll.size,
      settled,
    }
  },
}
