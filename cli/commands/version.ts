import { packageVersion } from '../package.ts'
import type { Invocation } from './command.ts'

export async function run({ output }: Invocation): Promise<void> {
  const version = packageVersion()
  const { arch, platform } = process
  await output.data({ version, node: process.versions.node, platform, arch }, () =>
    [`peerloom ${version}`, `node ${process.versions.node}, ${platform} ${arch}`].join('\n'),
  )
}
