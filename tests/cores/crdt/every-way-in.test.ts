import { expect, test } from 'vitest'
import {
  createDocument,
  decodeChanges,
  loadDocument,
  VectorClock,
  type Document,
  type DocumentOptions,
  type Incoming,
  type Outgoing,
  type TextContainer,
} from '../../../crdt/index.ts'
import { createRandom, integer, shuffle, type Random } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { DocumentMirror } from './document-mirror.ts'
import { expectMirrored } from './mirrored.ts'
import { editContainer, editRandomly } from './random-edits.ts'

/** What one replica does, from now on, on its way to another one: frames may pile up before they are received. */
class Session {
  readonly #outgoing: Outgoing
  readonly #incoming: Incoming
  readonly #frames: Uint8Array[] = []

  constructor(from: Document, to: Document) {
    this.#outgoing = from.openOutgoing()
    this.#incoming = to.openIncoming()
  }

  send(): void {
    const frame = this.#outgoing.take()
    if (frame !== undefined) this.#frames.push(frame)
  }

  receive(): void {
    for (const frame of this.#frames.splice(0)) this.#incoming.receive(frame)
  }
}

/** Replicas with a listener each, and a session from each to each other one. */
class Group {
  readonly documents: Document[]
  readonly #random: Random
  readonly #options: DocumentOptions
  readonly #mirrors: readonly DocumentMirror[]
  /** By receiver, then by sender. */
  #sessions: (readonly (Session | undefined)[])[] = []
  #time = 1

  constructor(random: Random) {
    this.#random = random
    this.#options = integer(random, 2) === 0 ? { now: () => this.#time } : {}
    const names = ['ada', 'bob', 'cyd', 'dan'].slice(0, 2 + integer(random, 3))
    this.documents = names.map((replica) => createDocument({ ...this.#options, replica }))
    this.#mirrors = names.map(() => new DocumentMirror())
    for (const index of this.documents.keys()) this.#listen(index)
    this.#openSessions()
  }

  /** One replica edits, or hears of others in one of the ways there are. */
  step(): void {
    if (integer(this.#random, 4) === 0) this.#time += integer(this.#random, 5)
    const at = integer(this.#random, this.documents.length)
    const from = (at + 1 + integer(this.#random, this.documents.length - 1)) % this.documents.length
    const document = this.documents[at] as Document
    const other = this.documents[from] as Document
    switch (integer(this.#random, 14)) {
      case 0:
        document.transact(() => this.#editSeveralTimes(document))
        break
      case 1:
        this.#rollBack(document)
        break
      case 2:
        document.merge(other.changesSince(document.version))
        break
      case 3:
        document.merge(other.encode())
        break
      case 4:
        this.#applyInAnyOrder(document, other)
        break
      case 5:
        this.#restart(at)
        break
      case 6:
        this.#sendFrom(from)
        this.#sessions[at]?.[from]?.receive()
        break
      case 7:
        this.#receiveTogether(at)
        break
      default:
        edit(document, this.#random)
    }
    this.expectMirrored(at)
  }

  /** What was lost on the way comes by what each knows to be missing. */
  settle(): void {
    for (let round = 0; round < 2; round++) {
      for (const from of this.documents) for (const to of this.documents) to.merge(from.changesSince(to.version))
    }
    for (const index of this.documents.keys()) this.expectMirrored(index)
  }

  expectMirrored(index: number): void {
    const document = this.documents[index] as Document
    const notes = document.text('notes')
    expectMirrored(this.#mirrors[index], document)
    expect(this.#mirrors[index]?.read(notes.id) ?? '').toBe(notes.toString())
  }

  #editSeveralTimes(document: Document): void {
    for (let count = 1 + integer(this.#random, 6); count > 0; count--) edit(document, this.#random)
  }

  #rollBack(document: Document): void {
    const before = document.encode()
    const content = document.toJSON()
    const failing = (): void => {
      this.#editSeveralTimes(document)
      throw new Error('changed my mind')
    }
    expect(() => document.transact(failing)).toThrow('changed my mind')
    expect(document.toJSON()).toEqual(content)
    expect(document.encode()).toEqual(before)
  }

  #applyInAnyOrder(document: Document, other: Document): void {
    const changes = decodeChanges(other.changesSince(VectorClock.zero))
    document.apply(integer(this.#random, 2) === 0 ? changes : shuffle(this.#random, changes))
  }

  /** Goes on from what was saved, after all that is on its way to others has arrived: what waited here is lost. */
  #restart(at: number): void {
    const stopped = this.documents[at] as Document
    this.#sendFrom(at)
    const bytes = stopped.encode()
    const reopened = loadDocument(bytes, { ...this.#options, replica: stopped.replica })
    expect(reopened.toJSON()).toEqual(stopped.toJSON())
    if (integer(this.#random, 2) === 0) expect(reopened.encode()).toEqual(bytes)
    this.documents[at] = reopened
    this.#listen(at)
    for (const [to, sessions] of this.#sessions.entries()) {
      if (to !== at) for (const session of sessions) session?.receive()
    }
    for (const other of this.documents) reopened.merge(other.changesSince(reopened.version))
    this.#openSessions()
  }

  #sendFrom(from: number): void {
    for (const sessions of this.#sessions) sessions[from]?.send()
  }

  #receiveTogether(at: number): void {
    for (const from of this.documents.keys()) if (from !== at) this.#sendFrom(from)
    this.documents[at]?.receiveTogether(() => {
      for (const session of this.#sessions[at] ?? []) session?.receive()
    })
  }

  #listen(at: number): void {
    this.documents[at]?.subscribe((event) => {
      expect(event.type).toBe('changed')
      this.#mirrors[at]?.hear(event)
    })
  }

  #openSessions(): void {
    this.#sessions = this.documents.map((to) =>
      this.documents.map((from) => (from === to ? undefined : new Session(from, to))),
    )
  }
}

/** Mostly in a sequence, where replicas have the most to agree on; in two texts, as sessions name what they turn to. */
function edit(document: Document, random: Random): void {
  const choice = integer(random, 12)
  const text = document.text(integer(random, 2) === 0 ? 'notes' : 'text')
  if (choice < 5) type(text, random)
  else if (choice < 8) editContainer(text, random)
  else if (choice < 10) editContainer(document.list('list'), random)
  else editRandomly(document, random)
}

/** A few keystrokes where the last one was: characters typed, or deleted forwards or backwards. */
function type(text: TextContainer, random: Random): void {
  const characters = Array.from(text.toString())
  const key = (['letter', 'letter', 'delete', 'backspace'] as const)[integer(random, 4)]
  let place = integer(random, characters.length + 1)
  for (let count = 1 + integer(random, 5); count > 0; count--) {
    if (key === 'backspace') place--
    const index = characters.slice(0, Math.max(place, 0)).join('').length
    if (key === 'letter') {
      text.insert(index, 'k')
      characters.splice(place++, 0, 'k')
    } else {
      if (characters[place] === undefined) return
      const [deleted = ''] = characters.splice(place, 1)
      text.delete(index, deleted.length)
    }
  }
}

function expectSame(document: Document, first: Document): void {
  expect(document.toJSON()).toEqual(first.toJSON())
  expect(document.encode()).toEqual(first.encode())
  expect(document.statistics).toMatchObject({ waiting: 0, rejected: 0 })
}

const seeds = Array.from({ length: figure('groups', 60, 4000) }, (_, index) => index + 1)

test.each(seeds)('replicas that hear of each other in every way end equal (seed %i)', (seed) => {
  const random = createRandom(seed)
  const group = new Group(random)
  for (let steps = 20 + integer(random, 80); steps > 0; steps--) group.step()
  group.settle()
  const [first, ...others] = group.documents as [Document, ...Document[]]
  expect(first.statistics).toMatchObject({ waiting: 0, rejected: 0 })
  for (const other of others) expectSame(other, first)
  const merged = createDocument({ replica: 'merged' })
  merged.merge(first.encode())
  expectSame(merged, first)
  const oneByOne = createDocument({ replica: 'one-by-one' })
  for (const change of decodeChanges(first.encode())) oneByOne.apply([change])
  expectSame(oneByOne, first)
})
