import type { DocumentId, DocumentStore, ReplicaLease } from '../../../node/protocol/index.ts'
import { openIndexedDbStore } from '../../../node/stores/indexeddb/index.ts'
import { documentStoreContract } from '../../contracts/index.ts'
import { offer } from '../remote.ts'

const document = '0'.repeat(64) as DocumentId
const names = new WeakMap<DocumentStore, string>()
const leases = new Map<number, ReplicaLease>()
let shared: DocumentStore | undefined
const events: string[] = []

async function open(name: string): Promise<DocumentStore> {
  const store = await openIndexedDbStore(name)
  names.set(store, name)
  return store
}

function nameOf(store: DocumentStore): string {
  return names.get(store) ?? ''
}

function store(): DocumentStore {
  if (shared === undefined) throw new Error('open the store first')
  return shared
}

const contract = documentStoreContract({
  open: () => open(`contract ${crypto.randomUUID()}`),
  reopen: async (store) => {
    await store.close()
    return open(nameOf(store))
  },
  dispose: async (store) => {
    await store.close()
    indexedDB.deleteDatabase(nameOf(store))
  },
})

/** Stores inside frames: taking the frame away ends the store as closing the tab does, in the middle of whatever it does. */
const frames = new WeakMap<DocumentStore, { readonly frame: HTMLIFrameElement; readonly name: string }>()

async function openInFrame(name: string): Promise<DocumentStore> {
  const frame = globalThis.document.createElement('iframe')
  frame.src = '/store'
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
  globalThis.document.body.append(frame)
  await loaded
  const inside = frame.contentWindow as (Window & { readonly openIndexedDbStore: typeof openIndexedDbStore }) | null
  if (inside === null) throw new Error('a frame without a window')
  const store = await inside.openIndexedDbStore(name)
  frames.set(store, { frame, name })
  return store
}
Object.assign(globalThis, { openIndexedDbStore })

const crashes = documentStoreContract({
  open: () => openInFrame(`crashes ${crypto.randomUUID()}`),
  crash: async (store) => {
    const { frame, name = '' } = frames.get(store) ?? {}
    frame?.remove()
    return openInFrame(name)
  },
  dispose: async (store) => {
    await store.close()
    frames.get(store)?.frame.remove()
  },
})
/** In frames only what cannot be done without: errors of another frame are of another class. */
const cases = contract.map((plain, index) => (plain.leftOut === undefined ? plain : crashes[index]))

async function outcome(act: () => Promise<unknown>): Promise<string> {
  try {
    await act()
    return 'done'
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}

const page = {
  cases: (): string[] => cases.map((found) => found?.name ?? ''),
  runCase: (index: number): Promise<string> => outcome(async () => cases[index]?.run()),
  open: (name: string): Promise<string> =>
    outcome(async () => {
      shared = await openIndexedDbStore(name)
      shared.subscribe((event) => events.push(event.type))
    }),
  close: (): Promise<void> => store().close(),
  append: (sequences: number[], length = 10): Promise<string> =>
    outcome(() =>
      store().append(
        sequences.map((sequence) => ({
          document,
          replica: 'a',
          sequence,
          fragment: 0,
          bytes: crypto.getRandomValues(new Uint8Array(length)),
        })),
      ),
    ),
  load: async (): Promise<number[]> => (await store().load(document)).map(({ sequence }) => sequence),
  lease: async (): Promise<number> => {
    const lease = await store().lease()
    leases.set(lease.counter, lease)
    return lease.counter
  },
  release: async (counter: number): Promise<void> => leases.get(counter)?.release(),
  events: (): string[] => events,
  /** As a newer release would. */
  openNewerFormat: (name: string): Promise<string> =>
    outcome(
      () =>
        new Promise<void>((resolve, reject) => {
          const request = indexedDB.open(name, 99)
          request.addEventListener('success', () => {
            request.result.close()
            resolve()
          })
          request.addEventListener('error', () => reject(request.error ?? new Error('no reason')))
        }),
    ),
}

export type StorePage = typeof page
offer(page)
