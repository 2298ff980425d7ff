import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { StatusReport } from '../control/requests.ts'
import { Failure } from '../failure.ts'
import { packageFile } from '../package.ts'
import type { PeerNews } from './supervisor.ts'

export interface ChildPeer {
  readonly child: ChildProcess
  readonly report: StatusReport
}

/**
 * Starts a peer in a process of its own, in a process group of its own: a Ctrl-C is for its supervisor to pass on.
 *
 * @param words what follows `peerloom up`
 * @param log file that its output is added to
 * @throws Failure that of the peer
 */
export async function startChild(words: readonly string[], log: string): Promise<ChildPeer> {
  const output = openSync(log, 'a', 0o600)
  const main = packageFile('dist/bundled/cli/main.js')
  const child = spawn(process.execPath, [main, 'up', ...words], {
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
  })
  closeSync(output)
  return { child, report: await hearStart(child, log) }
}

function hearStart(child: ChildProcess, log: string): Promise<StatusReport> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      const how = signal ?? `exit code ${code}`
      reject(new Failure('failure', `The peer ended (${how}) before it was up`, { hint: `See ${log}` }))
    })
    child.on('message', (news: PeerNews) => {
      if (news.type === 'up') resolve(news.report)
      else reject(new Failure(news.code, news.message, news.hint === undefined ? {} : { hint: news.hint }))
    })
  })
}

/** The child goes on without its supervisor. */
export function release(child: ChildProcess): void {
  child.removeAllListeners()
  child.send('release', () => {
    if (child.connected) child.disconnect()
    child.unref()
  })
}
