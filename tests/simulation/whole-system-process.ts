// Runs the seeds that it is given and sends their trace hashes to its parent.
import { runWholeSystem } from './whole-system.ts'

process.send?.(process.argv.slice(2).map((seed) => runWholeSystem(Number(seed)).traceHash))
