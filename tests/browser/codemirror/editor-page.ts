import { defaultKeymap, history, historyKeymap, undo } from '@codemirror/commands'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { peerloomText, setPresences, type Presence, type TextSelection } from '../../../crdt/codemirror/index.ts'
import { createDocument, loadDocument, type Document } from '../../../crdt/index.ts'
import { offer } from '../remote.ts'

/** A person: a replica of the document, and an editor bound to it. */
interface Side {
  readonly document: Document
  readonly extensions: Extension
  view: EditorView
  selected: TextSelection | undefined
}

const sides = new Map<string, Side>()
let composed = 0
addEventListener('compositionupdate', () => composed++, true)

function side(name: string): Side {
  const found = sides.get(name)
  if (found === undefined) throw new Error(`nobody is called ${name}`)
  return found
}

function show(state: EditorState): EditorView {
  return new EditorView({ state, parent: document.body })
}

function add(name: string, replica: Document, content: string): void {
  const extensions = [
    history(),
    keymap.of([...defaultKeymap, ...historyKeymap]),
    peerloomText(replica, replica.text('body'), {
      onSelect: (selection) => {
        side(name).selected = selection
      },
    }),
  ]
  const view = show(EditorState.create({ doc: content, extensions }))
  sides.set(name, { document: replica, extensions, view, selected: undefined })
}

function presence(from: string, name: string, colour: string): Presence[] {
  const { selected } = side(from)
  return selected === undefined ? [] : [{ ...selected, name, colour }]
}

const page = {
  /** Everybody begins with the same text, written by nobody present. @param content what the editors hold at first */
  start: (names: string[], text: string, content = text): void => {
    const origin = createDocument({ replica: 'origin' })
    if (text !== '') origin.text('body').insert(0, text)
    for (const name of names) add(name, loadDocument(origin.encode(), { replica: name }), content)
  },
  edit: (name: string, from: number, to: number, insert: string): void => {
    side(name).view.dispatch({ changes: { from, to, insert } })
  },
  /** As another program on the same replica would, past the editor. */
  write: (name: string, index: number, count: number, insert: string): void => {
    side(name).document.text('body').replace(index, count, insert)
  },
  /** In one outer transaction: past the editor, by the editor, and past it again. */
  nest: (name: string): void => {
    const { document: replica, view } = side(name)
    replica.transact(() => {
      replica.text('body').insert(0, '[')
      view.dispatch({ changes: { from: view.state.doc.length, insert: '!' } })
      replica.text('body').insert(replica.text('body').length, ']')
    })
  },
  /** As `nest`, by the editor alone, and so that the text is as long after as before. */
  rotate: (name: string): void => {
    const { document: replica, view } = side(name)
    replica.transact(() => {
      const first = view.state.doc.sliceString(0, 1)
      view.dispatch({ changes: { from: 0, to: 1 } })
      view.dispatch({ changes: { from: view.state.doc.length, insert: first } })
    })
  },
  /** Whoever listens to the document writes as well. */
  echo: (name: string): void => {
    const { document: replica } = side(name)
    replica.subscribe((event) => {
      const text = replica.text('body')
      if (event.type === 'changed' && !text.toString().endsWith('~')) text.insert(text.length, '~')
    })
  },
  sync: (from: string, to: string): void => {
    const [source, target] = [side(from).document, side(to).document]
    target.merge(source.changesSince(target.version))
  },
  editor: (name: string): string => side(name).view.state.doc.toString(),
  text: (name: string): string => side(name).document.text('body').toString(),
  changes: (name: string): number => side(name).document.statistics.changes,
  undo: (name: string): boolean => undo(side(name).view),
  focus: (name: string): void => side(name).view.focus(),
  select: (name: string, anchor: number, head: number): void => {
    side(name).view.dispatch({ selection: { anchor, head } })
  },
  selection: (name: string): number[] => {
    const { anchor, head } = side(name).view.state.selection.main
    return [anchor, head]
  },
  /** Out of the page, but alive. */
  detach: (name: string): void => side(name).view.dom.remove(),
  attach: (name: string): void => {
    document.body.append(side(name).view.dom)
  },
  destroy: (name: string): void => side(name).view.destroy(),
  /** A new view on the state of the old one. */
  revive: (name: string): void => {
    side(name).view = show(side(name).view.state)
  },
  presence: (name: string, of: string, label: string, colour: string): void => {
    side(name).view.dispatch({ effects: setPresences.of(presence(of, label, colour)) })
  },
  shown: (name: string): { text: string; names: string[]; colours: string[]; elements: number; cursorAt: number } => {
    const { view } = side(name)
    const cursors = [...view.dom.querySelectorAll<HTMLElement>('.peerloom-cursor')]
    const marks = [...view.dom.querySelectorAll<HTMLElement>('.peerloom-selection')]
    return {
      text: marks.map((mark) => mark.textContent).join('|'),
      names: cursors.map((cursor) => cursor.textContent),
      colours: [...cursors, ...marks].map((element) => element.getAttribute('style') ?? ''),
      elements: cursors.reduce((sum, cursor) => sum + cursor.querySelectorAll('*').length, 0),
      cursorAt: cursors[0] === undefined ? -1 : view.posAtDOM(cursors[0]),
    }
  },
  composed: (): number => composed,
  /** Two people edit, in their editors and past them, and hear of each other now and then. */
  fuzz: async (seed: number, start: string): Promise<{ editors: string[]; texts: string[] }> => {
    const random = chance(seed)
    page.start(['a', 'b'], start)
    for (let round = 0; round < 60; round++) {
      const name = random(2) === 0 ? 'a' : 'b'
      const { view, document: replica } = side(name)
      const insert = ['x', 'yz', '\n', '\n\n', '😀', ''][random(6)] ?? ''
      const act = random(8)
      if (act < 4) {
        const from = whole(view.state.doc.toString(), random(view.state.doc.length + 1))
        const to = whole(view.state.doc.toString(), Math.min(view.state.doc.length, from + random(4)))
        view.dispatch({
          changes: [
            { from, to: Math.max(from, to), insert },
            { from: 0, insert: '.' },
          ],
        })
      } else if (act < 6) {
        const text = replica.text('body').toString()
        const from = whole(text, random(text.length + 1))
        const to = Math.max(from, whole(text, Math.min(text.length, from + random(4))))
        replica.text('body').replace(from, to - from, random(3) === 0 ? '\r\n' : random(3) === 0 ? '\r' : insert)
      } else if (act === 6) {
        page.sync('a', 'b')
        page.sync('b', 'a')
      } else await Promise.resolve()
    }
    page.sync('a', 'b')
    page.sync('b', 'a')
    await new Promise((resolve) => setTimeout(resolve))
    const result = { editors: ['a', 'b'].map(page.editor), texts: ['a', 'b'].map(page.text) }
    for (const { view } of sides.values()) view.destroy()
    return result
  },
}

/** In front of a surrogate pair rather than inside. */
function whole(text: string, offset: number): number {
  return /[\uDC00-\uDFFF]/.test(text.charAt(offset)) ? offset - 1 : offset
}

/** Small and good enough here (mulberry32). @returns an integer below the limit */
function chance(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

export type EditorPage = typeof page
offer(page)
