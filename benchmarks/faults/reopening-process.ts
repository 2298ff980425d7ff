// A process that fills a directory, or opens a full one: `node reopening-process.ts ACT DIRECTORY [COUNT]`. It says in one
// line of JSON how that went; who has filled one, or opened one of many documents, then waits to be killed.
import { createPeer } from '../../node/peer/index.ts'
import type { DocumentId } from '../../node/protocol/index.ts'
import { openSqliteStore } from '../../node/stores/sqlite/index.ts'

const [act = '', directory = '', count = '0'] = process.argv.slice(2)
const document = '1'.padStart(64, '0') as DocumentId
/** Sets of one append, as when a document comes from another peer. */
const atOnce = 1_000
const sizeOfSet = 256

function say(figures: object): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}

/** Since the process was started, in milliseconds. */
function sinceStart(): number {
  return performance.now()
}

function startPeer() {
  return createPeer({ directory, network: 'reopening', mdns: false, listen: ['/ip4/127.0.0.1/tcp/0'] })
}

async function fillPeer(changes: number): Promise<void> {
  const peer = await startPeer()
  const typed = await peer.documents.open('typed')
  const text = typed.text('body')
  for (let index = 0; index < changes; index++) {
    // One in seven is somewhere before the end.
    text.insert(index % 7 === 0 ? Math.floor(index / 2) : index, 'x')
    if (index % atOnce === 0) await peer.documents.saved(typed)
  }
  await peer.documents.saved(typed)
  say({ filled: text.length })
}

async function fillStore(sets: number): Promise<void> {
  const store = await openSqliteStore(directory)
  await store.create({ id: document, genesis: new Uint8Array(64) })
  for (let start = 0; start < sets; start += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, sets - start) }, (_, index) => ({
      document,
      replica: `replica ${index % 4}`,
      sequence: start + index,
      fragment: 0,
      bytes: new Uint8Array(sizeOfSet).fill(index % 251),
    }))
    await store.append(some)
  }
  say({ filled: sets })
}

async function openPeer(): Promise<void> {
  const before = sinceStart()
  const peer = await startPeer()
  const up = sinceStart() - before
  const typed = await peer.documents.open('typed')
  say({ up, shown: sinceStart() - before, found: typed.text('body').length })
  await peer.stop()
}

/** Documents of forty changes each, as a peer has them that carries what others write. */
async function fillDocuments(documents: number, isStopped: boolean): Promise<void> {
  const peer = await startPeer()
  for (let number = 0; number < documents; number++) {
    const carried = await peer.documents.open(`document ${number}`)
    for (let change = 0; change < 40; change++) carried.text('body').insert(0, 'x')
    if (number % 50 === 0) await peer.documents.saved(carried)
  }
  for (const { id } of peer.documents.list()) await peer.documents.saved(await peer.documents.openById(id))
  if (isStopped) await peer.stop()
  say({ filled: documents })
}

async function openDocuments(): Promise<void> {
  const before = sinceStart()
  const peer = await startPeer()
  const up = sinceStart() - before
  const rss = process.memoryUsage.rss() / 2 ** 20
  const one = await peer.documents.open('document 7')
  const isWhole = one.text('body').length === 40
  say({ up, shown: sinceStart() - before, found: isWhole ? peer.documents.list().length : 0, rss })
}

async function openStore(): Promise<void> {
  const before = sinceStart()
  const store = await openSqliteStore(directory)
  const up = sinceStart() - before
  const sets = await store.load(document)
  say({ up, shown: sinceStart() - before, found: sets.length })
  await store.close()
}

switch (act) {
  case 'fill-peer':
    await fillPeer(Number(count))
    break
  case 'fill-store':
    await fillStore(Number(count))
    break
  case 'open-peer':
    await openPeer()
    break
  case 'open-store':
    await openStore()
    break
  case 'fill-stopped':
    await fillDocuments(Number(count), true)
    break
  case 'fill-killed':
    await fillDocuments(Number(count), false)
    break
  case 'open-stopped':
  case 'open-killed':
    await openDocuments()
    break
  default:
    throw new RangeError(`There is no ${act}`)
}
if (act.startsWith('fill') || act.endsWith('ed')) setInterval(() => {}, 60_000)
