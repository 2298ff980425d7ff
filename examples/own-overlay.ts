// An overlay of one's own in the simulator: whoever hears a rumour tells it to four others, once.

import { sample, type PeerId, type Protocol, type ProtocolDefinition } from 'peerloom/protocol'
import { Simulation, logNormalLatency } from 'peerloom/simulation'

const names = Array.from({ length: 1000 }, (_, index) => `p${index}` as PeerId)

const rumour: ProtocolDefinition<string, never, string, Protocol<string, never>> = {
  name: '/example/rumour/1.0.0',
  plane: 'broadcast',
  codec: { encode: (text, writer) => void writer.text(text), decode: (reader) => reader.text(100) },
  create(environment) {
    let isHeard = false
    const receive = (text: string): void => {
      if (isHeard) return
      isHeard = true
      environment.emit(text)
      for (const peer of sample(environment.random, names, 4)) environment.send(peer, text)
    }
    return { start() {}, receive, expire() {} }
  },
}

const simulation = new Simulation({ seed: 7, latency: logNormalLatency(40, 0.5), loss: 0.01 })
const peers = names.map((name) => simulation.addPeer(name, (host) => host.run(rumour, undefined)))
let heard = 0
simulation.observe(({ kind }) => void (kind === 'event' && heard++))
peers[0]?.api.receive('the king has the ears of an ass', 'p0' as PeerId)
simulation.run(1000)
console.log(`${heard} of ${peers.length} heard it by ${simulation.traffic().messages} messages`)
