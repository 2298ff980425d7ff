import { request } from '../control/client.ts'
import type { DocumentItem } from '../control/requests.ts'
import { escapeLine } from '../escape.ts'
import { columns } from '../output.ts'
import type { Invocation } from './command.ts'

export async function run({ output, profile, signal }: Invocation): Promise<void> {
  const documents: DocumentItem[] = []
  await request(profile, {
    verb: 'doc.list',
    signal,
    item: (document) => void documents.push(document as DocumentItem),
  })
  await output.data(documents, () =>
    columns(
      documents.map(({ id, name, operations, waiting }) => [
        name === undefined ? id : escapeLine(name),
        `${operations} operations`,
        waiting > 0 ? `${waiting} change sets wait for others` : '',
      ]),
    ),
  )
}
