import type { PeerId, Protocol, ProtocolDefinition } from '../../../node/protocol/index.ts'
import {
  duration,
  fallback,
  optional,
  record,
  wholeNumber,
  type Entry,
  type OverlayRun,
  type ScenarioOverlay,
} from '../../../node/simulation/index.ts'

type Message = 'beat'
type Timer = 'beat'
type ToyEvent = { readonly type: 'beat'; readonly from: PeerId }

/** Every peer tells one contact that it lives, again and again. */
const definition = (
  contacts: () => readonly PeerId[],
  every: number,
): ProtocolDefinition<Message, Timer, ToyEvent, Protocol<Message, Timer>> => ({
  name: '/test/beat/1.0.0',
  plane: 'control',
  codec: { encode: (text, writer) => void writer.text(text), decode: (reader) => reader.text(10) as Message },
  create: (environment) => ({
    start: () => environment.schedule('beat', every),
    receive: (_, from) => environment.emit({ type: 'beat', from }),
    expire: () => {
      for (const contact of contacts()) environment.send(contact, 'beat')
      environment.schedule('beat', every)
    },
  }),
})

export interface Toy {
  readonly entry: Entry
}

interface ToyOptions {
  readonly every: number
  /** After so many beats heard anywhere its checker complains. */
  readonly limit?: number
}

/** An overlay for tests of the runner. */
export const toy: ScenarioOverlay<ToyOptions, Toy, { readonly at: number }> = {
  about: 'Beats.',
  protocol: '/test/beat/1.0.0',
  options: record<ToyOptions>('options of the toy', {
    every: fallback(duration(1), 1000, 'Between two beats.'),
    limit: optional(wholeNumber({ least: 1, most: 1e6 }), 'Beats that are too many.'),
  }),
  prepare(options, run) {
    limits.set(run, options.limit ?? Infinity)
    return (host, entry) => {
      const contacts = entry.contacts.filter((contact) => contact !== host.self).slice(0, 1)
      host.run(
        definition(() => contacts, options.every),
        undefined,
      )
      return { entry }
    }
  },
  workload: {
    shape: record<{ at: number }>('work', { at: fallback(duration(), 0, 'When.') }),
    start({ at }, run) {
      let worked = 0
      run.simulation.at(at, () => worked++)
      return { figures: () => ({ worked }) }
    },
  },
  checkers: {
    limit: {
      about: 'Not too many beats.',
      create(run) {
        let beats = 0
        return {
          name: 'limit',
          heard: () => (++beats > (limits.get(run) ?? 0) ? `${beats} beats are too many` : undefined),
        }
      },
    },
    end: {
      about: 'Somebody runs at the end.',
      create: (run) => ({
        name: 'end',
        atEnd: () => (run.peers.some(({ state }) => state === 'running') ? undefined : 'nobody runs'),
      }),
    },
  },
  measurements: {
    kinds: {
      about: 'What was heard.',
      create() {
        const counts: Record<string, number> = {}
        return { heard: ({ kind }) => void (counts[kind] = (counts[kind] ?? 0) + 1), figures: () => counts }
      },
    },
  },
}

const limits = new WeakMap<OverlayRun<Toy>, number>()
