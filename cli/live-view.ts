const esc = '\u001b['

/** Another screen, where nothing scrolls; no cursor; lines that are too long are cut by the terminal, not wrapped. */
const enter = `${esc}?1049h${esc}?25l${esc}?7l`
const leave = `${esc}?7h${esc}?25h${esc}?1049l`

/** A text on the terminal that takes the place of the one before. `close` leaves the terminal as it was. */
export class LiveView {
  readonly #terminal: NodeJS.WriteStream
  #text = ''
  #closed = false
  readonly #redraw = (): void => this.#draw()
  /** However the process ends, short of being killed. */
  readonly #restore = (): void => this.close()

  constructor(terminal: NodeJS.WriteStream) {
    this.#terminal = terminal
    terminal.write(enter)
    terminal.on('resize', this.#redraw)
    process.on('exit', this.#restore)
  }

  show(text: string): void {
    this.#text = text
    this.#draw()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#terminal.off('resize', this.#redraw)
    process.off('exit', this.#restore)
    this.#terminal.write(leave)
  }

  #draw(): void {
    if (this.#closed) return
    const rows = this.#terminal.rows || 24
    const lines = this.#text.split('\n')
    const hidden = lines.length - rows
    const shown = hidden > 0 ? [...lines.slice(0, rows - 1), `… ${hidden + 1} more lines`] : lines
    // Line by line over what is there: a screen that is cleared first flickers.
    this.#terminal.write(`${esc}H${shown.map((line) => `${line}${esc}K`).join('\r\n')}${esc}J`)
  }
}
