import { isKey, type Dht, type Key, type Router } from '../../../node/protocol/index.ts'
import { Failure } from '../../failure.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import { isStructuredOverlay, structuredOverlays, type StructuredOverlay } from '../../peer/settings.ts'
import type { Fields } from '../fields.ts'

export interface ChosenOverlay {
  readonly name: StructuredOverlay
  readonly api: Router & Dht
}

/** The overlay that `--overlay` names, or the first that runs. @throws Failure when it does not run */
export function chooseOverlay({ peer }: RunningPeer, fields: Fields): ChosenOverlay {
  const given = fields.optionalText('overlay')
  if (given !== undefined && !isStructuredOverlay(given)) {
    throw new Failure('usage', `${JSON.stringify(given)} is no overlay with keys`, {
      hint: `There are: ${structuredOverlays.join(', ')}`,
    })
  }
  for (const name of given === undefined ? structuredOverlays : [given]) {
    const api = peer.overlays[name]
    if (api !== undefined) return { name, api }
  }
  throw doesNotRun(peer.overlays, given)
}

function doesNotRun(running: RunningPeer['peer']['overlays'], wanted: StructuredOverlay | undefined): Failure {
  if (wanted === undefined) {
    return new Failure('failure', 'This peer runs no overlay with keys', {
      hint: 'End it, and start it with one: peerloom up --overlay chord',
    })
  }
  const [other] = structuredOverlays.filter((name) => running[name] !== undefined)
  const both = structuredOverlays.filter((name) => name === wanted || name === other)
  const words = both.map((name) => `--overlay ${name}`).join(' ')
  return new Failure('failure', `The overlay ${wanted} does not run in this peer`, {
    hint: `${other === undefined ? 'None with keys does' : `There is ${other}`}; to have it, end the peer and start it with: peerloom up ${words}`,
  })
}

/** A key as it is, in digits of either case; the key of a name otherwise. @param keyOfName for the second case */
export function readKey(fields: Fields, keyOfName: (name: string) => Key): Key {
  const given = fields.text('key')
  const digits = given.toLowerCase()
  return isKey(digits) ? digits : keyOfName(given)
}
