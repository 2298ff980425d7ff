// One case of one library, in a process of its own that does nothing else: measures it and writes the figures.
import { cases, type Figures } from './cases.ts'
import { libraries, type LibraryName } from './libraries.ts'
import { readTraceAt } from './traces.ts'

export interface Order {
  readonly library: LibraryName
  /** A case and what it is done with: `local/rustcode`. */
  readonly name: string
  readonly trace: string | undefined
  readonly encodedFile: string
}

export interface Answer {
  /** undefined where the library cannot. */
  readonly figures?: Figures | undefined
}

const { library, name, trace, encodedFile } = JSON.parse(process.argv[2] ?? '') as Order
const [kind = '', variant = ''] = name.split('/')
const setting = {
  library: await libraries[library](),
  trace() {
    if (trace === undefined) throw new Error(`There is no trace ${variant}`)
    return readTraceAt(trace)
  },
  encodedFile,
}
const answer: Answer = { figures: await cases[kind]?.(setting, variant) }
// Libraries may have told something too.
process.stdout.write(`\n${JSON.stringify(answer)}`)
