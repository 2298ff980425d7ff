// An overlay of one's own in a scenario file: its options, a checker and a measurement, beside the simulator's faults.

import type { PeerId, Protocol, ProtocolDefinition } from 'peerloom/protocol'
import { duration, fallback, parseScenario, record, reportTable, runScenario } from 'peerloom/simulation'
import type { ScenarioOverlay } from 'peerloom/simulation'

const name = '/example/heartbeat/1.0.0'

interface Beat {
  readonly type: 'beat'
  readonly from: PeerId
}

/** Tells its contacts again and again that it lives. */
function heartbeat(
  every: number,
  contacts: readonly PeerId[],
): ProtocolDefinition<string, string, Beat, Protocol<string, string>> {
  return {
    name,
    plane: 'control',
    codec: { encode: (text, writer) => void writer.text(text), decode: (reader) => reader.text(10) },
    create: (environment) => ({
      start: () => environment.schedule('beat', every),
      receive: (_, from) => environment.emit({ type: 'beat', from }),
      expire(timer) {
        for (const contact of contacts) environment.send(contact, 'beat')
        environment.schedule(timer, every)
      },
    }),
  }
}

const heartbeats: ScenarioOverlay<{ readonly every: number }> = {
  about: 'Peers that tell their contacts that they live.',
  protocol: name,
  options: record('an object with "every"', { every: fallback(duration(1), 1000, 'Between two beats.') }),
  prepare:
    ({ every }) =>
    (host, { contacts }) =>
      host.run(heartbeat(every, contacts), undefined),
  checkers: {
    pulse: {
      about: 'At the end whoever runs was heard within five seconds.',
      create(run) {
        const last = new Map<PeerId, number>()
        return {
          name: 'pulse',
          heard(_, protocol, event, now) {
            if (protocol === name) last.set((event as Beat).from, now)
            return undefined
          },
          atEnd(now) {
            const silent = run.peers.find(({ id, state }) => state === 'running' && now - (last.get(id) ?? 0) > 5000)
            return silent && `${silent.id} runs and is not heard`
          },
        }
      },
    },
  },
  measurements: {
    beats: {
      about: 'Beats heard.',
      create() {
        let heard = 0
        return { heard: ({ kind }) => void (kind === 'event' && heard++), figures: () => ({ heard }) }
      },
    },
  },
}

const scenario = `{
  "name": "heartbeats",
  "peers": { "count": 10, "groups": { "some": { "count": 3 } } },
  "overlay": { "heartbeats": { "every": "500ms" } },
  "start": "known",
  "network": { "latency": "cities", "loss": "1%" },
  "faults": [{ "at": "20s", "fault": "crash", "peers": "some" }],
  "checkers": ["pulse"],
  "duration": "1m"
}`

const overlays = { heartbeats }
console.log(reportTable(runScenario(parseScenario(scenario, overlays), { overlays, seed: 7 })))
