import { ByteWriter } from '../../node/protocol/index.ts'
import { Simulation, uniformLatency, type SimulatedPeer } from '../../node/simulation/index.ts'
import { documents, replicatorCodec, type Documents, type ReplicatorMessage } from '../../crdt/replicator/index.ts'

export interface OneDocumentFigures {
  /** Of the larger summary, without the 34 bytes that say of which document it is. */
  readonly summaryBytes: number
  /** From the first summary until both know what the other lacks; the changes go with the answer, and after it. */
  readonly roundTrips: number
  readonly setsSent: number
  readonly setsLacking: number
  readonly isEqual: boolean
}

const latency = 100

/** Two peers share one document that many replicas have written; apart, each adds a change, and they compare it. */
export function runOneDocument(replicas: number): OneDocumentFigures {
  const simulation = new Simulation({ seed: 1, latency: uniformLatency(latency, latency) })
  const add = (name: string): SimulatedPeer<Documents> =>
    simulation.addPeer(name, (host) => {
      const author = simulation.authorKey(name)
      return documents({ network: 'one', author, counter: 0, follow: ['*'] }).attach(host)
    })
  const [one, other] = [add('one'), add('other')]
  const writers = Array.from({ length: replicas - 2 }, (_, index) => add(`writer${index}`))
  for (const peer of [one, other, ...writers]) peer.api.open('notes').text('body').insert(0, `${peer.id} `)
  for (const peer of [other, ...writers]) simulation.connect(one, peer)
  simulation.run(60_000)
  for (const peer of writers) simulation.crash(peer)
  simulation.partition([one], [other])
  simulation.run(20_000)
  for (const peer of [one, other]) peer.api.open('notes').text('body').insert(0, 'alone ')
  simulation.run(1000)
  const said: { readonly at: number; readonly message: ReplicatorMessage }[] = []
  simulation.observe(
    (happening) => {
      if (happening.kind === 'sent') said.push({ at: happening.time, message: happening.message as ReplicatorMessage })
    },
    { messages: true },
  )
  simulation.heal()
  simulation.connect(one, other)
  simulation.run(30_000)
  const summaries = said.filter(({ message }) => message.type === 'summary')
  const times = summaries.map(({ at }) => at)
  const sets = said.filter(({ message }) => message.type === 'sets')
  const states = [one, other].map(({ api }) => JSON.stringify(api.open('notes').version))
  return {
    summaryBytes: Math.max(...summaries.map(({ message }) => sizeOf(message))) - 34,
    roundTrips: (Math.max(...times) + latency - Math.min(...times)) / (2 * latency),
    setsSent: sets.reduce((sum, { message }) => sum + (message.type === 'sets' ? message.sets.length : 0), 0),
    setsLacking: 2,
    isEqual: states[0] === states[1],
  }
}

function sizeOf(message: ReplicatorMessage): number {
  const writer = new ByteWriter()
  replicatorCodec.encode(message, writer)
  return writer.length
}
