import { createPeer, type PeerOptions } from 'peerloom'
import type { Onlooker } from './audience.ts'
import { Confirmation } from './confirmation.ts'
import { Connection } from './connection.ts'
import { element } from './element.ts'
import { askServingPeer, lastServingPeer, takeToken, type ServingPeer } from './endpoint.ts'
import { NoteList, noteAddress, noteOfAddress } from './note-list.ts'
import { OpenNote, type NotesPeer } from './open-note.ts'
import { authorsPresent, onPersonChosen, showPeople, showPerson } from './people.ts'
import { onPersonChanged, readPerson, type Person } from './person.ts'
import { showStatus, type ConnectionState } from './status-bar.ts'

/** So often this tab compares with the peers it is connected to, so that a note somebody has just made is soon listed. */
const comparePeriod = 5000

/** A start without any peer is called offline after that long. */
const searchLimit = 4000

/** The page: one peer, one note at a time. */
class Notes {
  readonly #peer: NotesPeer
  readonly #list: NoteList
  #person: Person = readPerson()
  #note: OpenNote | undefined
  #confirmation: Confirmation | undefined
  /** Ends what listens to the note that is open. */
  #leaving = new AbortController()
  #isSearching = true
  #failure: string | undefined
  #telling = false

  constructor(peer: NotesPeer) {
    this.#peer = peer
    this.#list = new NoteList({ open: (name) => this.open(name) })
    peer.subscribe((event) => {
      if (event.type === 'store-failed') this.#failure = event.error.message
      if (event.type === 'rewritten' && event.document === this.#note?.id) void this.#openAnew(this.#note)
      this.#showSoon()
    })
    peer.overlays.members.subscribe(() => this.#showSoon())
    onPersonChosen((person) => this.#become(person))
    onPersonChanged((person) => this.#become(person))
    document.addEventListener('visibilitychange', () => this.#note?.tellSoon())
    addEventListener('popstate', () => void this.#openAddressed())
    addEventListener('beforeunload', (event) => {
      if (this.#note !== undefined && peer.documents.pending(this.#note.document) > 0) event.preventDefault()
    })
    setInterval(() => document.visibilityState === 'visible' && peer.documents.synchronise(), comparePeriod)
    setTimeout(() => {
      this.#isSearching = false
      this.#showSoon()
    }, searchLimit)
    showPerson(this.#person)
  }

  get peer(): NotesPeer {
    return this.#peer
  }

  get note(): OpenNote | undefined {
    return this.#note
  }

  /** Opens the note that the address names; where that is no name, says so and opens the usual one. */
  async start(): Promise<void> {
    await this.#openAddressed()
    this.#show()
  }

  /** @throws DocumentNameError for a name that is none */
  async open(name: string): Promise<void> {
    await this.#open(name)
    showMessage('')
    if (noteOfAddress() !== name) history.pushState(null, '', noteAddress(name))
    this.#note?.focus()
  }

  close(): void {
    this.#leave()
    void this.#peer.stop()
  }

  /** The document of the note on the screen takes no edits any more: another stands in its place. */
  async #openAnew({ hasFocus, name }: OpenNote): Promise<void> {
    await this.#open(name)
    showMessage('Somebody has written two histories of this note: what nobody else had built on is not shown any more.')
    if (hasFocus) this.#note?.focus()
  }

  #leave(): void {
    this.#leaving.abort()
    this.#note?.close()
    this.#confirmation?.close()
  }

  async #openAddressed(): Promise<void> {
    try {
      await this.#open(noteOfAddress())
      showMessage('')
    } catch (error) {
      showMessage(reasonOf(error))
      history.replaceState(null, '', location.pathname)
      await this.#open(noteOfAddress())
    }
  }

  async #open(name: string): Promise<void> {
    const opened = await this.#peer.documents.open(name)
    if (opened === this.#note?.document) return
    this.#leave()
    const shown = name.normalize('NFC')
    this.#note = new OpenNote({
      peer: this.#peer,
      name: shown,
      document: opened,
      person: this.#person,
      parent: element('editor'),
      onAudience: (onlookers) => this.#showAudience(onlookers),
    })
    this.#confirmation = new Confirmation(this.#peer.documents, opened, () => this.#showSoon())
    document.title = `${shown} – Notes`
    element('title').textContent = shown
    this.#leaving = new AbortController()
    opened.subscribe(() => this.#showSoon(), { signal: this.#leaving.signal })
    this.#showAudience([])
  }

  #become(person: Person): void {
    this.#person = person
    showPerson(person)
    if (this.#note !== undefined) this.#note.person = person
  }

  #showAudience(onlookers: readonly Onlooker[]): void {
    showPeople(onlookers)
    this.#showSoon()
  }

  /** What happens at once is shown once. */
  #showSoon(): void {
    if (this.#telling) return
    this.#telling = true
    setTimeout(() => {
      this.#telling = false
      this.#show()
    }, 50)
  }

  #show(): void {
    const { documents, overlays, id, author } = this.#peer
    const note = this.#note
    const names = documents.list().flatMap(({ name }) => name ?? [])
    this.#list.show(names, note?.name)
    showStatus({
      connection: this.#connection(),
      peers: overlays.members.members().filter(({ peer, state }) => peer !== id && state === 'alive').length,
      people: authorsPresent(note?.onlookers ?? [], author),
      pending: note === undefined ? 0 : documents.pending(note.document),
      unconfirmed: this.#confirmation?.unconfirmed ?? 0,
      failure: this.#failure,
    })
  }

  #connection(): ConnectionState {
    if (this.#peer.documents.connections().length > 0) {
      this.#isSearching = false
      return 'connected'
    }
    return this.#isSearching ? 'connecting' : 'offline'
  }
}

async function start(): Promise<void> {
  const token = takeToken()
  const ask = (): Promise<ServingPeer> => askServingPeer(token)
  const serving = await ask().catch((error: unknown) => {
    const last = lastServingPeer()
    if (last !== undefined) return last
    const hint = 'Open this page with the link that `peerloom up` or `npm start` prints'
    throw new Error(`${reasonOf(error)}. ${hint}.`, { cause: error })
  })
  const { network, join, profile } = serving
  element('network').textContent = `Notes in ${network.name}`
  element('network').title = `Served by the peer ${profile}`
  const options: PeerOptions = {
    directory: `notes/${network.name}`,
    network,
    join,
    // Every note is kept in this browser, so that all of them open while the peer is away.
    documents: { follow: ['*'] },
  }
  const notes = new Notes(await createPeer(options))
  await notes.start()
  const connection = new Connection(notes.peer, join, ask)
  addEventListener('pagehide', () => {
    connection.end()
    notes.close()
  })
  // A page out of the browser's back/forward cache has no peer any more.
  addEventListener('pageshow', ({ persisted }) => persisted && location.reload())
  // For whoever is curious, and opens the console.
  Object.assign(globalThis, { notes })
}

function showMessage(text: string): void {
  element('message').textContent = text
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

if ('serviceWorker' in navigator) void navigator.serviceWorker.register('./worker.js').catch(() => undefined)
start().catch((error: unknown) => {
  showMessage(reasonOf(error))
  element('connection').dataset['state'] = 'offline'
  element('connection-text').textContent = 'Not started'
})
