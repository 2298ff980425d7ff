import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { Machine } from './machine.ts'

async function dial(machine: Machine): Promise<Socket> {
  const directory = join(machine.directory, 'run', 'peerloom')
  const [name = ''] = readdirSync(directory)
  const path = join(directory, name)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const socket = connect(path)
  await once(socket, 'connect')
  return socket
}

function frame(type: number, payload: string | Uint8Array, length = Buffer.byteLength(payload) + 1): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(length)
  head[4] = type
  return Buffer.concat([head, Buffer.from(payload)])
}

/** Type and payload of the first frame that comes back, or nothing where the connection was closed. */
async function answer(socket: Socket): Promise<{ readonly type: number; readonly value: unknown } | undefined> {
  const bytes = await buffer(socket).catch(() => Buffer.alloc(0))
  if (bytes.length < 5) return undefined
  return { type: bytes[4] ?? 0, value: JSON.parse(bytes.subarray(5, bytes.readUInt32BE() + 4).toString()) }
}

test('a request in pieces is answered', async () => {
  await using machine = new Machine()
  const { report } = await machine.up('alice')
  const socket = await dial(machine)
  const bytes = frame(1, JSON.stringify({ version: 1, verb: 'status', arguments: {} }))
  for (const byte of bytes) socket.write(Uint8Array.of(byte))
  expect(await answer(socket)).toMatchObject({ type: 4, value: { peer: report.peer } })
})

test.each([
  ['another version', { version: 99, verb: 'status' }, 'version 1 of the control socket'],
  ['an unknown verb', { version: 1, verb: 'nonsense', arguments: {} }, 'knows no nonsense'],
  ['the name of an inherited property', { version: 1, verb: 'constructor', arguments: {} }, 'knows no constructor'],
  ['arguments of the wrong type', { version: 1, verb: 'doc.get', arguments: { name: 7 } }, 'name is no text'],
  ['no arguments', { version: 1, verb: 'doc.get' }, 'name is missing'],
])('%s is refused with the reason', async (_, request, reason) => {
  await using machine = new Machine()
  await machine.up('alice')
  const socket = await dial(machine)
  socket.write(frame(1, JSON.stringify(request)))
  expect(await answer(socket)).toMatchObject({ type: 5, value: { message: expect.stringContaining(reason) as string } })
})

test('whatever else is written to the socket, the peer goes on', async () => {
  await using machine = new Machine()
  const { report } = await machine.up('alice')
  const inputs = [
    frame(1, 'x', 2 ** 32 - 1),
    frame(1, 'x', 0),
    frame(9, 'x'),
    frame(2, '{}'),
    frame(1, 'no JSON'),
    frame(1, 'null'),
    Buffer.from('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'),
  ]
  for (const input of inputs) {
    const socket = await dial(machine)
    socket.write(input)
    const answered = await answer(socket)
    expect(answered === undefined || answered.type === 5).toBe(true)
  }
  for (let number = 0; number < 20; number++) (await dial(machine)).destroy()
  expect(await machine.json(['status', '--profile', 'alice'])).toMatchObject({ peer: report.peer })
})

test('a stream ends with its client, and with its peer', async () => {
  await using machine = new Machine()
  const alice = await machine.up('alice')
  const first = machine.start(['sub', 'chat', '--profile', 'alice'])
  const second = machine.start(['sub', 'chat', '--profile', 'alice'])
  await Promise.all([first.said('Listening'), second.said('Listening')])
  first.signal('SIGINT')
  expect(await first.ended()).toBe(130)
  await machine.text(['down', '--profile', 'alice'])
  expect(await alice.ended()).toBe(0)
  expect(await second.ended()).toBe(1)
})
