import { chmodSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createPeer, type Peer, type PeerOptions, type DefaultOverlays } from '../../../node/peer/index.ts'
import { Machine } from './machine.ts'

interface Standing {
  readonly peer: string
  readonly name?: string
  readonly state: string
  readonly missingHere?: number
  readonly missingThere?: number
  readonly since?: number
  readonly refusedThere?: string
}

interface Diagnosis {
  readonly findings: readonly string[]
  readonly remarks: readonly string[]
  readonly disagreements: readonly Standing[]
  readonly refusedChanges: Readonly<Record<string, number>>
  readonly equivocations: number
}

interface View {
  readonly memberList: readonly { readonly peer: string }[]
  readonly documentList: readonly {
    readonly name: string
    readonly operations: number
    readonly peers: readonly Standing[]
  }[]
}

/** A peer in this process, of the machine's network. */
async function guest(machine: Machine, options: PeerOptions = {}): Promise<Peer<DefaultOverlays>> {
  return createPeer({ network: machine.network, mdns: false, listen: ['/ip4/127.0.0.1/tcp/0'], ...options })
}

test('a document is shown with its peers, and in which they differ', async () => {
  await using machine = new Machine()
  const [, bob] = await machine.pair()
  await machine.text(['doc', 'import', 'notes', '-', '--profile', 'alice'], { input: 'hello' })
  await machine.text(['wait', '--converged', '--profile', 'alice'])
  const { peers } = await machine.json<{ readonly peers: Standing[] }>(['doc', 'diff', 'notes', '--profile', 'alice'])
  expect(peers).toEqual([
    expect.objectContaining({ peer: bob.report.peer, name: 'notes', state: 'equal', missingHere: 0, missingThere: 0 }),
  ])
  const end = bob.report.peer.slice(-8)
  expect(await machine.json(['doc', 'diff', 'notes', end, '--profile', 'alice'])).toMatchObject({
    name: 'notes',
    peer: bob.report.peer,
    state: 'equal',
    replicas: [],
  })
  expect(await machine.text(['doc', 'diff', 'notes', '--profile', 'alice'])).toMatch(
    /^PEER +STATE +SINCE +MISSING +WHY\n…\w{8} +equal\n$/,
  )
  expect(await machine.failure(['doc', 'diff', 'notes', 'nobody', '--profile', 'alice'])).toMatchObject({
    code: 4,
    error: { code: 'not-found', message: 'No other peer is known here as "nobody"' },
  })
})

test('what another refuses is named where somebody waits for it, with the reason and since when', async () => {
  await using machine = new Machine()
  const alice = await machine.up('alice')
  await using owner = await guest(machine)
  const before = Date.now()
  const diary = await owner.documents.create()
  const id = owner.documents.idOf(diary)
  diary.text('body').insert(0, 'mine alone')
  await owner.dial(alice.report.addresses[0] ?? '')
  await owner.documents.converged()
  // Not hers to write.
  await machine.text(['doc', 'set', id, 'title', 'hers', '--profile', 'alice'])

  const refusal = 'refused there: its author may not write the document'
  const { code, error } = await machine.failure(['wait', '--converged', '--timeout', '10s', '--profile', 'alice'])
  expect(code).toBe(7)
  const { message } = error as { readonly message: string }
  expect(message).toContain(`The peers do not agree yet: "${id}" at …${owner.id.slice(-8)}: ${refusal}`)
  expect(message).toMatch(/, since \d\d:\d\d:\d\d/)

  const diagnosis = await machine.json<Diagnosis>(['doctor', '--profile', 'alice'])
  expect(diagnosis.findings.join('\n')).toContain(`"${id}" at ${owner.id}: ${refusal}`)
  const [disagreement] = diagnosis.disagreements
  expect(disagreement).toMatchObject({ peer: owner.id, state: 'refused', refusedThere: 'not-permitted' })
  expect(disagreement?.since).toBeGreaterThanOrEqual(before)
  expect(disagreement?.since).toBeLessThanOrEqual(Date.now())
  expect(diagnosis.refusedChanges['not-permitted']).toBeGreaterThan(0)
  expect(await machine.text(['status', '--profile', 'alice'])).toMatch(/^refused there +not-permitted \d+$/m)

  const difference = await machine.json<{
    readonly replicas: readonly { readonly here: number; readonly there: number; readonly own: boolean }[]
  }>(['doc', 'diff', id, owner.id, '--profile', 'alice'])
  expect(difference).toMatchObject({ state: 'refused', missingHere: 0, missingThere: 1 })
  expect(difference.replicas).toEqual([expect.objectContaining({ here: 1, there: 0, own: true, isForked: false })])
  expect(await machine.text(['doc', 'diff', id, owner.id, '--profile', 'alice'])).toMatch(
    /^REPLICA +HERE +THERE\n\S+ +1 +0 +of this peer, 1 operation missing there$/m,
  )
})

test('what another does not follow is a remark, and nobody waits for it', async () => {
  await using machine = new Machine()
  const alice = await machine.up('alice')
  await machine.text(['doc', 'create', 'notes', '--profile', 'alice'])
  await using stranger = await guest(machine)
  await stranger.dial(alice.report.addresses[0] ?? '')
  await machine.text(['wait', '--members', '2', '--converged', '--profile', 'alice'])
  const { findings, remarks } = await machine.json<Diagnosis>(['doctor', '--profile', 'alice'])
  expect(findings).toEqual([])
  expect(remarks).toEqual([`${stranger.id} does not follow "notes"`])
  expect(await machine.json(['doc', 'diff', 'notes', '--profile', 'alice'])).toMatchObject({
    peers: [{ peer: stranger.id, state: 'not-followed' }],
  })
})

test('the status is shown again whenever it has changed', async () => {
  await using machine = new Machine()
  const alice = await machine.up('alice')
  const watch = machine.start(['status', '--watch', '--json', '--profile', 'alice'])
  const until = async (isWanted: (view: View) => boolean): Promise<View> => {
    for (;;) {
      const view = (await watch.json()) as View
      if (isWanted(view)) return view
    }
  }
  expect((await watch.json()) as View).toMatchObject({ members: 1, documentList: [] })
  const bob = await machine.up('bob', '--join', alice.report.addresses[0] ?? '')
  await until(({ memberList }) => memberList.some(({ peer }) => peer === bob.report.peer))
  await machine.text(['doc', 'import', 'notes', '-', '--profile', 'bob'], { input: 'hello' })
  const { documentList } = await until(({ documentList }) => documentList[0]?.peers[0]?.state === 'equal')
  expect(documentList).toMatchObject([{ name: 'notes', peers: [{ peer: bob.report.peer, state: 'equal' }] }])
  await machine.text(['down', '--profile', 'alice'])
  expect(await watch.ended()).toBe(1)
})

test('a live view leaves the terminal as it was', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  const pretend = 'Object.defineProperty(process.stdout,"isTTY",{value:true})'
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(pretend)}` }
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 130],
  ] as const) {
    const watch = machine.start(['status', '--watch', '--profile', 'alice'], { env })
    let screen = ''
    watch.child.stdout?.on('data', (bytes: Buffer) => (screen += bytes))
    expect(await watch.line()).toContain('\u001b[?1049h\u001b[?25l')
    watch.signal(signal)
    expect(await watch.ended()).toBe(code)
    expect(screen.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true)
  }
})

test('an author who wrote two histories is named, and who watches the document sees it put together anew', async () => {
  await using machine = new Machine()
  const [alice, bob] = await machine.pair()
  await machine.text(['doc', 'import', 'notes', '-', '--profile', 'alice'], { input: 'common' })
  await machine.text(['wait', '--converged', '--profile', 'alice'])
  // Whatever else comes to light, he has built on that.
  await machine.text(['doc', 'set', 'notes', 'reader', 'bob', '--profile', 'bob'])
  await machine.text(['wait', '--converged', '--profile', 'bob'])
  // After a crash both go on under the counter that was never used, and the store cannot know of the copy.
  alice.signal('SIGKILL')
  await alice.ended()
  const profiles = join(machine.directory, 'data', 'peerloom')
  cpSync(join(profiles, 'alice'), join(profiles, 'copy'), { recursive: true })
  chmodSync(join(profiles, 'copy'), 0o700)

  const again = await machine.again('alice')
  await machine.text(['doc', 'set', 'notes', '--text', 'common, one', '--profile', 'alice'])
  await machine.text(['wait', '--converged', '--timeout', '40s', '--profile', 'alice'])
  await machine.text(['down', '--profile', 'alice'])
  await again.ended()
  expect(await machine.text(['doc', 'get', 'notes', '--profile', 'bob'])).toBe('common, one')
  const watch = machine.start(['doc', 'watch', 'notes', '--json', '--profile', 'bob'])
  await watch.said('Watching')

  // The copy writes on without having heard of the other's end.
  bob.signal('SIGSTOP')
  await machine.again('copy')
  await machine.text(['doc', 'set', 'notes', '--text', 'common, two', '--profile', 'copy'])
  bob.signal('SIGCONT')
  for (;;) {
    const item = (await watch.json()) as { readonly type: string; readonly characters?: number }
    if (item.type !== 'rewritten') continue
    expect(item.characters).toBe('common'.length)
    break
  }
  expect(await machine.text(['doc', 'get', 'notes', '--profile', 'bob'])).toBe('common')
  await machine.text(['doc', 'set', 'notes', '--text', 'common, by bob', '--profile', 'bob'])
  expect(await watch.json()).toMatchObject({ type: 'changed', origin: 'local' })

  const diagnosis = await machine.json<Diagnosis>(['doctor', '--profile', 'bob'])
  expect(diagnosis.equivocations).toBe(1)
  expect(diagnosis.findings.join('\n')).toMatch(
    /The author \S+ wrote two histories of "notes". Believed of it: what others have built on; not the rest, nor what it writes now/,
  )
  expect(await machine.text(['status', '--profile', 'bob'])).toMatch(/^two histories +written by 1 author$/m)
  let own = ''
  while (!own.includes('The author of this peer wrote two histories of "notes"'))
    own = (await machine.json<Diagnosis>(['doctor', '--profile', 'copy'])).findings.join('\n')
})
