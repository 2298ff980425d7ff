import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { Machine } from './machine.ts'

interface Pages {
  readonly origin: string
  readonly token: string
  readonly port: number
}

function pagesOf(page = ''): Pages {
  const { hash, origin, port } = new URL(page)
  return { origin, token: hash.replace('#token=', ''), port: Number(port) }
}

/** What no client of HTTP would send. */
async function raw({ port }: Pages, path: string, headers: readonly string[] = []): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const lines = [`GET ${path} HTTP/1.1`, ...headers, 'connection: close', '', '']
  socket.write(lines.join('\r\n'))
  return text(socket)
}

test('a page that shows the token is told how to be a peer, and nobody else is', async () => {
  await using machine = new Machine()
  const { report } = await machine.up('alice', '--page', '--listen', '/ip4/127.0.0.1/tcp/0/ws')
  const { origin, token } = pagesOf(report.page)
  const url = `${origin}/api/peer`
  const authorization = `Bearer ${token}`
  const answer = await fetch(url, { headers: { authorization } })
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(await answer.json()).toEqual({
    network: { name: machine.network },
    join: [expect.stringMatching(`^/ip4/127\\.0\\.0\\.1/tcp/\\d+/ws/p2p/${report.peer}$`) as string],
    profile: 'alice',
    version: expect.any(String) as string,
  })
  expect((await fetch(url)).status).toBe(401)
  expect((await fetch(url, { headers: { authorization: `Bearer ${token}x` } })).status).toBe(401)
  expect((await fetch(url, { headers: { authorization, origin: 'http://evil.example' } })).status).toBe(403)
  expect((await fetch(url, { method: 'POST', headers: { authorization } })).status).toBe(405)
})

test('a name that somebody else has pointed to this machine is refused (DNS rebinding)', async () => {
  await using machine = new Machine()
  const { report } = await machine.up('alice', '--page')
  const pages = pagesOf(report.page)
  for (const host of ['evil.example', `evil.example:${pages.port}`, '127.0.0.1', '']) {
    expect(await raw(pages, '/api/peer', [`host: ${host}`])).toMatch(/^HTTP\/1\.1 421 /)
  }
  expect(await raw(pages, '/', [`host: 127.0.0.1:${pages.port}`])).toMatch(/^HTTP\/1\.1 302 [^]*location: \/notes\//)
})

test('no path leads out of the directory of the pages', async () => {
  await using machine = new Machine()
  const { report } = await machine.up('alice', '--page')
  const pages = pagesOf(report.page)
  const host = `host: 127.0.0.1:${pages.port}`
  const paths = [
    '/../cli/main.js',
    '/notes/../../cli/main.js',
    '/%2e%2e/cli/main.js',
    '/..%2fcli/main.js',
    '//etc/passwd',
  ]
  for (const path of [
    ...paths,
    '/notes/..\\..\\cli\\main.js',
    '/notes/%00.html',
    '/.hidden.html',
    '/notes/',
    '/nothing.js',
  ]) {
    const answer = await raw(pages, path, [host])
    expect(answer).toMatch(/^HTTP\/1\.1 (200|404) /)
    if (path !== '/notes/') expect(answer).toMatch(/^HTTP\/1\.1 404 /)
    expect(answer).toContain("content-security-policy: default-src 'none'")
  }
})
