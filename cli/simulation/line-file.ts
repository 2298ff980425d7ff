import { closeSync, openSync, writeSync } from 'node:fs'
import { Failure } from '../failure.ts'

/** Characters that are gathered before they are written. */
const chunkLength = 65_536

/** A file, or standard output, that is written line by line. */
export class LineFile {
  readonly #path: string
  readonly #file: number
  #waiting = ''

  /** @param path `-` is standard output @throws Failure when it cannot be written */
  constructor(path: string) {
    this.#path = path
    this.#file = path === '-' ? process.stdout.fd : this.#try(() => openSync(path, 'w'))
  }

  line(text: string): void {
    this.#waiting += `${text}\n`
    if (this.#waiting.length >= chunkLength) this.#flush()
  }

  close(): void {
    this.#flush()
    if (this.#path !== '-') closeSync(this.#file)
  }

  #flush(): void {
    let bytes: Uint8Array = Buffer.from(this.#waiting)
    this.#waiting = ''
    while (bytes.length > 0) {
      const written = this.#try(() => this.#writeSome(bytes))
      bytes = bytes.subarray(written)
    }
  }

  /** A pipe may be full: its reader takes a while. */
  #writeSome(bytes: Uint8Array): number {
    try {
      return writeSync(this.#file, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPIPE' && this.#path === '-') process.exit(0)
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
      return 0
    }
  }

  #try<Value>(act: () => Value): Value {
    try {
      return act()
    } catch (error) {
      throw new Failure('failure', `Cannot write ${this.#path}: ${(error as Error).message}`, { cause: error })
    }
  }
}
