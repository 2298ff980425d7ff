import { element } from './element.ts'

export interface NoteListPorts {
  /** Opens a note, a new one as well. @throws DocumentNameError for a name that is none */
  open(name: string): Promise<void>
}

/** The notes of the network, and the form for a new one. */
export class NoteList {
  readonly #ports: NoteListPorts
  readonly #list = element<HTMLUListElement>('notes')
  readonly #name = element<HTMLInputElement>('new-name')
  readonly #error = element('name-error')
  readonly #toggle = element<HTMLButtonElement>('list-toggle')

  constructor(ports: NoteListPorts) {
    this.#ports = ports
    this.#name.addEventListener('input', () => this.#refuse(undefined))
    element('new-note').addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#openNamed()
    })
    this.#toggle.addEventListener('click', () => this.#unfold(this.#toggle.ariaExpanded !== 'true'))
    element('list').addEventListener('keydown', ({ key }) => {
      if (key !== 'Escape') return
      this.#unfold(false)
      this.#toggle.focus()
    })
  }

  /** @param current the note that is open */
  show(names: readonly string[], current: string | undefined): void {
    const all = new Set(current === undefined ? names : [...names, current])
    const sorted = [...all].toSorted((one, other) => one.localeCompare(other))
    const shown = Array.from(this.#list.querySelectorAll('a'), (link) => [link.textContent, link.ariaCurrent] as const)
    const wanted = sorted.map((name) => [name, name === current ? 'page' : null] as const)
    if (JSON.stringify(shown) === JSON.stringify(wanted)) return
    const focused = document.activeElement instanceof HTMLAnchorElement ? document.activeElement.textContent : undefined
    this.#list.replaceChildren(...sorted.map((name) => this.#entry(name, name === current)))
    for (const link of this.#list.querySelectorAll('a')) if (link.textContent === focused) link.focus()
  }

  #entry(name: string, isCurrent: boolean): HTMLLIElement {
    const entry = document.createElement('li')
    const link = entry.appendChild(document.createElement('a'))
    link.textContent = name
    link.href = noteAddress(name)
    if (isCurrent) link.ariaCurrent = 'page'
    link.addEventListener('click', (event) => {
      // With a modifier key the browser opens another tab, which is another peer.
      if (event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      this.#unfold(false)
      void this.#ports.open(name)
    })
    return entry
  }

  async #openNamed(): Promise<void> {
    try {
      await this.#ports.open(this.#name.value.trim())
      this.#name.value = ''
      this.#unfold(false)
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error))
      this.#name.focus()
    }
  }

  #refuse(reason: string | undefined): void {
    this.#error.textContent = reason ?? ''
    this.#name.ariaInvalid = reason === undefined ? null : 'true'
  }

  /** On a narrow screen the list is folded away. */
  #unfold(open: boolean): void {
    this.#toggle.ariaExpanded = String(open)
    if (open) this.#list.querySelector('a')?.focus()
  }
}

/** The address that opens a note in another tab; it holds no secret. */
export function noteAddress(name: string): string {
  return `?${new URLSearchParams({ note: name })}`
}

/** Which note the address of this tab names. */
export function noteOfAddress(): string {
  return new URLSearchParams(location.search).get('note') ?? 'notes'
}
