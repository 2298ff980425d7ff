import { request } from '../control/client.ts'
import type { MemberEventItem, MemberItem } from '../control/requests.ts'
import { columns } from '../output.ts'
import type { Invocation } from './command.ts'

export async function run({ options, output, profile, signal }: Invocation): Promise<void> {
  if (options['watch'] === true) {
    const item = (event: unknown): Promise<void> => {
      const { type, peer, incarnation } = event as MemberEventItem
      return output.data(event, () => `${type}  ${peer}  incarnation ${incarnation}`)
    }
    return request(profile, { verb: 'members.watch', signal, item })
  }
  const members: MemberItem[] = []
  await request(profile, { verb: 'members', signal, item: (member) => void members.push(member as MemberItem) })
  await output.data(members, () =>
    columns([
      ['PEER', 'STATE', 'INCARNATION', 'ROUND TRIP'],
      ...members.map(({ peer, state, incarnation, roundTrip, self }) => [
        peer,
        state,
        String(incarnation),
        self ? 'this peer' : roundTrip === undefined ? '' : `${Math.round(roundTrip)} ms`,
      ]),
    ]),
  )
}
