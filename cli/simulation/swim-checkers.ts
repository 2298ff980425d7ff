import type { Instant, PeerId } from '../../node/protocol/index.ts'
import type { OverlayRun, ScenarioChecker } from '../../node/simulation/index.ts'
import type { Swim, SwimEvent } from '../../overlays/swim/index.ts'
import { presentMembers } from './swim-figures.ts'

/** No member that no fault was laid on calls another such member failed. Partitions are no excuse: leave it out there. */
export class FalseFailureChecker implements ScenarioChecker {
  readonly name: string = 'false-failures'
  readonly #run: OverlayRun<Swim>
  readonly #protocol: string

  constructor(run: OverlayRun<Swim>, protocol: string) {
    this.#run = run
    this.#protocol = protocol
  }

  heard(by: PeerId, protocol: string, event: unknown): string | undefined {
    if (protocol !== this.#protocol) return undefined
    const { type, peer } = event as Extract<SwimEvent, { peer: PeerId }>
    if (type !== 'failed' || this.#run.find(peer)?.state !== 'running') return undefined
    if (this.#run.wasStruck(peer) || this.#run.wasStruck(by)) return undefined
    return `${by} calls ${peer} failed, which runs, and no fault was laid on either`
  }
}

/** At the end every member that runs knows exactly those that run. */
export class AgreementChecker implements ScenarioChecker {
  readonly name: string = 'agreement'
  readonly #run: OverlayRun<Swim>

  constructor(run: OverlayRun<Swim>) {
    this.#run = run
  }

  atEnd(_now: Instant): string | undefined {
    const running = this.#run.peers.filter(({ state }) => state === 'running')
    for (const observer of running) {
      const view = presentMembers(this.#run.api(observer))
      const missing = running.find(({ id }) => !view.has(id))
      if (missing !== undefined) return `${observer.id} does not know ${missing.id}, which runs`
      if (view.size === running.length) continue
      const ids = new Set(running.map(({ id }) => id))
      return `${observer.id} knows ${[...view].find((id) => !ids.has(id))}, which does not run`
    }
    return undefined
  }
}
