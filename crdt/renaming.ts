import { nestedId, parseContainerId } from './container-id.ts'
import type { ContainerId, TreeNodeId } from './container.ts'
import type { Dot } from './change.ts'
import { MalformedMessageError } from '../node/protocol/index.ts'
import { decodeOperations, encodeOperations, type NewContent, type Operation } from './operation.ts'
import type { ReplicaId } from './replica-id.ts'
import { creatorOf, nodeId } from './tree/tree-node.ts'

/**
 * Operations of a change with other names for the replicas whose containers and tree nodes they mention: for whoever
 * replicates changes and finds that one replica has two histories, which a document can only hold as two replicas.
 *
 * @param operations of a change by `author`
 * @param renamed author under the new names
 * @param rename from what a dot was called to what it is called
 * @returns the operations as they are where they cannot be read: a document says so when it gets them
 */
export function renameReplicas(
  operations: Uint8Array,
  author: ReplicaId,
  renamed: ReplicaId,
  rename: (dot: Dot) => Dot,
): Uint8Array {
  try {
    const decoded = decodeOperations(operations, author)
    return encodeOperations(
      decoded.map((operation) => renameIn(operation, rename)),
      renamed,
    )
  } catch (error) {
    if (error instanceof MalformedMessageError) return operations
    throw error
  }
}

function renameIn(operation: Operation, rename: (dot: Dot) => Dot): Operation {
  const container = renameContainer(operation.container, rename)
  switch (operation.type) {
    case 'list-insert':
      return { ...operation, container, items: operation.items.map((item) => renameContent(item, rename)) }
    case 'map-set':
      return { ...operation, container, content: renameContent(operation.content, rename) }
    case 'tree-move': {
      const { node, parent } = operation
      return { ...operation, container, node: renameNode(node, rename), parent: renameNode(parent, rename) }
    }
    default:
      return { ...operation, container }
  }
}

function renameContent(content: NewContent, rename: (dot: Dot) => Dot): NewContent {
  return 'again' in content ? { again: renameContainer(content.again, rename) } : content
}

function renameContainer(id: ContainerId, rename: (dot: Dot) => Dot): ContainerId {
  const place = parseContainerId(id)
  return place?.creator === undefined ? id : nestedId(place.type, rename(place.creator))
}

function renameNode(node: TreeNodeId | undefined, rename: (dot: Dot) => Dot): TreeNodeId | undefined {
  return node === undefined ? undefined : nodeId(rename(creatorOf(node)))
}
