import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Machine } from './machine.ts'

test('a backup brings a document back with all that its authors did, on a peer that lost everything', async () => {
  await using machine = new Machine()
  const [alice, bob] = await machine.pair()
  await machine.text(['doc', 'import', 'notes', '-', '--profile', 'alice'], { input: 'by alice\n' })
  await machine.text(['wait', '--converged', '--profile', 'alice'])
  await machine.text(['doc', 'set', 'notes', 'author', 'bob', '--profile', 'bob'])
  await machine.text(['wait', '--converged', '--profile', 'bob'])
  const written = await machine.json(['doc', 'backup', 'notes', 'notes.loom', '--profile', 'alice'])
  const { length } = readFileSync(join(machine.directory, 'notes.loom'))
  expect(written).toMatchObject({ name: 'notes', file: 'notes.loom', bytes: length })
  for (const peer of [alice, bob]) peer.signal('SIGTERM')
  await Promise.all([alice.ended(), bob.ended()])

  await machine.up('carol')
  const restored = await machine.json(['doc', 'restore', 'notes.loom', '--profile', 'carol'])
  expect(restored).toMatchObject({ name: 'notes', changed: true, changeSets: 2, bytes: length })
  expect(await machine.json(['doc', 'get', 'notes', '--profile', 'carol'])).toMatchObject({
    content: { body: 'by alice\n', meta: { author: 'bob' } },
  })
  const again = await machine.json(['doc', 'restore', 'notes.loom', '--profile', 'carol'])
  expect(again).toMatchObject({ name: 'notes', changed: false })
})

test('a backup goes through pipes, and is merged with what was written since', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  await machine.text(['doc', 'import', 'notes', '-', '--profile', 'alice'], { input: 'one\n' })
  const { stdout } = await machine.run(['doc', 'backup', 'notes', '-', '--profile', 'alice'])
  await machine.text(['doc', 'import', 'notes', '-', '--profile', 'alice'], { input: 'one\ntwo\n' })
  const { code, stderr } = await machine.run(['doc', 'restore', '-', '--profile', 'alice'], { input: stdout })
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'notes: all of it is here already\n' })
  expect(await machine.text(['doc', 'get', 'notes', '--profile', 'alice'])).toBe('one\ntwo\n')
})

test('a file that is none, or is damaged, is named; nothing is made of it', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  await machine.text(['doc', 'import', 'notes', '-', '--profile', 'alice'], { input: 'one\n' })
  const { stdout } = await machine.run(['doc', 'backup', 'notes', '-', '--profile', 'alice'])
  await machine.up('bob')
  const messages: [Uint8Array, RegExp][] = [
    [Buffer.from('a text\n'), /it is none, but something else/],
    [stdout.subarray(0, -7), /it ends before the end of its last part/],
    [stdout.with(70, stdout[70]! ^ 1), /it is not what was written/],
  ]
  for (const [input, message] of messages) {
    const { code, error } = await machine.failure(['doc', 'restore', '-', '--profile', 'bob'], { input })
    expect(code).toBe(1)
    expect(error).toMatchObject({ code: 'document-file', message: expect.stringMatching(message) as string })
  }
  expect(await machine.json(['doc', 'list', '--profile', 'bob'])).toEqual([])
  writeFileSync(join(machine.directory, 'empty'), '')
  expect((await machine.run(['doc', 'restore', 'empty', '--profile', 'bob'])).code).toBe(1)
  expect(await machine.failure(['doc', 'restore', 'nowhere', '--profile', 'bob'])).toMatchObject({
    code: 4,
    error: { code: 'not-found' },
  })
})

test('a document that nobody knows cannot be backed up', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  expect(await machine.failure(['doc', 'backup', 'nothing', 'file', '--profile', 'alice'])).toMatchObject({ code: 4 })
})
