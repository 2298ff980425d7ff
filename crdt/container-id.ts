import { containerTypes, type ContainerId, type ContainerType } from './container.ts'
import type { Dot } from './change.ts'
import { isReplicaId } from './replica-id.ts'

/** What a container id says: the type, and either the name of a root or the operation that created it. */
export type ContainerPlace =
  | { readonly type: ContainerType; readonly name: string; readonly creator: undefined }
  | { readonly type: ContainerType; readonly name: undefined; readonly creator: Dot }

export function rootId(type: ContainerType, name: string): ContainerId {
  return `${type}/${name}` as ContainerId
}

export function nestedId(type: ContainerType, creator: Dot): ContainerId {
  return `${type}@${creator.sequence}.${creator.replica}` as ContainerId
}

const form = /^([a-z-]+)(?:\/([^]*)|@(0|[1-9][0-9]{0,15})\.([^]*))$/

/** @returns undefined for text that is no container id */
export function parseContainerId(id: string): ContainerPlace | undefined {
  const [, type, name, digits, replica] = form.exec(id) ?? []
  if (!isContainerType(type)) return undefined
  if (name !== undefined) return { type, name, creator: undefined }
  const sequence = Number(digits)
  if (replica === undefined || !isReplicaId(replica) || !Number.isSafeInteger(sequence)) return undefined
  return { type, name: undefined, creator: { replica, sequence } }
}

function isContainerType(text: string | undefined): text is ContainerType {
  return (containerTypes as readonly (string | undefined)[]).includes(text)
}
