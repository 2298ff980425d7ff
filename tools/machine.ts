// What the tests need of the machine beyond npm packages: a Chromium, and `ip` for hosts in network namespaces.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const chromiumNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Installs what is missing where that is possible. What stays missing is for the tests themselves to say. */
export function prepareMachine(): void {
  const missing: string[] = []
  if (findChromium() === undefined) missing.push('chromium')
  if (process.platform === 'linux' && find('ip') === undefined) missing.push('iproute2')
  if (missing.length === 0) return
  if (canUseApt()) {
    console.log(`Installing ${missing.join(' and ')} …`)
    run('apt-get', ['update', '-qq'])
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing])
  } else if (missing.includes('chromium')) {
    console.log('Installing Chromium …')
    run('playwright-core', ['install', 'chromium'])
  }
}

function findChromium(): string | undefined {
  for (const name of ['CHROMIUM', 'PLAYWRIGHT_CHROMIUM_PATH']) {
    const path = process.env[name]
    if (path !== undefined && existsSync(path)) return path
  }
  return chromiumNames.map(find).find((path) => path !== undefined)
}

function find(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

function canUseApt(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && find('apt-get') !== undefined
}

function run(command: string, arguments_: readonly string[]): void {
  const { status, error } = spawnSync(command, arguments_, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status !== 0) console.error(`${command} ${arguments_.join(' ')} failed${error ? `: ${error.message}` : ''}`)
}
