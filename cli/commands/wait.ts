import { request } from '../control/client.ts'
import { Failure } from '../failure.ts'
import { readCount } from '../operands.ts'
import type { Invocation } from './command.ts'

/** Without `--timeout`, in milliseconds. */
const defaultTimeout = 30_000
/** After this part of the time it is said what is missing: `--timeout` itself only says that it is over. */
const saidEarly = 0.9

export async function run({ options, output, profile, signal, timeout = defaultTimeout }: Invocation): Promise<void> {
  if (options['converged'] !== true && options['members'] === undefined) {
    throw new Failure('usage', 'What shall be waited for? Either --converged or --members', {
      hint: 'See: peerloom wait --help',
    })
  }
  const deadline = performance.now() + timeout
  if (options['members'] !== undefined) {
    const members = readCount(options['members'], 'a number of members')
    const limit = new AbortController()
    const timer = setTimeout(
      () => limit.abort(new Failure('time-out', `Fewer than ${members} members are alive`)),
      timeout * saidEarly,
    )
    const both = AbortSignal.any([signal, limit.signal])
    await request(profile, { verb: 'members.await', arguments: { members }, signal: both }).finally(() =>
      clearTimeout(timer),
    )
    if (options['converged'] !== true) return output.data({ members }, () => '')
  }
  const peers = options['peers'] === undefined ? 1 : readCount(options['peers'], 'a number of peers', 0)
  const left = Math.max(1, Math.floor((deadline - performance.now()) * saidEarly))
  const result = await request<unknown>(profile, {
    verb: 'converged',
    arguments: { peers, timeout: left, document: options['document'] },
    signal,
  }).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.code !== 'time-out') throw error
    throw new Failure('not-converged', 'The peers do not agree yet', { cause: error })
  })
  await output.data(result, () => '')
}
