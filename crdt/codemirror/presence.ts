import { StateEffect, StateField, type Extension, type Range, type StateEffectType } from '@codemirror/state'
import { Decoration, EditorView, WidgetType, type DecorationSet } from '@codemirror/view'
import type { Anchor } from '../index.ts'

/** What somebody has selected, as plain data that means the same on every replica. Both ends are equal for a cursor. */
export interface TextSelection {
  /** The end that stays. */
  readonly anchor: Anchor
  /** The end that moves, where the cursor is. */
  readonly head: Anchor
}

/** Where somebody else is in the text. All of it may come from a stranger. */
export interface Presence extends TextSelection {
  /** Shown beside the cursor; control characters are left out, and what is beyond 40 characters. */
  readonly name: string
  /** `#rrggbb`. Anything else is shown in a grey. */
  readonly colour: string
}

/** More are not shown. */
const presenceLimit = 100
const nameLimit = 40
const grey = '#808080'

/** Replaces the list of those shown: `view.dispatch({ effects: setPresences.of(list) })`. */
export const setPresences: StateEffectType<readonly Presence[]> = StateEffect.define<readonly Presence[]>()

/** Part of the state, so that it outlives a view that is taken down and made anew. */
export const presenceField: StateField<readonly Presence[]> = StateField.define<readonly Presence[]>({
  create: () => [],
  update: (presences, { effects }) => {
    let latest = presences
    for (const effect of effects) if (effect.is(setPresences)) latest = effect.value.slice(0, presenceLimit)
    return latest
  },
})

export const presenceTheme: Extension = EditorView.baseTheme({
  '.peerloom-selection': { backgroundColor: 'color-mix(in srgb, var(--peerloom-colour) 25%, transparent)' },
  '.peerloom-cursor': {
    position: 'relative',
    borderLeft: '2px solid var(--peerloom-colour)',
    marginLeft: '-1px',
    marginRight: '-1px',
    pointerEvents: 'none',
  },
  '.peerloom-name': {
    position: 'absolute',
    bottom: '100%',
    left: '-2px',
    padding: '0 4px',
    borderRadius: '3px 3px 3px 0',
    backgroundColor: 'var(--peerloom-colour)',
    color: 'white',
    textShadow: '0 0 2px black',
    font: '11px/1.4 sans-serif',
    whiteSpace: 'nowrap',
    unicodeBidi: 'isolate',
    zIndex: '10',
  },
})

/** @param resolve the position of an anchor in the editor, or undefined when it is not known here */
export function presenceDecorations(
  presences: readonly Presence[],
  resolve: (anchor: Anchor) => number | undefined,
): DecorationSet {
  const ranges: Range<Decoration>[] = []
  for (const presence of presences) {
    const anchor = resolve(presence.anchor)
    const head = resolve(presence.head)
    if (anchor === undefined || head === undefined) continue
    const colour = /^#[0-9a-f]{6}$/i.test(presence.colour) ? presence.colour : grey
    const [from, to] = [Math.min(anchor, head), Math.max(anchor, head)]
    if (from < to) ranges.push(selectionMark(colour).range(from, to))
    const widget = new CursorWidget(plainName(presence.name), colour)
    ranges.push(Decoration.widget({ widget, side: -1 }).range(head))
  }
  return Decoration.set(ranges, true)
}

function selectionMark(colour: string): Decoration {
  return Decoration.mark({ class: 'peerloom-selection', attributes: { style: `--peerloom-colour: ${colour}` } })
}

/** Without characters that are not seen or turn the text around them (bidirectional overrides among them). */
function plainName(name: string): string {
  const [...characters] = name.slice(0, 4 * nameLimit).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
  return characters.slice(0, nameLimit).join('')
}

class CursorWidget extends WidgetType {
  readonly #name: string
  readonly #colour: string

  constructor(name: string, colour: string) {
    super()
    this.#name = name
    this.#colour = colour
  }

  override eq(other: CursorWidget): boolean {
    return other.#name === this.#name && other.#colour === this.#colour
  }

  override toDOM(): HTMLElement {
    const cursor = document.createElement('span')
    cursor.className = 'peerloom-cursor'
    cursor.style.setProperty('--peerloom-colour', this.#colour)
    // Read out at every move of a stranger, names would drown the text itself.
    cursor.setAttribute('aria-hidden', 'true')
    const label = cursor.appendChild(document.createElement('span'))
    label.className = 'peerloom-name'
    label.textContent = this.#name
    return cursor
  }

  override ignoreEvent(): boolean {
    return true
  }
}
