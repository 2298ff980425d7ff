import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { Machine, main } from './machine.ts'

test('help names every verb, on standard output', async () => {
  await using machine = new Machine()
  const help = await machine.text(['--help'])
  for (const verb of [
    'up',
    'down',
    'lan',
    'status',
    'members',
    'join',
    'pub',
    'sub',
    'topics',
    'lookup',
    'trace',
    'dht',
    'overlay',
    'doc',
    'wait',
    'doctor',
    'version',
  ]) {
    expect(help).toMatch(new RegExp(`^  ${verb}\\b`, 'm'))
  }
  const documents = await machine.text(['doc', '--help'])
  for (const verb of ['create', 'list', 'get', 'set', 'edit', 'import', 'export', 'watch', 'diff']) {
    expect(documents).toMatch(new RegExp(`^  ${verb}\\b`, 'm'))
  }
  const keys = await machine.text(['dht', '--help'])
  for (const verb of ['get', 'put', 'provide', 'providers']) expect(keys).toMatch(new RegExp(`^  ${verb}\\b`, 'm'))
  for (const words of [['lookup'], ['trace'], ['dht', 'get'], ['dht', 'provide'], ['dht', 'providers']]) {
    const help = await machine.text([...words, '--help'])
    expect(help.replace(/\s+/g, ' ')).toContain('64 hexadecimal digits are a key; any other text is a name')
    expect(help).toMatch(/^The key of a name is .*\nExit codes: 3 /m)
  }
  expect(await machine.text(['doc', 'get', '--help'])).toMatch(/--path <path>[^]*--json/)
  expect(await machine.text(['overlay', 'show', '--help'])).toMatch(/--format <format>[^]*--topic <topic>[^]*--json/)
})

test.each([
  [['unknown'], "unknown command 'unknown'"],
  [[], 'A verb is missing'],
  [['doc', 'get'], "missing required argument 'NAME'"],
  [['status', '--nonsense'], "unknown option '--nonsense'"],
  [['status', 'extra'], 'too many arguments'],
  [['status', '--timeout', 'soon'], 'Cannot use "soon" as a duration'],
  [['status', '--profile', '../x'], 'Cannot use "../x" as the name of a profile'],
  [['up', '--page', '70000'], 'Cannot use "70000" as a port'],
  [['up', '--listen', 'here'], 'Cannot use "here" as an address'],
  [['lan', '0'], 'Cannot use "0" as a number of peers'],
  [['wait'], 'What shall be waited for?'],
])('%j is a mistake of usage', async (words, message) => {
  await using machine = new Machine()
  const { code, error } = await machine.failure(words)
  expect(code).toBe(2)
  expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining(message) as string })
})

test('without --json errors are for people, on standard error, and coloured for nobody who reads a pipe', async () => {
  await using machine = new Machine()
  const { stdout, stderr } = await machine.run(['status'])
  expect(stdout.toString()).toBe('')
  expect(stderr).toBe('error: No peer of the profile default is running\nStart one with: peerloom up\n')
})

test('an option wins over the environment, and that over the default', async () => {
  await using machine = new Machine()
  const env = { PEERLOOM_PROFILE: 'from-environment', PEERLOOM_JSON: 'true' }
  expect((await machine.run(['status'], { env })).stderr).toContain(
    '"No peer of the profile from-environment is running"',
  )
  expect((await machine.run(['status', '--profile', 'given'], { env })).stderr).toContain('the profile given')
})

test('a variable that is empty is as good as none, and asks for JSON also where the words make no sense', async () => {
  await using machine = new Machine()
  expect((await machine.run(['version'], { env: { PEERLOOM_TIMEOUT: '', PEERLOOM_PROFILE: '' } })).code).toBe(0)
  expect(await machine.text(['version'], { env: { PEERLOOM_JSON: '' } })).toMatch(/^peerloom/)
  const { stderr } = await machine.run(['nonsense'], { env: { PEERLOOM_JSON: 'true' } })
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'usage' } })
})

test('errors, and texts that go to a terminal, hold no characters that it would obey', async () => {
  await using machine = new Machine()
  const { stderr } = await machine.run(['a\u001b[2J\u202e'])
  expect(stderr).toContain(String.raw`a\u{1b}[2J\u{202e}`)
  await machine.up('alice')
  await machine.text(['doc', 'import', 'notes', '-', '--profile', 'alice'], { input: 'a\u001b[2J\nb' })
  const pretend = 'Object.defineProperty(process.stdout,"isTTY",{value:true})'
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(pretend)}` }
  for (const words of [
    ['get', 'notes'],
    ['export', 'notes', '-'],
  ]) {
    expect(await machine.text(['doc', ...words, '--profile', 'alice'], { env })).toContain('a\\u{1b}[2J\nb')
  }
})

test('a part of a document is JSON in a pipe, whatever is in it', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  await machine.text(['doc', 'create', 'notes', '--profile', 'alice'])
  await machine.text(['doc', 'set', 'notes', 'family', '👨\u200d👩', '--profile', 'alice'])
  const printed = await machine.text(['doc', 'get', 'notes', '--path', 'meta', '--profile', 'alice'])
  expect(JSON.parse(printed)).toEqual({ family: '👨\u200d👩' })
})

test('a document that is not there, and a part of one, are not found', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  expect(await machine.failure(['doc', 'get', 'nothing', '--profile', 'alice'])).toMatchObject({
    code: 4,
    error: { code: 'not-found', message: 'No document named "nothing" is known to this peer' },
  })
  await machine.text(['doc', 'create', 'notes', '--profile', 'alice'])
  for (const path of ['meta/title', '__proto__', 'constructor']) {
    expect(await machine.failure(['doc', 'get', 'notes', '--path', path, '--profile', 'alice'])).toMatchObject({
      code: 4,
    })
  }
  expect(await machine.failure(['doc', 'import', 'notes', 'missing.txt', '--profile', 'alice'])).toMatchObject({
    code: 4,
  })
})

test('the version is that of the package', async () => {
  await using machine = new Machine()
  const version = await machine.json(['version'])
  expect(version).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
    node: process.versions.node,
  })
})

test('a Node that is too old is named in one sentence', () => {
  const pretend = 'Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.19.0"}})'
  const words = ['--import', `data:text/javascript,${pretend}`, main, '--help']
  const { status, stderr, stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  expect({ status, stderr, stdout }).toEqual({
    status: 1,
    stdout: '',
    stderr: 'peerloom needs Node 22.13 or later, and this is Node 20.19.0.\n',
  })
})
