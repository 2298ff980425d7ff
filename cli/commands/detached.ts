import { join } from 'node:path'
import { isRunning } from '../control/client.ts'
import type { StatusReport } from '../control/requests.ts'
import { Failure } from '../failure.ts'
import { privateDirectory } from '../profile.ts'
import { release, startChild } from './child-peer.ts'
import type { Invocation } from './command.ts'

/** Starts the same peer in the background. */
export async function startDetached({ options, profile }: Invocation): Promise<StatusReport> {
  if (options['networkKeyFile'] === '-') {
    throw new Failure('usage', 'Cannot read the network key from standard input with --detach', {
      hint: 'Put it into a file that only you can read',
    })
  }
  if (await isRunning(profile)) {
    throw new Failure('directory-in-use', `A peer of the profile ${profile.name} is running already`)
  }
  privateDirectory(profile.directory)
  const words = ['--profile', profile.name, '--directory', profile.directory, ...launchWords(options)]
  const { child, report } = await startChild(words, join(profile.directory, 'peer.log'))
  release(child)
  return report
}

/** The options of a launch, as words. */
export function launchWords(options: Invocation['options']): string[] {
  const { join, listen, mdns, network, networkKeyFile, overlay, page, tag } = options
  const words: string[] = []
  if (typeof network === 'string') words.push('--network', network)
  if (typeof networkKeyFile === 'string') words.push('--network-key-file', networkKeyFile)
  for (const address of (listen ?? []) as readonly string[]) words.push('--listen', address)
  for (const address of (join ?? []) as readonly string[]) words.push('--join', address)
  if (typeof mdns === 'boolean') words.push(mdns ? '--mdns' : '--no-mdns')
  if (overlay === false) words.push('--no-overlay')
  else for (const given of (overlay ?? []) as readonly string[]) words.push('--overlay', given)
  if (tag === false) words.push('--no-tag')
  else for (const given of (tag ?? []) as readonly string[]) words.push('--tag', given)
  if (page === false) words.push('--no-page')
  else if (page === true) words.push('--page')
  else if (typeof page === 'string') words.push('--page', page)
  return words
}
