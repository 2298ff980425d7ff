import type { Duration, PeerId, Protocol, ProtocolDefinition } from '../../../node/protocol/index.ts'
import { swimDefinition } from '../../../overlays/swim/index.ts'
import type {
  MemberUpdate,
  SwimCore,
  SwimEvent,
  SwimMessage,
  SwimNeeds,
  SwimOptions,
  SwimTimer,
} from '../../../overlays/swim/index.ts'

/** A message whose sender need not say who it is. */
type Spoken<Message> = Message extends unknown
  ? Omit<Message, 'incarnation' | 'updates' | 'health'> & {
      readonly health?: number
      readonly incarnation?: number
      readonly updates?: readonly MemberUpdate[]
    }
  : never

/** Sends what no honest member would. */
export type Say = (to: PeerId, message: Spoken<SwimMessage>) => void

/** What a hostile member does besides all that a member does: every so often, so many times. */
export interface Attack {
  readonly interval: Duration
  readonly rounds: number
  readonly act: (round: number, say: Say, core: SwimCore) => void
}

type HostileTimer = SwimTimer | { readonly type: 'attack'; readonly round: number }

type HostileCore = SwimCore & Protocol<SwimMessage, HostileTimer>

/** A member that joins, answers probes, and is believed in all that as every other; and attacks. */
export function hostileDefinition(
  options: SwimOptions,
  { interval, rounds, act }: Attack,
): ProtocolDefinition<SwimMessage, HostileTimer, SwimEvent, HostileCore, SwimNeeds> {
  const honest = swimDefinition(options)
  return {
    ...honest,
    create(environment, needs) {
      const core = honest.create(environment, needs)
      const say: Say = (to, message) => {
        const health = 'probe' in message && message.type !== 'ping-req' ? { health: 0 } : {}
        environment.send(to, { incarnation: 0, updates: [], ...health, ...message } as SwimMessage)
      }
      const start = core.start.bind(core)
      const expire = core.expire.bind(core)
      return Object.assign(core, {
        start(): void {
          start()
          environment.schedule({ type: 'attack', round: 0 }, interval)
        },
        expire(timer: HostileTimer): void {
          if (timer.type !== 'attack') return expire(timer)
          act(timer.round, say, core)
          if (timer.round + 1 < rounds) environment.schedule({ type: 'attack', round: timer.round + 1 }, interval)
        },
      })
    },
  }
}
