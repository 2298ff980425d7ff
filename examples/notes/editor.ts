import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { markdown, markdownLanguage } from '@codemirror/lang-markdown'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorState } from '@codemirror/state'
import { EditorView, drawSelection, keymap, placeholder } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import type { Document, TextContainer } from 'peerloom'
import { peerloomText, setPresences, type Presence, type TextSelection } from 'peerloom/codemirror'

export interface EditorOptions {
  /** Named for those who do not see it. */
  readonly label: string
  /** Told what is selected; undefined while the editor has no focus. */
  readonly onSelect: (selection: TextSelection | undefined) => void
}

/** An editor for a text of a document. What it shows and what the document holds stay the same until `close`. */
export class Editor {
  readonly #view: EditorView
  #presences: readonly Presence[] = []
  #showing = false
  #closed = false

  constructor(parent: HTMLElement, document: Document, text: TextContainer, { label, onSelect }: EditorOptions) {
    const extensions = [
      history(),
      drawSelection(),
      keymap.of([...defaultKeymap, ...historyKeymap]),
      markdown({ base: markdownLanguage }),
      syntaxHighlighting(highlighting),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label, 'spellcheck': 'true', 'autocapitalize': 'sentences' }),
      placeholder('Write something …'),
      theme,
      peerloomText(document, text, { onSelect }),
    ]
    this.#view = new EditorView({ state: EditorState.create({ extensions }), parent })
  }

  get hasFocus(): boolean {
    return this.#view.hasFocus
  }

  focus(): void {
    this.#view.focus()
  }

  /** Shows others' cursors and selections; what is asked for several times in a frame is shown once. */
  show(presences: readonly Presence[]): void {
    this.#presences = presences
    if (this.#showing) return
    this.#showing = true
    setTimeout(() => {
      this.#showing = false
      if (!this.#closed) this.#view.dispatch({ effects: setPresences.of(this.#presences) })
    }, 16)
  }

  close(): void {
    this.#closed = true
    this.#view.destroy()
  }
}

/** Colours are custom properties of the page, which follow the light or dark scheme. */
const theme = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'transparent', fontSize: '1rem' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--reading)', lineHeight: '1.65', overflow: 'auto', overscrollBehavior: 'contain' },
  '.cm-content': {
    maxWidth: '46rem',
    margin: '0 auto',
    padding: '2.25rem clamp(1rem, 5vw, 3rem) 40vh',
    caretColor: 'var(--accent)',
  },
  '.cm-line': { padding: '0' },
  '.cm-cursor': { borderLeft: '2px solid var(--accent)' },
  // Smaller than usual, so that a name hides little of the line above.
  '.peerloom-name': { bottom: 'calc(100% - 3px)', fontSize: '10px', lineHeight: '1.25' },
  '.cm-placeholder': { color: 'var(--faint)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--selected)',
  },
})

const highlighting = HighlightStyle.define([
  { tag: tags.heading1, fontSize: '1.7em', fontWeight: '700', lineHeight: '1.3' },
  { tag: tags.heading2, fontSize: '1.35em', fontWeight: '700', lineHeight: '1.4' },
  { tag: [tags.heading3, tags.heading4, tags.heading5, tags.heading6], fontSize: '1.1em', fontWeight: '700' },
  { tag: tags.strong, fontWeight: '700' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: tags.strikethrough, textDecoration: 'line-through' },
  { tag: [tags.link, tags.url], color: 'var(--link)' },
  { tag: tags.monospace, fontFamily: 'var(--code)', fontSize: '0.92em', color: 'var(--code-text)' },
  { tag: tags.quote, color: 'var(--quiet)', fontStyle: 'italic' },
  { tag: [tags.processingInstruction, tags.contentSeparator, tags.meta], color: 'var(--mark)', fontWeight: '400' },
  { tag: [tags.keyword, tags.tagName], color: 'var(--keyword)' },
  { tag: [tags.string, tags.attributeValue], color: 'var(--string)' },
  { tag: tags.comment, color: 'var(--quiet)' },
])
