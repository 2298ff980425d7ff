import type { Document, DocumentId, Peer, DefaultOverlays } from 'peerloom'
import { Announcer, heartbeat } from './announcer.ts'
import { Audience, type Onlooker } from './audience.ts'
import { Editor } from './editor.ts'
import type { Person } from './person.ts'
import { presenceTopic } from './presence-message.ts'

export type NotesPeer = Peer<DefaultOverlays>

export interface OpenNoteOptions {
  readonly peer: NotesPeer
  readonly name: string
  readonly document: Document
  readonly person: Person
  /** Where the editor is put. */
  readonly parent: HTMLElement
  /** Told when somebody comes, goes, or moves. */
  onAudience(onlookers: readonly Onlooker[]): void
}

/** A note on the screen: its text in an editor, and who else looks at it. */
export class OpenNote {
  readonly name: string
  readonly document: Document
  readonly id: DocumentId
  readonly #options: OpenNoteOptions
  readonly #editor: Editor
  readonly #audience: Audience
  readonly #announcer: Announcer
  readonly #watch: ReturnType<typeof setInterval>
  readonly #end = new AbortController()

  constructor(options: OpenNoteOptions) {
    const { peer, name, document, person, parent } = options
    const { members, broadcast } = peer.overlays
    this.name = name
    this.document = document
    this.id = peer.documents.idOf(document)
    this.#options = options
    const topic = presenceTopic(this.id)
    const publish = (bytes: Uint8Array): void => broadcast.publish(topic, bytes)
    this.#announcer = new Announcer({ author: peer.author, publish }, person)
    this.#audience = new Audience(peer.id, (other) =>
      members.members().some((member) => member.peer === other && member.state === 'alive'),
    )
    this.#editor = new Editor(parent, document, document.text('body'), {
      label: `Text of the note ${name}`,
      onSelect: (selection) => {
        this.#announcer.selection = selection
      },
    })
    const { signal } = this.#end
    broadcast.subscribe(topic, ({ publisher, bytes }) => this.#hear(publisher, bytes), { signal })
    members.subscribe(
      ({ type, peer: member }) => {
        if (type === 'joined') this.#announcer.tellSoon()
        if (type === 'failed' || type === 'left') this.#changed(this.#audience.leave(member, performance.now()))
      },
      { signal },
    )
    this.#watch = setInterval(() => this.#changed(this.#audience.expire(performance.now())), heartbeat / 3)
  }

  get onlookers(): readonly Onlooker[] {
    return this.#audience.onlookers
  }

  set person(person: Person) {
    this.#announcer.person = person
  }

  get hasFocus(): boolean {
    return this.#editor.hasFocus
  }

  focus(): void {
    this.#editor.focus()
  }

  /** The tab is looked at again: others may have forgotten it, since timers of hidden tabs hardly run. */
  tellSoon(): void {
    this.#announcer.tellSoon()
  }

  /** Says good-bye to the others and takes the editor down. */
  close(): void {
    this.#end.abort()
    clearInterval(this.#watch)
    this.#announcer.end()
    this.#editor.close()
  }

  #hear(publisher: Onlooker['peer'], bytes: Uint8Array): void {
    const known = this.#audience.onlookers.some(({ peer }) => peer === publisher)
    const changed = this.#audience.hear(publisher, bytes, performance.now())
    // Somebody new has not heard of this tab, or has forgotten it.
    if (changed && !known) this.#announcer.tellSoon()
    this.#changed(changed)
  }

  #changed(changed: boolean): void {
    if (!changed) return
    const { onlookers } = this.#audience
    this.#editor.show(
      onlookers.flatMap(({ name, colour, selection }) =>
        selection === undefined ? [] : [{ ...selection, name, colour }],
      ),
    )
    this.#options.onAudience(onlookers)
  }
}
