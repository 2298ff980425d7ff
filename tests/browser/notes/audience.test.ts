import { expect, test } from 'vitest'
import { Audience } from '../../../examples/notes/audience.ts'
import { encodePresence, type PresenceMessage } from '../../../examples/notes/presence-message.ts'
import type { PeerId } from '../../../node/protocol/index.ts'

const limits = { silence: 10, afterlife: 100, onlookers: 3 }
const [self, ada, bob] = ['self', 'ada', 'bob'] as PeerId[] as [PeerId, PeerId, PeerId]

function message(clock: number, other: Partial<PresenceMessage> = {}): Uint8Array {
  const author = 'A'.repeat(43)
  return encodePresence({ clock, author, here: true, name: 'Ada', colour: '#112233', selection: undefined, ...other })
}

function audience(members: readonly PeerId[] = []): Audience {
  return new Audience(self, (peer) => members.includes(peer), limits)
}

function names(of: Audience): string[] {
  return of.onlookers.map(({ peer }) => peer)
}

test('somebody comes with a first message and goes with a good-bye', () => {
  const room = audience()
  expect(room.hear(ada, message(0), 0)).toBe(true)
  expect(names(room)).toEqual([ada])
  expect(room.hear(ada, message(1, { here: false }), 1)).toBe(true)
  expect(names(room)).toEqual([])
})

test('own messages that come back are not shown', () => {
  expect(audience().hear(self, message(0), 0)).toBe(false)
})

test('a message that was overtaken, or comes again, changes nothing', () => {
  const room = audience()
  room.hear(ada, message(5, { name: 'Ada later' }), 0)
  expect(room.hear(ada, message(4), 1)).toBe(false)
  expect(room.hear(ada, message(5), 1)).toBe(false)
  expect(room.onlookers.map(({ name }) => name)).toEqual(['Ada later'])
})

test('silence ends a presence, heartbeats keep it', () => {
  const room = audience()
  room.hear(ada, message(0), 0)
  room.hear(bob, message(0), 0)
  room.hear(bob, message(1), 6)
  expect(room.expire(9)).toBe(false)
  expect(room.expire(10)).toBe(true)
  expect(names(room)).toEqual([bob])
})

test('what is repeated after somebody has gone does not bring them back; what is newer does', () => {
  const room = audience()
  room.hear(ada, message(3), 0)
  expect(room.leave(ada, 1)).toBe(true)
  expect(room.hear(ada, message(3), 2)).toBe(false)
  expect(names(room)).toEqual([])
  expect(room.hear(ada, message(4), 3)).toBe(true)
  expect(names(room)).toEqual([ada])
})

test('a good-bye that overtakes the last words is the end', () => {
  const room = audience()
  room.hear(ada, message(2, { here: false }), 0)
  expect(room.hear(ada, message(1), 1)).toBe(false)
  expect(names(room)).toEqual([])
})

test('invented onlookers have a limit, and make room for members', () => {
  const room = audience([ada])
  for (let number = 0; number < 10; number++) room.hear(`invented ${number}` as PeerId, message(0), 0)
  expect(room.onlookers).toHaveLength(limits.onlookers)
  expect(room.hear(bob, message(0), 1)).toBe(false)
  expect(room.hear(ada, message(0), 1)).toBe(true)
  expect(room.onlookers).toHaveLength(limits.onlookers)
  expect(names(room)).toContain(ada)
})
