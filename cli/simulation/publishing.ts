import type { Duration, Instant, PeerId } from '../../node/protocol/index.ts'
import {
  Distribution,
  duration,
  fallback,
  optional,
  peerChoice,
  record,
  required,
  text,
  wholeNumber,
  type Figures,
  type Happening,
  type Measurement,
  type OverlayRun,
  type PeerChoice,
  type ScenarioChecker,
  type Shape,
  type SimulatedPeer,
} from '../../node/simulation/index.ts'
import type { Gossip, GossipEvent } from '../../overlays/gossip/index.ts'

/** Messages that are published again and again. */
export interface PublishWork {
  readonly topic: string
  readonly every: Duration
  readonly from: PeerChoice
  readonly bytes: number
  readonly at: Duration
  readonly for?: Duration
}

export const publishWork: Shape<PublishWork> = record<PublishWork>('an object with "every"', {
  topic: fallback(text('a topic of 1 to 100 characters', '^.{1,100}$'), 'news', 'What the messages are about.'),
  every: required(duration(1), 'One message each so long.'),
  from: fallback(peerChoice, { kind: 'all' }, 'Who publishes: of these one that runs, drawn anew for each message.'),
  bytes: fallback(wholeNumber({ least: 4, most: 524_288 }), 64, 'Size of a message.'),
  at: fallback(duration(), 10_000, 'When it begins: peers need a while to find neighbours.'),
  for: optional(duration(1), 'How long it goes on. Left out: to the end.'),
})

/** How long a message may take before its absence is a finding. */
const patience: Duration = 20_000

/** What is still to come of a message at one peer. */
const expected = 1
const arrived = 2

interface Published {
  readonly at: Instant
  /** By number of the peer. */
  readonly state: Uint8Array
}

/** Publishes, and counts what arrives where. A message is expected at whoever ran when it was published, and still runs. */
export class Publishing implements Measurement {
  readonly #work: PublishWork
  readonly #run: OverlayRun<Gossip>
  readonly #protocol: string
  readonly #published: Published[] = []
  readonly #latency = new Distribution()
  readonly #hops = new Distribution()
  #duplicates = 0

  constructor(work: PublishWork, run: OverlayRun<Gossip>, protocol: string) {
    this.#work = work
    this.#run = run
    this.#protocol = protocol
    run.simulation.at(work.at, () => this.#publish(run.simulation.now + (work.for ?? Infinity)))
  }

  heard(happening: Happening): void {
    if (happening.kind === 'crashed' || happening.kind === 'stopped') return this.#gone(happening.peer)
    if (happening.kind !== 'event' || happening.protocol !== this.#protocol) return
    const event = happening.event as GossipEvent
    if (event.type === 'duplicate') this.#duplicates++
    if (event.type !== 'message' || event.message.topic !== this.#work.topic) return
    const { bytes } = event.message
    const published = this.#published[new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)]
    const index = this.#run.find(happening.peer)?.index ?? -1
    if (published === undefined || published.state[index] === arrived) return
    // Late-comers may hear it too: they are not counted.
    if (published.state[index] !== expected) return
    published.state[index] = arrived
    this.#latency.add(happening.time - published.at)
    this.#hops.add(event.hops)
  }

  figures(): Figures {
    const { now } = this.#run.simulation
    const { deliveries, missing } = this.count(now - patience)
    const all = deliveries + missing
    return {
      published: this.#published.length,
      // The last ones are still under way.
      publishedEarly: this.#published.filter(({ at }) => at < now - patience).length,
      deliveries,
      missing,
      share: all === 0 ? null : Math.round((deliveries / all) * 1e6) / 1e6,
      latency: this.#latency.figures(),
      hops: this.#hops.figures(),
      // Relative message redundancy of the Plumtree paper, over what arrived.
      redundancy: this.#hops.count === 0 ? null : Math.round((this.#duplicates / this.#hops.count) * 1000) / 1000,
    }
  }

  /** @param until of messages published before that time */
  count(until: Instant): { readonly deliveries: number; readonly missing: number } {
    let [deliveries, missing] = [0, 0]
    for (const { at, state } of this.#published) {
      if (at >= until) break
      for (const value of state) {
        if (value === arrived) deliveries++
        if (value === expected) missing++
      }
    }
    return { deliveries, missing }
  }

  #publish(end: Instant): void {
    const { simulation, peers, random } = this.#run
    const running = this.#run.choose(this.#work.from).filter(isRunning)
    const publisher = running[Math.floor(random.next() * running.length)]
    if (publisher !== undefined) {
      const state = new Uint8Array(peers.length)
      for (const peer of peers) if (isRunning(peer) && peer !== publisher) state[peer.index] = expected
      const bytes = new Uint8Array(this.#work.bytes)
      new DataView(bytes.buffer).setUint32(0, this.#published.length)
      this.#published.push({ at: simulation.now, state })
      this.#run.api(publisher).publish(this.#work.topic, bytes)
    }
    if (simulation.now + this.#work.every < end) simulation.at(this.#work.every, () => this.#publish(end))
  }

  #gone(peer: PeerId): void {
    const index = this.#run.find(peer)?.index ?? -1
    for (const { state } of this.#published) if (state[index] === expected) state[index] = 0
  }
}

function isRunning(peer: SimulatedPeer<unknown>): boolean {
  return peer.state === 'running'
}

/** Whatever was published well before the end has reached everybody. */
export class DeliveryChecker implements ScenarioChecker {
  readonly name: string = 'delivery'
  readonly #publishing: () => Publishing | undefined

  constructor(publishing: () => Publishing | undefined) {
    this.#publishing = publishing
  }

  atEnd(now: Instant): string | undefined {
    const missing = this.#publishing()?.count(now - patience).missing ?? 0
    return missing === 0 ? undefined : `${missing} deliveries are missing of messages older than ${patience / 1000} s`
  }
}
