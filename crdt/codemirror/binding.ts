import { Annotation, Transaction, type ChangeSet, type Extension } from '@codemirror/state'
import { ViewPlugin, logException, type DecorationSet, type EditorView, type ViewUpdate } from '@codemirror/view'
import type { Anchor, Document, DocumentEvent, TextContainer } from '../index.ts'
import { presenceDecorations, presenceField, presenceTheme, type TextSelection } from './presence.ts'
import { TextMirror, differenceOf, hunksOf } from './text-mirror.ts'

/** What the binding asks of a document. */
export type BoundDocument = Pick<Document, 'transact' | 'subscribe' | 'anchor' | 'resolve'>

export interface PeerloomTextOptions {
  /**
   * Told what is selected here whenever that changes, to be sent to others as a presence; undefined when the editor is
   * not focused. @default nobody is told
   */
  readonly onSelect?: (selection: TextSelection | undefined) => void
}

/**
 * Binds an editor to a text of a document: what is typed becomes transactions of the document, what others write appears
 * in the editor, outside its undo history. The document is the truth: whatever the editor held before is replaced when
 * the view is made. One binding to a view.
 *
 * Let CodeMirror split lines itself: with `EditorState.lineSeparator` set, bare `\r` in pasted text turn into line
 * breaks a moment later.
 */
export function peerloomText(
  document: BoundDocument,
  text: TextContainer,
  options: PeerloomTextOptions = {},
): Extension {
  const plugin = ViewPlugin.define((view) => new Binding(view, document, text, options), {
    decorations: (binding) => binding.decorations,
    eventHandlers: {
      compositionend() {
        this.showSoon()
      },
    },
  })
  return [plugin, presenceField, presenceTheme]
}

/** Marks what a binding itself has put into its editor. */
const shownBy: ReturnType<typeof Annotation.define<Binding>> = Annotation.define<Binding>()

/**
 * Three texts, and what leads from one to the next:
 *
 *     editor ── pending ──▶ mirror ═══ document
 *
 * The mirror is the document's text as an editor shows it, and advances with each event. What the editor does not show
 * yet is pending: while it is being updated, while somebody composes a character in the same line, and before the first
 * sight. An edit made meanwhile is moved over what is pending and what is pending over it, so neither is lost
 * (operational transformation between two parties, both of them here).
 */
class Binding {
  decorations: DecorationSet
  readonly #view: EditorView
  readonly #document: BoundDocument
  readonly #text: TextContainer
  readonly #options: PeerloomTextOptions
  readonly #end = new AbortController()
  #mirror: TextMirror
  #pending: ChangeSet | undefined
  /** Events heard while an edit of ours was handed to the document; undefined at other times. */
  #heard: number | undefined
  /** An event is still to come whose delta is already in the mirror: an outer transaction is open. */
  #ahead = false
  #selection = 'none'

  constructor(view: EditorView, document: BoundDocument, text: TextContainer, options: PeerloomTextOptions) {
    this.#view = view
    this.#document = document
    this.#text = text
    this.#options = options
    this.#mirror = TextMirror.of(text.toString())
    this.#await(differenceOf(view.state.doc, this.#mirror.content))
    this.decorations = this.#decorate()
    document.subscribe((event) => this.#hear(event), { signal: this.#end.signal })
  }

  update(update: ViewUpdate): void {
    for (const transaction of update.transactions) {
      if (!transaction.docChanged) continue
      if (transaction.annotation(shownBy) === this) this.#pending = undefined
      else this.#edit(transaction.changes)
    }
    const presencesChanged = update.startState.field(presenceField) !== update.state.field(presenceField)
    if (update.docChanged || presencesChanged) this.decorations = this.#decorate()
    if (update.docChanged || update.selectionSet || update.focusChanged) this.#tellSelection()
    // A composition may have ended, or gone to another line.
    if (this.#pending !== undefined) this.showSoon()
  }

  destroy(): void {
    this.#end.abort()
  }

  /** Not at once: the editor may be in the middle of an update, which must not be nested. What comes at once shares one. */
  showSoon(): void {
    queueMicrotask(() => this.#show())
  }

  #hear(event: DocumentEvent): void {
    if (event.type !== 'changed') return
    const found = event.deltas.find(({ container }) => container.id === this.#text.id)
    if (found?.type !== 'text') return
    if (this.#heard !== undefined) {
      this.#heard++
      return
    }
    const hunks = hunksOf(found.delta)
    const length = hunks.reduce((sum, { from, to, insert }) => sum + insert.length - (to - from), 0)
    if (this.#ahead || this.#mirror.documentLength + length !== this.#text.length) {
      this.#ahead = false
      this.#reconcile(this.#mirror)
    } else {
      const { mirror, changes } = this.#mirror.follow(hunks)
      this.#mirror = mirror
      this.#await(changes)
    }
  }

  /** The editor has changed by itself. */
  #edit(typed: ChangeSet): void {
    if (this.#mirror.documentLength !== this.#text.length) {
      this.#reconcile(this.#mirror)
      this.#ahead = true
    }
    const changes = this.#pending === undefined ? typed : typed.map(this.#pending)
    this.#pending = this.#pending?.map(typed, true)
    const { hunks, exact } = this.#mirror.edit(changes)
    if (hunks.length === 0) return
    const { mirror } = this.#mirror.follow(hunks)
    const expected = changes.apply(this.#mirror.content)
    const done = this.#write(() => {
      for (const { from, to, insert } of hunks.toReversed()) this.#text.replace(from, to - from, insert)
    })
    // The usual way: the document holds what the editor shows. Otherwise the editor learns what the document holds.
    if (done && exact && mirror.documentLength === this.#text.length) this.#mirror = mirror
    else this.#reconcile(this.#mirror, expected)
  }

  /** @returns false when the document may hold something else than was written */
  #write(work: () => void): boolean {
    this.#heard = 0
    try {
      this.#document.transact(work)
      if (this.#heard === 0) this.#ahead = true
      return this.#heard <= 1
    } catch (error) {
      logException(this.#view.state, error, 'writing to the document')
      return false
    } finally {
      this.#heard = undefined
    }
  }

  /** Takes the whole text of the document instead of following its events. */
  #reconcile(mirror: TextMirror, expected: TextMirror['content'] = mirror.content): void {
    this.#mirror = TextMirror.of(this.#text.toString())
    this.#await(differenceOf(expected, this.#mirror.content))
  }

  #await(changes: ChangeSet): void {
    if (changes.empty) return
    this.#pending = this.#pending === undefined ? changes : this.#pending.compose(changes)
    this.showSoon()
  }

  #show(): void {
    if (this.#pending === undefined || this.#end.signal.aborted || this.#isComposingThere()) return
    try {
      this.#view.dispatch({
        changes: this.#pending,
        annotations: [shownBy.of(this), Transaction.remote.of(true), Transaction.addToHistory.of(false)],
        // Filters are for what people do here, not for what has happened elsewhere.
        filter: false,
      })
    } catch (error) {
      logException(this.#view.state, error, 'showing what others wrote')
    }
  }

  /** A browser gives up a composition when its line is redrawn. Other lines may change. */
  #isComposingThere(): boolean {
    if (!this.#view.composing && !this.#view.compositionStarted) return false
    const { doc, selection } = this.#view.state
    const { from, to } = doc.lineAt(selection.main.head)
    return this.#pending?.touchesRange(from, to) !== false
  }

  #decorate(): DecorationSet {
    const back = this.#pending?.invertedDesc
    return presenceDecorations(this.#view.state.field(presenceField, false) ?? [], (anchor: Anchor) => {
      if (anchor.container !== this.#text.id) return undefined
      const offset = this.#document.resolve(anchor)
      if (offset === undefined) return undefined
      const position = this.#mirror.toEditor(Math.min(offset, this.#mirror.documentLength))
      return back === undefined ? position : back.mapPos(position)
    })
  }

  #tellSelection(): void {
    const { onSelect } = this.#options
    if (onSelect === undefined || this.#mirror.documentLength !== this.#text.length) return
    const selection = this.#view.hasFocus ? this.#selectionNow() : undefined
    const key = JSON.stringify(selection ?? 'none')
    if (key === this.#selection) return
    this.#selection = key
    onSelect(selection)
  }

  /** A selection keeps to its own characters; a cursor keeps to the character in front of it. */
  #selectionNow(): TextSelection {
    const { anchor, head } = this.#view.state.selection.main
    const place = (position: number, side: 'before' | 'after'): Anchor => {
      const shown = this.#pending === undefined ? position : this.#pending.mapPos(position)
      return this.#document.anchor(this.#text, this.#mirror.toDocument(shown), side)
    }
    return {
      anchor: place(anchor, anchor < head ? 'before' : 'after'),
      head: place(head, head < anchor ? 'before' : 'after'),
    }
  }
}
