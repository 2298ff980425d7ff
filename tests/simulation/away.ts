import { Simulation, uniformLatency, type SimulatedPeer } from '../../node/simulation/index.ts'
import { documents, replicatorCodec, type Documents, type ReplicatorMessage } from '../../crdt/replicator/index.ts'
import { ByteWriter } from '../../node/protocol/index.ts'

export interface AwayTrial {
  readonly documents: number
  /** Made by the other peer while one is away, a day long. */
  readonly changes: number
}

export interface AwayFigures {
  /** From the connection to the first change set, in round trips. */
  readonly roundTrips: number
  /** Messages until then that found out what was missing, by kind. */
  readonly messages: readonly string[]
  /** Of everything but change sets, per change. */
  readonly overheadBytes: number
  readonly changesBytes: number
  /** Change sets that were sent more than once. */
  readonly repeated: number
  readonly isEqual: boolean
  /** From the connection until all is there, in virtual milliseconds. */
  readonly duration: number
}

const day = 86_400_000
const latency = 100

/** Two peers share many documents; one is away for a day in which the other writes. */
export function runAway({ documents: count, changes }: AwayTrial): AwayFigures {
  const simulation = new Simulation({ seed: 1, latency: uniformLatency(latency, latency) })
  const said: { readonly at: number; readonly message: ReplicatorMessage }[] = []
  const peers = ['home', 'traveller'].map((name) => {
    let session = 0
    return simulation.addPeer(name, (host) => {
      const author = simulation.authorKey(name)
      return documents({ network: 'away', author, counter: session++, follow: ['*'] }).attach(host)
    })
  })
  const [home, traveller] = peers as [SimulatedPeer<Documents>, SimulatedPeer<Documents>]
  for (let number = 0; number < count; number++) home.api.open(`document ${number}`).text('body').insert(0, 'begun')
  simulation.connect(home, traveller)
  simulation.run(120_000)
  simulation.crash(traveller)
  for (let number = 0; number < changes; number++) {
    simulation.at(Math.floor((number * day) / changes), () => {
      home.api
        .open(`document ${number % count}`)
        .text('body')
        .insert(0, 'more ')
    })
  }
  simulation.run(day + 1000)
  simulation.restart(traveller)
  const start = simulation.now
  simulation.observe(
    (happening) => {
      if (happening.kind === 'sent') said.push({ at: happening.time, message: happening.message as ReplicatorMessage })
    },
    { messages: true },
  )
  simulation.connect(home, traveller)
  const states = (): string[] =>
    peers.map(({ api }) => JSON.stringify(api.list().map(({ id, version }) => [id, version])))
  let duration = 0
  for (; duration < 120_000 && new Set(states()).size > 1; duration += 100) simulation.run(100)
  // What the traveller's disk takes to read the document is no round trip.
  const arrived = (said.find(({ message }) => message.type === 'sets')?.at ?? Number.NaN) + latency
  const sizes = said.map(({ message }) => {
    const writer = new ByteWriter()
    replicatorCodec.encode(message, writer)
    return [message.type, writer.length] as const
  })
  const sets = said.flatMap(({ message }) => (message.type === 'sets' ? message.sets.map(String) : []))
  return {
    repeated: sets.length - new Set(sets).size,
    roundTrips: (arrived - start) / (2 * latency),
    messages: said.filter(({ at }) => at < arrived).map(({ message }) => kindOf(message)),
    overheadBytes: sizes.reduce((sum, [type, bytes]) => sum + (type === 'sets' ? 0 : bytes), 0),
    changesBytes: sizes.reduce((sum, [type, bytes]) => sum + (type === 'sets' ? bytes : 0), 0),
    isEqual: new Set(states()).size === 1,
    duration,
  }
}

function kindOf(message: ReplicatorMessage): string {
  return message.type === 'compare' ? message.message.kind : message.type
}
