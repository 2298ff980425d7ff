import { describe, expect, test } from 'vitest'
import { createDocument, DecodeError, type Document } from '../../../crdt/index.ts'
import { createRandom, integer } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { editRandomly } from './random-edits.ts'

const seeds = Array.from({ length: figure('groups', 20, 500) }, (_, index) => index + 1)

/** Documents of which each sends what it writes to each other one, frame by frame, some frames later than others. */
class Group {
  readonly documents: Document[]
  readonly #frames: Uint8Array[][] = []
  readonly #deliver: (readonly ((frame: Uint8Array) => void)[])[]
  readonly #outgoing: ReturnType<Document['openOutgoing']>[]

  constructor(size: number) {
    this.documents = Array.from({ length: size }, (_, index) => createDocument({ replica: `r${index}` }))
    this.#deliver = this.documents.map((sender) =>
      this.documents
        .filter((other) => other !== sender)
        .map((other) => {
          const incoming = other.openIncoming()
          return (frame) => void incoming.receive(frame)
        }),
    )
    this.#outgoing = this.documents.map((document) => document.openOutgoing())
  }

  send(sender: number): void {
    const frame = this.#outgoing[sender]?.take()
    if (frame === undefined) return
    for (const [at, deliver] of (this.#deliver[sender] ?? []).entries()) {
      const queue = (this.#frames[sender * 8 + at] ??= [])
      queue.push(frame)
      if (queue.length < 3) continue
      for (const waiting of queue.splice(0)) deliver(waiting)
    }
  }

  flush(): void {
    for (const [sender, deliveries] of this.#deliver.entries()) {
      this.send(sender)
      for (const [at, deliver] of deliveries.entries()) {
        for (const frame of this.#frames[sender * 8 + at]?.splice(0) ?? []) deliver(frame)
      }
    }
  }
}

describe.each(seeds)('sessions (seed %i)', (seed) => {
  test('carry every change to everybody, late or not', () => {
    const random = createRandom(seed)
    const group = new Group(3)
    for (let round = 0; round < 60; round++) {
      const sender = integer(random, 3)
      editRandomly(group.documents[sender] as Document, random)
      if (integer(random, 3) > 0) group.send(sender)
    }
    group.flush()
    const [first, ...others] = group.documents as [Document, ...Document[]]
    for (const other of others) {
      expect(other.statistics).toMatchObject({ waiting: 0, rejected: 0 })
      expect(other.encode()).toEqual(first.encode())
    }
  })
})

test('a keystroke that goes on where the last one was takes two bytes', () => {
  const document = createDocument({ replica: 'ada' })
  const outgoing = document.openOutgoing()
  const text = document.text('body')
  expect(outgoing.take()).toBeUndefined()
  text.insert(0, 'a')
  outgoing.take()
  text.insert(1, 'b')
  expect(outgoing.take()).toHaveLength(2)
  text.delete(1, 1)
  expect(outgoing.take()).toHaveLength(1)
  expect(outgoing.take()).toBeUndefined()
})

test('what a frame shows is told like any merge', () => {
  const ada = createDocument({ replica: 'ada' })
  const bob = createDocument({ replica: 'bob' })
  const outgoing = ada.openOutgoing()
  const incoming = bob.openIncoming()
  const events: unknown[] = []
  bob.subscribe((event) => void events.push(event))
  ada.text('body').insert(0, 'hello')
  const visible = incoming.receive(outgoing.take() as Uint8Array)
  expect(visible.deltas).toMatchObject([{ type: 'text', delta: [{ insert: 'hello' }] }])
  expect(visible.changes).toMatchObject([{ replica: 'ada', sequence: 0, count: 5 }])
  expect(events).toMatchObject([{ type: 'changed', origin: 'remote', replicas: ['ada'] }])
})

test('a session of which a frame is damaged is over, and nothing of that frame is taken in', () => {
  const ada = createDocument({ replica: 'ada' })
  const random = createRandom('damage')
  for (let round = 0; round < 200; round++) {
    const bob = createDocument({ replica: 'bob' })
    const outgoing = ada.openOutgoing()
    const incoming = bob.openIncoming()
    bob.merge(ada.encode())
    editRandomly(ada, random)
    const frame = outgoing.take()
    if (frame === undefined) continue
    const before = bob.encode()
    const cut = frame.slice(0, integer(random, frame.length))
    expect(() => incoming.receive(cut)).toThrow(DecodeError)
    expect(bob.encode()).toEqual(before)
    expect(() => incoming.receive(frame)).toThrow(DecodeError)
  }
})

test('bytes of chance are refused, or are changes that count and do nothing', () => {
  const random = createRandom('noise')
  const ada = createDocument({ replica: 'ada' })
  const outgoing = ada.openOutgoing()
  ada.text('body').insert(0, 'hello')
  ada.map('map').set('key', 1)
  const frame = outgoing.take() as Uint8Array
  for (let round = 0; round < figure('groups', 3000, 200_000); round++) {
    const bob = createDocument({ replica: 'bob' })
    const mutant = frame.slice()
    for (let times = integer(random, 4); times >= 0; times--) {
      mutant[integer(random, mutant.length)] = [0, 1, 127, 128, 255, integer(random, 256)][integer(random, 6)] as number
    }
    try {
      bob.openIncoming().receive(mutant)
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError)
    }
    bob.text('body').insert(0, 'still works')
    expect(bob.text('body').toString()).toContain('still works')
  }
})

test('what is received together becomes visible at once, the same as one frame after the other', () => {
  const random = createRandom('together')
  const writers = ['a', 'b'].map((replica) => createDocument({ replica }))
  const outgoing = writers.map((writer) => writer.openOutgoing())
  const readers = ['x', 'y'].map((replica) => createDocument({ replica }))
  const incoming = readers.map((reader) => writers.map(() => reader.openIncoming()))
  const links = writers.map((writer) => writer.openIncoming())
  const frames: (readonly [from: number, frame: Uint8Array])[] = []
  const unheard: Uint8Array[][] = [[], []]
  for (let round = 0; round < 400; round++) {
    const from = integer(random, 2)
    editRandomly(writers[from] as Document, random)
    const frame = outgoing[from]?.take()
    if (frame === undefined) continue
    frames.push([from, frame])
    unheard[1 - from]?.push(frame)
    if (integer(random, 3) > 0) continue
    for (const late of unheard[from]?.splice(0) ?? []) links[from]?.receive(late)
  }
  const [one, together] = readers as [Document, Document]
  for (const [from, frame] of frames) incoming[0]?.[from]?.receive(frame)
  const events: unknown[] = []
  together.subscribe((event) => void events.push(event))
  const visible = together.receiveTogether(() => {
    for (const [from, frame] of frames) incoming[1]?.[from]?.receive(frame)
    expect(together.statistics.operations).toBe(0)
  })
  expect(events).toHaveLength(1)
  expect(visible.changes).toHaveLength(frames.length)
  expect(together.encode()).toEqual(one.encode())
  expect(together.toJSON()).toEqual(one.toJSON())
})

test('what was received together before something went wrong is taken in all the same', () => {
  const ada = createDocument({ replica: 'ada' })
  const reader = createDocument()
  const outgoing = ada.openOutgoing()
  const [good, damaged] = [reader.openIncoming(), reader.openIncoming()]
  ada.text('text').insert(0, 'a')
  const frame = outgoing.take() as Uint8Array
  const failing = (): unknown =>
    reader.receiveTogether(() => {
      good.receive(frame)
      damaged.receive(Uint8Array.of(99))
    })
  expect(failing).toThrow(DecodeError)
  ada.text('text').insert(1, 'b')
  good.receive(outgoing.take() as Uint8Array)
  expect(reader.text('text').toString()).toBe('ab')
})

test('a frame that tells a time before 1970 is refused', () => {
  const ada = createDocument({ replica: 'ada', now: () => 5 })
  const outgoing = ada.openOutgoing()
  const incoming = createDocument().openIncoming()
  ada.text('text').insert(0, 'a')
  incoming.receive(outgoing.take() as Uint8Array)
  // One character, at a time that is 10 milliseconds earlier.
  expect(() => incoming.receive(Uint8Array.of(16, 19, 98))).toThrow(DecodeError)
})

test('an edit in another container is told from its start, wherever the one before was', () => {
  const ada = createDocument({ replica: 'ada' })
  const reader = createDocument()
  ada.text('one').insert(0, 'abc')
  ada.text('other').insert(0, 'wxyz')
  reader.merge(ada.encode())
  const outgoing = ada.openOutgoing()
  const incoming = reader.openIncoming()
  const hear = (): unknown => incoming.receive(outgoing.take() as Uint8Array)
  ada.text('one').insert(2, '!')
  hear()
  ada.text('other').insert(3, '?')
  hear()
  ada.text('one').delete(3, 1)
  hear()
  ada.text('other').delete(2, 1)
  hear()
  expect(reader.toJSON()).toEqual(ada.toJSON())
})

test('a change that waits for ever keeps nobody else from being heard', () => {
  const reader = createDocument()
  const lost = createDocument({ replica: 'lost' })
  lost.text('text').insert(0, 'x')
  const { version } = lost
  lost.text('text').insert(0, 'y')
  reader.merge(lost.changesSince(version))
  const ada = createDocument({ replica: 'ada' })
  const outgoing = ada.openOutgoing()
  const incoming = reader.openIncoming()
  for (const character of 'abc') {
    ada.text('text').insert(ada.text('text').length, character)
    incoming.receive(outgoing.take() as Uint8Array)
  }
  expect([reader.text('text').toString(), reader.statistics.waiting]).toEqual(['abc', 1])
  reader.merge(lost.encode())
  expect(reader.statistics.waiting).toBe(0)
})
