import { request } from '../control/client.ts'
import type { MemberEventItem, MemberItem } from '../control/requests.ts'
import { escapeLine } from '../escape.ts'
import { membersTable } from '../overlays/index.ts'
import type { Invocation } from './command.ts'

export async function run({ options, output, profile, signal }: Invocation): Promise<void> {
  if (options['watch'] === true) {
    const item = (event: unknown): Promise<void> => {
      const { type, peer, incarnation } = event as MemberEventItem
      return output.data(event, () => `${type}  ${escapeLine(peer)}  incarnation ${incarnation}`)
    }
    return request(profile, { verb: 'members.watch', signal, item })
  }
  const members: MemberItem[] = []
  await request(profile, { verb: 'members', signal, item: (member) => void members.push(member as MemberItem) })
  await output.data(members, () => membersTable(members))
}
