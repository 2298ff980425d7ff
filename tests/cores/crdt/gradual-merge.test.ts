import { describe, expect, test } from 'vitest'
import {
  DecodeError,
  VectorClock,
  createDocument,
  mergeGradually,
  type ChangedEvent,
  type Document,
} from '../../../crdt/index.ts'
import { createRandom, integer } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { DocumentMirror } from './document-mirror.ts'
import { expectMirrored } from './mirrored.ts'
import { editRandomly } from './random-edits.ts'

/** Many small edits, typing and backspacing among them, of three who hear of each other now and then. */
function write(seed: number): Document {
  const random = createRandom(`gradual ${seed}`)
  let time = 0
  const now = (): number => (time += integer(random, 2))
  const replicas = ['x', 'y', 'z'].map((replica) => createDocument({ replica, now }))
  for (let round = 0; round < 120; round++) {
    const one = replicas[integer(random, 3)] as Document
    const other = replicas[integer(random, 3)] as Document
    if (integer(random, 3) === 0) one.merge(other.changesSince(one.version))
    const text = one.text('text')
    const at = text.length
    if (integer(random, 3) > 0) editRandomly(one, random)
    else if (integer(random, 2) === 0) for (const letter of 'typed') text.insert(text.length, letter)
    else for (let count = Math.min(4, at); count > 0; count--) one.text('plain').insert(0, '.')
    const plain = one.text('plain')
    while (plain.length > 9) plain.delete(plain.length - 1, 1)
  }
  const [whole, ...others] = replicas as [Document, Document, Document]
  for (const other of others) whole.merge(other.encode())
  return whole
}

/** A clock by which every look takes a millisecond. */
function ticking(): () => number {
  let time = 0
  return () => time++
}

const soon = (): Promise<void> => Promise.resolve()

const seeds = Array.from({ length: figure('groups', 6, 150) }, (_, index) => index + 1)

describe('a gradual merge', () => {
  test.each(seeds)('comes to the same as a merge at once (seed %i)', async (seed) => {
    const writer = write(seed)
    for (const bytes of [writer.encode(), writer.changesSince(VectorClock.zero)]) {
      const document = createDocument({ replica: 'reader' })
      const mirror = new DocumentMirror()
      document.subscribe((event) => mirror.hear(event))
      await mergeGradually(document, bytes, { pause: soon, now: ticking(), interval: 1 })
      expect(document.encode()).toEqual(writer.encode())
      expect(document.toJSON()).toEqual(writer.toJSON())
      expect(document.statistics).toMatchObject({ waiting: 0, rejected: 0, duplicates: 0 })
      expectMirrored(mirror, document)
    }
  })

  test.each(seeds)('lets the document be edited in between (seed %i)', async (seed) => {
    const writer = write(seed)
    const random = createRandom(seed)
    const document = createDocument({ replica: 'reader' })
    const mirror = new DocumentMirror()
    document.subscribe((event) => mirror.hear(event))
    let pauses = 0
    const pause = async (): Promise<void> => {
      editRandomly(document, random)
      await Promise.resolve()
      if (++pauses === 3) document.merge(writer.changesSince(VectorClock.zero))
    }
    await mergeGradually(document, writer.encode(), { pause, now: ticking(), interval: 1 })
    writer.merge(document.encode())
    expect(document.encode()).toEqual(writer.encode())
    expect(document.toJSON()).toEqual(writer.toJSON())
    expectMirrored(mirror, document)
  })

  test('pauses whenever the interval is over, and tells an event for each portion', async () => {
    const writer = createDocument({ replica: 'writer' })
    for (let count = 0; count < 1000; count++) writer.text('t').insert(0, 'x')
    const document = createDocument({ replica: 'reader' })
    const told: number[] = []
    document.subscribe((event) => told.push((event as ChangedEvent).changes.length))
    let pauses = 0
    const pause = (): Promise<void> => {
      pauses++
      expect(told).toHaveLength(pauses)
      return Promise.resolve()
    }
    await mergeGradually(document, writer.encode(), { pause, now: ticking() })
    expect(told).toEqual([200, 200, 200, 200, 200])
    expect(pauses).toBe(5)
  })

  test('cuts a run of backspacing where a change ends within it', async () => {
    const writer = createDocument({ replica: 'writer' })
    const text = writer.text('t')
    const erase = (): void => text.delete(text.length - 1, 1)
    for (let shift = 0; shift < 2; shift++) {
      writer.counter('c').add(1)
      for (let count = 0; count < 60; count++) {
        writer.transact(() => {
          text.insert(0, '12345')
          erase()
        })
        for (let more = 0; more < 3; more++) erase()
      }
    }
    const document = createDocument({ replica: 'reader' })
    await mergeGradually(document, writer.changesSince(VectorClock.zero), { pause: soon, now: ticking(), interval: 1 })
    expect(document.encode()).toEqual(writer.encode())
  })

  test('pauses after every thousand runs of edits where there is no clock', async () => {
    const writer = createDocument({ replica: 'writer' })
    for (let count = 0; count < 2500; count++) writer.text('t').insert(0, 'x')
    const document = createDocument({ replica: 'reader' })
    let pauses = 0
    await mergeGradually(document, writer.changesSince(VectorClock.zero), {
      pause: () => {
        pauses++
        return Promise.resolve()
      },
    })
    expect(pauses).toBe(3)
    expect(document.text('t').length).toBe(2500)
  })

  test('takes in at once what this replica wrote itself, so that no new edit can take its place', async () => {
    const lost = createDocument({ replica: 'me' })
    for (let count = 0; count < 500; count++) lost.text('t').insert(0, 'x')
    const friend = createDocument({ replica: 'friend' })
    friend.merge(lost.encode())
    for (let count = 0; count < 500; count++) friend.text('t').insert(0, 'y')
    const document = createDocument({ replica: 'me' })
    const lengths: number[] = []
    const pause = (): Promise<void> => {
      lengths.push(document.text('t').length)
      document.text('t').insert(0, 'z')
      return Promise.resolve()
    }
    await mergeGradually(document, friend.encode(), { pause, now: ticking(), interval: 2 })
    expect(lengths[0]).toBeGreaterThan(500)
    friend.merge(document.encode())
    expect(friend.statistics.rejected).toBe(0)
    expect(document.text('t').toString()).toBe(friend.text('t').toString())
    expect(document.text('t').length).toBe(1000 + lengths.length)
  })

  test('takes nothing in when the bytes are damaged', async () => {
    const writer = createDocument({ replica: 'writer' })
    writer.text('t').insert(0, 'hello')
    const bytes = writer.encode().fill(7, 20, 25)
    const document = createDocument({ replica: 'reader' })
    await expect(mergeGradually(document, bytes, { pause: soon })).rejects.toThrow(DecodeError)
    expect(document.statistics.operations).toBe(0)
  })

  test('ends between portions when it is told to, and may be begun again', async () => {
    const writer = createDocument({ replica: 'writer' })
    for (let count = 0; count < 1000; count++) writer.text('t').insert(0, 'x')
    const document = createDocument({ replica: 'reader' })
    const ending = new AbortController()
    const pause = (): Promise<void> => {
      ending.abort(new Error('enough'))
      return Promise.resolve()
    }
    const merging = mergeGradually(document, writer.encode(), { pause, now: ticking(), signal: ending.signal })
    await expect(merging).rejects.toThrow('enough')
    expect(document.text('t').length).toBe(200)
    await mergeGradually(document, writer.encode(), { pause: soon, now: ticking() })
    expect(document.encode()).toEqual(writer.encode())
  })

  test('goes on when a listener throws, and passes the error on at the end', async () => {
    const writer = createDocument({ replica: 'writer' })
    for (let count = 0; count < 1000; count++) writer.text('t').insert(0, 'x')
    const document = createDocument({ replica: 'reader' })
    let told = 0
    document.subscribe(() => {
      throw new Error(`listener ${++told}`)
    })
    const merging = mergeGradually(document, writer.encode(), { pause: soon, now: ticking() })
    await expect(merging).rejects.toThrow('listener 1')
    expect(document.encode()).toEqual(writer.encode())
  })

  test('is refused while a transaction is open', async () => {
    const document = createDocument({ replica: 'reader' })
    const bytes = document.encode()
    const merging = document.transact(() => mergeGradually(document, bytes, { pause: soon }))
    await expect(merging).rejects.toThrow('Cannot take in changes: a transaction is open')
  })
})
