import type { Instant, MemberState, PeerId } from '../../node/protocol/index.ts'
import {
  Distribution,
  type Figures,
  type Happening,
  type Measurement,
  type OverlayRun,
  type SimulatedPeer,
} from '../../node/simulation/index.ts'
import type { Swim, SwimEvent } from '../../overlays/swim/index.ts'

type SwimRun = OverlayRun<Swim>

/** What one of the members says of another. */
interface Accusation {
  readonly type: 'suspected' | 'failed'
  readonly by: PeerId
  readonly of: PeerId
  readonly time: Instant
}

/** The suspicions and failures among all that happens. */
function accusation(happening: Happening, protocol: string): Accusation | undefined {
  if (happening.kind !== 'event' || happening.protocol !== protocol) return undefined
  const event = happening.event as SwimEvent
  if (event.type !== 'suspected' && event.type !== 'failed') return undefined
  return { type: event.type, by: happening.peer, of: event.peer, time: happening.time }
}

/** A crash that is not yet known to all. */
interface Crash {
  readonly at: Instant
  suspected: boolean
  failed: boolean
  /** Those who ran then, still run, and have not called it failed. */
  readonly unaware: Set<PeerId>
}

/** How long crashes stay unnoticed: by the first member, and until the last one has noticed. */
export class Detection implements Measurement {
  readonly #run: SwimRun
  readonly #protocol: string
  readonly #open = new Map<PeerId, Crash>()
  readonly #firstSuspicion = new Distribution()
  readonly #first = new Distribution()
  readonly #all = new Distribution()
  #crashes = 0

  constructor(run: SwimRun, protocol: string) {
    this.#run = run
    this.#protocol = protocol
  }

  heard(happening: Happening): void {
    if (happening.kind === 'crashed') return this.#crashed(happening.peer, happening.time)
    if (happening.kind === 'stopped') return this.#gone(happening.peer, happening.time)
    if (happening.kind === 'started') return void this.#open.delete(happening.peer)
    const accused = accusation(happening, this.#protocol)
    const crash = accused === undefined ? undefined : this.#open.get(accused.of)
    if (accused === undefined || crash === undefined) return
    const latency = accused.time - crash.at
    if (!crash.suspected) this.#firstSuspicion.add(latency)
    crash.suspected = true
    if (accused.type === 'suspected') return
    if (!crash.failed) this.#first.add(latency)
    crash.failed = true
    if (crash.unaware.delete(accused.by)) this.#look(accused.of, crash, accused.time)
  }

  figures(): Figures {
    return {
      crashes: this.#crashes,
      firstSuspicion: { noticed: this.#firstSuspicion.count, ...this.#firstSuspicion.figures() },
      first: { noticed: this.#first.count, ...this.#first.figures() },
      all: { noticed: this.#all.count, ...this.#all.figures() },
    }
  }

  #crashed(peer: PeerId, time: Instant): void {
    this.#gone(peer, time)
    this.#crashes++
    const running = this.#run.peers.filter(({ id, state }) => state === 'running' && id !== peer)
    this.#open.set(peer, { at: time, suspected: false, failed: false, unaware: new Set(running.map(({ id }) => id)) })
  }

  /** Nobody waits any more for somebody who is gone to notice. */
  #gone(peer: PeerId, time: Instant): void {
    for (const [crashed, crash] of this.#open) if (crash.unaware.delete(peer)) this.#look(crashed, crash, time)
  }

  #look(crashed: PeerId, crash: Crash, time: Instant): void {
    if (crash.unaware.size > 0) return
    if (crash.failed) this.#all.add(time - crash.at)
    this.#open.delete(crashed)
  }
}

/**
 * Members that were called failed while they ran. As in the Lifeguard paper, it counts who says so of whom: healthy is a
 * member that no fault was laid on.
 */
export class FalsePositives implements Measurement {
  readonly #run: SwimRun
  readonly #protocol: string
  readonly #members = new Set<PeerId>()
  #healthy = 0
  #atHealthy = 0
  #struck = 0
  #suspicions = 0

  constructor(run: SwimRun, protocol: string) {
    this.#run = run
    this.#protocol = protocol
  }

  heard(happening: Happening): void {
    const accused = accusation(happening, this.#protocol)
    if (accused === undefined || this.#run.find(accused.of)?.state !== 'running') return
    if (this.#run.wasStruck(accused.of)) {
      if (accused.type === 'failed') this.#struck++
      return
    }
    if (accused.type === 'suspected') return void this.#suspicions++
    this.#members.add(accused.of)
    this.#healthy++
    if (!this.#run.wasStruck(accused.by)) this.#atHealthy++
  }

  figures(): Figures {
    return {
      ofHealthy: this.#healthy,
      ofHealthyAtHealthy: this.#atHealthy,
      healthyMembers: this.#members.size,
      ofStruck: this.#struck,
      suspicionsOfHealthy: this.#suspicions,
    }
  }
}

/** Most members whose views are compared: each holds the whole group. */
const observerLimit = 500

/** Whom the healthy members think to be there. */
export class Views implements Measurement {
  readonly #run: SwimRun

  constructor(run: SwimRun) {
    this.#run = run
  }

  figures(): Figures {
    const healthy = this.#run.peers.filter((peer) => this.#isHealthy(peer))
    const step = Math.max(1, Math.ceil(healthy.length / observerLimit))
    const observers = healthy.filter((_, index) => index % step === 0)
    const views = new Set<string>()
    const missing = new Set<PeerId>()
    let most = 0
    let least = Infinity
    for (const observer of observers) {
      const view = presentMembers(this.#run.api(observer))
      views.add(fingerprint(view, this.#run))
      most = Math.max(most, view.size)
      least = Math.min(least, view.size)
      for (const { id } of healthy) if (!view.has(id)) missing.add(id)
    }
    return {
      observers: observers.length,
      distinct: views.size,
      leastMembers: observers.length === 0 ? 0 : least,
      mostMembers: most,
      healthyMissing: missing.size,
    }
  }

  #isHealthy({ id, state }: SimulatedPeer<unknown>): boolean {
    return state === 'running' && !this.#run.wasStruck(id)
  }
}

const present: ReadonlySet<MemberState> = new Set<MemberState>(['alive', 'suspected'])

export function presentMembers(api: Swim): Set<PeerId> {
  return new Set(
    api
      .members()
      .filter(({ state }) => present.has(state))
      .map(({ peer }) => peer),
  )
}

/** One digit for every peer there ever was. */
function fingerprint(view: ReadonlySet<PeerId>, run: SwimRun): string {
  return run.peers.map(({ id }) => (view.has(id) ? '1' : '0')).join('')
}
