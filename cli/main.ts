#!/usr/bin/env node
import process from 'node:process'

// Everything else is imported only after the check: libp2p ends with a riddle on a Node that is too old for it.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(`peerloom needs Node 22.13 or later, and this is Node ${process.versions.node}.\n`)
  process.exitCode = 1
} else {
  const { main } = await import('./program.ts')
  await main(process.argv.slice(2))
}
