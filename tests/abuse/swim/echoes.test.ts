import { expect, test } from 'vitest'
import { encodeMessage, type PeerId } from '../../../node/protocol/index.ts'
import { resolveSwimOptions, swimCodec, type SwimMessage } from '../../../overlays/swim/index.ts'
import { HostileGroup } from './hostile-group.ts'
import type { Say } from './hostile-member.ts'

const size = 20
const duration = 10_000
/** A member list is given to the same member once in so long. */
const { probeTimeout } = resolveSwimOptions()

type Speak = (say: Say, to: PeerId, turn: number) => void

/** What one side has sent. */
class Traffic {
  messages = 0
  bytes = 0
  /** Of the messages, those that hold a part of a member list. */
  pages = 0

  add(message: SwimMessage): void {
    this.messages++
    this.bytes += encodeMessage(swimCodec, message).length
    if (message.type === 'push') this.pages++
  }

  minus({ messages, bytes, pages }: Traffic): Pick<Traffic, 'messages' | 'bytes' | 'pages'> {
    return { messages: this.messages - messages, bytes: this.bytes - bytes, pages: this.pages - pages }
  }
}

interface Sides {
  readonly hostile: Traffic
  readonly honest: Traffic
}

/** A hostile member says something to everybody, so many times every so often. */
function traffic(speak: Speak, interval: number, perRound: number): Sides {
  const group = new HostileGroup(size)
  const sides: Sides = { hostile: new Traffic(), honest: new Traffic() }
  const attacker = group.attack({
    interval,
    rounds: duration / interval,
    act(round, say) {
      for (const id of group.ids) for (let turn = 0; turn < perRound; turn++) speak(say, id, round * perRound + turn)
    },
  })
  group.simulation.observe(
    (happening) => {
      if (happening.kind !== 'sent') return
      sides[happening.from === attacker.id ? 'hostile' : 'honest'].add(happening.message as SwimMessage)
    },
    { messages: true },
  )
  group.simulation.run(duration + 1000)
  expect([group.count('failed'), group.count('left')]).toEqual([0, 0])
  return sides
}

/** What the flood makes honest members send in excess of what they send anyway. */
function echo(speak: Speak, interval = 100, perRound = 50) {
  const [loud, quiet] = [traffic(speak, interval, perRound), traffic(() => {}, interval, perRound)]
  return { flood: loud.hostile.minus(quiet.hostile), echo: loud.honest.minus(quiet.honest) }
}

/** Of what one run differs from the next by, without any flood: messages, bytes. */
const noise = { messages: 200, bytes: 10_000 }

const member = 'honest-1' as PeerId
const stranger = 'nobody' as PeerId

test.for<[string, number, Speak]>([
  ['pings has one answer each', 1, (say, to, probe) => say(to, { type: 'ping', probe })],
  [
    'requests to ping a member has three messages each: ping, ack, ack',
    3,
    (say, to, probe) => say(to, { type: 'ping-req', probe, target: member, nack: true }),
  ],
  [
    'requests to ping a stranger has no answer',
    0,
    (say, to, probe) => say(to, { type: 'ping-req', probe, target: stranger, nack: true }),
  ],
  [
    'answers that nobody asked for has no answer',
    0,
    (say, to, probe) => say(to, { type: probe % 2 === 0 ? 'ack' : 'nack', probe }),
  ],
])('a flood of %s, and echoes no more bytes than it has', ([, messagesEach, speak]) => {
  const { flood, echo: answer } = echo(speak)
  expect(flood.messages).toBeGreaterThan(90_000)
  expect(answer.messages).toBeLessThanOrEqual(messagesEach * flood.messages + noise.messages)
  expect(answer.bytes).toBeLessThanOrEqual(Math.min(1, messagesEach) * 1.1 * flood.bytes + noise.bytes)
})

/** Each member may give its list so often, of one page here, and once to begin with. */
const mostPages = size * (duration / probeTimeout + 2)

test.for<[string, Speak]>([
  ['requests for it', (say, to) => say(to, { type: 'push', pull: true })],
  ['digests of another one', (say, to, digest) => say(to, { type: 'digest', digest })],
])('the member list is not given again and again to a flood of %s', ([, speak]) => {
  const { flood, echo: answer } = echo(speak)
  expect(flood.messages).toBeGreaterThan(90_000)
  expect(answer.pages).toBeGreaterThan(size)
  expect(answer.pages).toBeLessThanOrEqual(mostPages)
})

test('the member list is not given again and again to a member that comes and goes', () => {
  // A round of its own for each: on the way they would overtake each other.
  const speak: Speak = (say, to, turn) =>
    say(to, { type: 'gossip', incarnation: turn, ...(turn % 2 === 0 ? { leaving: true } : {}) })
  const { flood, echo: answer } = echo(speak, 20, 1)
  expect(flood.messages).toBeGreaterThan(size * 400)
  expect(answer.pages).toBeLessThanOrEqual(mostPages)
})
