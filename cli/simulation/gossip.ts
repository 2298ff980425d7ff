import { sample, type PeerId } from '../../node/protocol/index.ts'
import {
  Distribution,
  converted,
  duration,
  optional,
  record,
  wholeNumber,
  word,
  type Figures,
  type Field,
  type Fields,
  type Measurement,
  type OverlayRun,
  type ScenarioOverlay,
  type Shape,
} from '../../node/simulation/index.ts'
import {
  gossip,
  gossipDefinition,
  resolveGossipOptions,
  type Gossip,
  type GossipEvent,
  type GossipOptions,
  type ResolvedGossipOptions,
} from '../../overlays/gossip/index.ts'
import { DeliveryChecker, Publishing, publishWork, type PublishWork } from './publishing.ts'

const protocol = gossipDefinition().name

const { order, ...numbers } = resolveGossipOptions()
const fields = Object.entries<number>(numbers).map(([name, value]) => [name, field(name, value)])

const options: Shape<ResolvedGossipOptions> = converted(
  record('an object with options of gossip, {} for the defaults', {
    ...Object.fromEntries(fields),
    order: optional(word('none', 'fifo', 'causal'), `See GossipOptions; ${order} by default.`),
  } as Fields<GossipOptions>),
  (given) => resolveGossipOptions(given),
)

function field(name: string, preset: number): Field<number> {
  const isDuration = /(Interval|Delay|Timeout|For)$/.test(name)
  const count = wholeNumber({ least: 0, most: Number.MAX_SAFE_INTEGER })
  return optional(isDuration ? duration() : count, `See GossipOptions; ${preset} by default.`)
}

/** Neighbours that a peer is connected with at its start, where no other overlay tells it of peers. */
const firstNeighbours = 5

/** What was begun in a run: the checker looks at the work's count. */
const begun = new WeakMap<OverlayRun<Gossip>, Publishing>()

/** Gossip as scenario files know it. */
export const gossipOverlay: ScenarioOverlay<ResolvedGossipOptions, Gossip, PublishWork> = {
  about: 'Broadcast to all who listen to a topic.',
  protocol,
  options,
  prepare(resolved, run) {
    const overlay = gossip(resolved)
    return (host, { contacts }) => {
      // Another overlay may be attached after this one, and tell of peers.
      run.simulation.at(0, () => {
        if (host.role('membership') === undefined) connect(run, host.self, contacts)
      })
      return overlay.attach(host)
    }
  },
  describe: (event) => inWords(event as GossipEvent),
  workload: {
    shape: publishWork,
    start(work, run) {
      const publishing = new Publishing(work, run, protocol)
      begun.set(run, publishing)
      return publishing
    },
  },
  checkers: {
    delivery: {
      about: 'Every message older than 20 s has reached everybody who ran since it was published.',
      create: (run) => new DeliveryChecker(() => begun.get(run)),
    },
  },
  measurements: {
    neighbours: { about: 'How many neighbours peers have at the end.', create: (run) => new Neighbours(run) },
  },
}

/** The story of an event, to follow the peer's name. */
function inWords(event: GossipEvent): string | undefined {
  switch (event.type) {
    case 'message': {
      const { from, publisher, topic } = event.message
      return `hears of ${JSON.stringify(topic)} by ${publisher}, from ${from} after ${event.hops} hops`
    }
    case 'duplicate':
      return `hears from ${event.from} what it knows`
    case 'neighbour-up':
      return `and ${event.peer} become neighbours`
    case 'neighbour-down':
      return `and ${event.peer} are neighbours no more`
    case 'excluded':
      return `excludes ${event.peer}, which met its limits too often`
    default:
      return undefined
  }
}

class Neighbours implements Measurement {
  readonly #run: OverlayRun<Gossip>

  constructor(run: OverlayRun<Gossip>) {
    this.#run = run
  }

  figures(): Figures {
    const counts = new Distribution()
    for (const peer of this.#run.peers) {
      if (peer.state === 'running') counts.add(this.#run.api(peer).neighbours().length)
    }
    return { least: counts.quantile(0), mean: counts.mean, most: counts.quantile(1) }
  }
}

function connect(run: OverlayRun<Gossip>, self: PeerId, contacts: readonly PeerId[]): void {
  const peer = run.find(self)
  for (const contact of sample(run.random, contacts, firstNeighbours)) {
    const other = run.find(contact)
    if (peer !== undefined && other !== undefined && other !== peer) run.simulation.connect(peer, other)
  }
}
