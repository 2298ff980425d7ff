import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Machine, main } from './machine.ts'

test('what one peer writes is read at another that never opened it', async () => {
  await using machine = new Machine()
  await machine.pair()
  await machine.text(['doc', 'create', 'notes', '--profile', 'alice'])
  await machine.text(['doc', 'set', 'notes', '--text', 'good morning', '--profile', 'alice'])
  await machine.text(['doc', 'set', 'notes', 'title', 'Greetings', '--profile', 'alice'])
  await machine.text(['doc', 'set', 'notes', 'stars', '[1, true]', '--parse', '--profile', 'alice'])
  await machine.text(['wait', '--converged', '--profile', 'alice'])
  expect(await machine.text(['doc', 'get', 'notes', '--profile', 'bob'])).toBe('good morning')
  expect(await machine.text(['doc', 'get', 'notes', '--path', 'meta/title', '--profile', 'bob'])).toBe('Greetings\n')
  expect(await machine.json(['doc', 'get', 'notes', '--profile', 'bob'])).toMatchObject({
    name: 'notes',
    text: 'good morning',
    content: { body: 'good morning', meta: { title: 'Greetings', stars: [1, true] } },
  })
  expect(await machine.json(['doc', 'list', '--profile', 'bob'])).toMatchObject([{ name: 'notes', pending: 0 }])
})

test('a file comes out of another peer byte for byte: BOM, CRLF, emoji, zero characters', async () => {
  await using machine = new Machine()
  await machine.pair()
  let text = '\ufeff'
  for (let line = 0; text.length < 120_000; line++) text += `line ${line}\u0000 é 😀 👩‍👩‍👧 \ud7ff\uffff end\r\n`
  text += 'no line break at the end 😀'
  const before = Buffer.from(text)
  writeFileSync(join(machine.directory, 'before.txt'), before)
  const imported = await machine.json(['doc', 'import', 'file', 'before.txt', '--profile', 'alice'])
  expect(imported).toMatchObject({ name: 'file', changed: true, bytes: before.length })
  await machine.text(['wait', '--converged', '--profile', 'alice'])
  await machine.text(['doc', 'export', 'file', 'after.txt', '--profile', 'bob'])
  expect(readFileSync(join(machine.directory, 'after.txt')).equals(before)).toBe(true)
  expect((await machine.run(['doc', 'export', 'file', '-', '--profile', 'bob'])).stdout.equals(before)).toBe(true)
})

test('an export leaves links, modes and pipes what they are', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  await machine.text(['doc', 'import', 'notes', '-', '--profile', 'alice'], { input: 'secret' })
  const [file, link, pipe] = ['file', 'link', 'pipe'].map((name) => join(machine.directory, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(file, 'before', { mode: 0o600 })
  symlinkSync(file, link)
  await machine.text(['doc', 'export', 'notes', link, '--profile', 'alice'])
  expect(readFileSync(file, 'utf8')).toBe('secret')
  expect(lstatSync(link).isSymbolicLink()).toBe(true)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  execFileSync('mkfifo', [pipe])
  const reader = readFile(pipe, 'utf8')
  await machine.text(['doc', 'export', 'notes', pipe, '--profile', 'alice'])
  expect(lstatSync(pipe).isFIFO()).toBe(true)
  expect(await reader).toBe('secret')
})

test('a file of several megabytes is taken in whole, and again with a small difference alone', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  const lines = Array.from({ length: 200_000 }, (_, line) => `line ${line} of a long file\n`)
  await machine.text(['doc', 'import', 'long', '-', '--profile', 'alice'], { input: lines.join('') })
  const [first] = await machine.json<{ readonly operations: number }[]>(['doc', 'list', '--profile', 'alice'])
  lines[777] = 'another line\n'
  const after = lines.join('')
  await machine.text(['doc', 'import', 'long', '-', '--profile', 'alice'], { input: after })
  const [second] = await machine.json<{ readonly operations: number }[]>(['doc', 'list', '--profile', 'alice'])
  expect((second?.operations ?? 0) - (first?.operations ?? 0)).toBeLessThan(60)
  expect((await machine.run(['doc', 'export', 'long', '-', '--profile', 'alice'])).stdout.toString() === after).toBe(
    true,
  )
})

test('input that is not UTF-8 is refused, and nothing of it is kept', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  const words = ['doc', 'import', 'binary', '-', '--profile', 'alice']
  expect(await machine.failure(words, { input: Uint8Array.of(0x61, 0xff, 0xfe) })).toMatchObject({
    code: 1,
    error: { code: 'not-text', message: 'The input is not UTF-8 text, and a document holds nothing else' },
  })
  expect(await machine.json(['doc', 'list', '--profile', 'alice'])).toEqual([])
})

test('a peer that is killed has everything it acknowledged when it is started again', async () => {
  await using machine = new Machine()
  const alice = await machine.up('alice')
  await machine.text(['doc', 'create', 'empty', '--profile', 'alice'])
  await machine.text(['doc', 'import', 'kept', '-', '--profile', 'alice'], { input: 'acknowledged' })
  await machine.text(['doc', 'set', 'kept', 'title', 'too', '--profile', 'alice'])
  alice.signal('SIGKILL')
  expect(await alice.ended()).toBe('SIGKILL')
  expect((await machine.run(['status', '--profile', 'alice'])).code).toBe(3)
  const again = await machine.again('alice')
  expect(again.report).toMatchObject({ peer: alice.report.peer, addresses: alice.report.addresses })
  expect(await machine.json(['doc', 'get', 'kept', '--profile', 'alice'])).toMatchObject({
    content: { body: 'acknowledged', meta: { title: 'too' } },
  })
  expect(await machine.json(['doc', 'list', '--profile', 'alice'])).toHaveLength(2)
})

test('whenever a peer is killed, nothing that was acknowledged is lost', async () => {
  await using machine = new Machine()
  const acknowledged = new Set<string>()
  let alice = await machine.up('alice')
  await machine.text(['doc', 'create', 'notes', '--profile', 'alice'])
  for (let round = 0; round < 6; round++) {
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      const key = `${round}/${writer}`
      const { code } = await machine.run(['doc', 'set', 'notes', key, 'written', '--profile', 'alice'])
      if (code !== 0) return
      acknowledged.add(key)
      // The first that is done has it killed while the others are under way, or just done.
      alice.signal('SIGKILL')
    })
    await Promise.all(writers)
    expect(await alice.ended()).toBe('SIGKILL')
    alice = await machine.again('alice')
  }
  const meta = await machine.json<{ readonly value: object }>([
    'doc',
    'get',
    'notes',
    '--path',
    'meta',
    '--profile',
    'alice',
  ])
  expect(acknowledged.size).toBeGreaterThanOrEqual(6)
  expect(Object.keys(meta.value)).toEqual(expect.arrayContaining([...acknowledged]))
})

test('what others write while an editor is open is kept', async () => {
  await using machine = new Machine()
  await machine.pair()
  await machine.text(['doc', 'import', 'notes', '-', '--profile', 'alice'], { input: 'first line\nsecond line\n' })
  const editor = join(machine.directory, 'editor.sh')
  const other = `"${process.execPath}" "$PEERLOOM" doc set notes --profile alice --text 'first line, by another\nsecond line\n'`
  writeFileSync(editor, `#!/bin/sh\n${other}\nsed -i.old 's/second/2nd/' "$1"\n`)
  chmodSync(editor, 0o700)
  await machine.text(['doc', 'edit', 'notes', '--profile', 'alice'], { env: { EDITOR: editor, PEERLOOM: main } })
  expect(await machine.text(['doc', 'get', 'notes', '--profile', 'alice'])).toBe('first line, by another\n2nd line\n')
})

test('an editor that fails changes nothing', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  await machine.text(['doc', 'import', 'notes', '-', '--profile', 'alice'], { input: 'as it was' })
  const { code } = await machine.run(['doc', 'edit', 'notes', '--profile', 'alice'], { env: { EDITOR: 'false' } })
  expect(code).toBe(1)
  expect(await machine.text(['doc', 'get', 'notes', '--profile', 'alice'])).toBe('as it was')
})

test.each([
  ['an editor that fails', 'false'],
  ['an editor that is none', '/nonexistent/editor'],
])('the text is not left behind by %s', async (_, editor) => {
  await using machine = new Machine()
  await machine.up('alice')
  expect((await machine.run(['doc', 'edit', 'notes', '--profile', 'alice'], { env: { EDITOR: editor } })).code).toBe(1)
  expect(readdirSync(machine.directory).filter((name) => name.startsWith('peerloom-edit-'))).toEqual([])
})

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'when the peer ends (%s) while the editor is open, the edited text is kept and its file is named',
  async (signal) => {
    await using machine = new Machine()
    const alice = await machine.up('alice')
    const editor = join(machine.directory, 'editor.sh')
    // Goes on once it is told to, by a line in the pipe.
    writeFileSync(editor, `#!/bin/sh\necho open >&2\nread line < "$PIPE"\necho edited > "$1"\n`)
    chmodSync(editor, 0o700)
    const pipe = join(machine.directory, 'pipe')
    execFileSync('mkfifo', [pipe])
    const edit = machine.start(['doc', 'edit', 'notes', '--profile', 'alice'], { env: { EDITOR: editor, PIPE: pipe } })
    await edit.said('open')
    alice.signal(signal)
    expect(await alice.ended()).toBe(signal === 'SIGKILL' ? 'SIGKILL' : 0)
    expect(edit.child.exitCode).toBe(null)
    await writeFile(pipe, 'go on\n')
    await edit.said('It is kept in ')
    expect(await edit.ended()).toBe(1)
    const [directory = ''] = readdirSync(machine.directory).filter((name) => name.startsWith('peerloom-edit-'))
    expect(readFileSync(join(machine.directory, directory, 'document.txt'), 'utf8')).toBe('edited\n')
  },
)

test('changes are told as they happen', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  await machine.text(['doc', 'create', 'notes', '--profile', 'alice'])
  const watch = machine.start(['doc', 'watch', 'notes', '--count', '2', '--profile', 'alice'])
  await watch.said('Watching notes')
  await machine.text(['doc', 'set', 'notes', '--text', 'new\u001b[2J', '--profile', 'alice'])
  await machine.text(['doc', 'set', 'notes', 'title', 'x', '--profile', 'alice'])
  expect(await watch.line()).toContain(String.raw`"insert":"new\u001b[2J"`)
  expect(await watch.line()).toContain('map/meta')
  expect(await watch.ended()).toBe(0)
})

test.each([
  ['', 'a name has at least one character'],
  [' notes', 'a name neither begins nor ends with white space'],
  ['a\u001bb', 'a name holds no control characters, line breaks or lone surrogates'],
  ['x'.repeat(129), 'a name has at most 128 characters'],
])('%j is no name of a document, and the reason is told', async (name, reason) => {
  await using machine = new Machine()
  await machine.up('alice')
  const { code, error } = await machine.failure(['doc', 'create', name, '--profile', 'alice'])
  expect(code).toBe(2)
  expect(error).toMatchObject({ code: 'document-name', message: expect.stringContaining(reason) as string })
})
