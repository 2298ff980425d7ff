// node tests/simulation/trace-hashes-process.ts 1000: the combined trace hash of that many seeds.
import { combinedTraceHash } from './trace-hashes.ts'

process.stdout.write(`${combinedTraceHash(Number(process.argv[2] ?? 100))}\n`)
