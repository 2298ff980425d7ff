import { isContainer, type Container, type Content } from './container.ts'
import { setMember, type JsonValue } from './json-value.ts'

/** Makes the value of a container, given that of each container inside. */
type Make = (container: Container, valueOf: (content: Content) => JsonValue) => JsonValue

interface Values {
  get(container: Container): JsonValue | undefined
  has(container: Container): boolean
  set(container: Container, value: JsonValue): unknown
}

/**
 * The plain value of a container and all inside it. A stranger may have nested containers however deep: what is inside
 * is collected first and made from the innermost out, without recursion.
 *
 * @param values what is known already, of which nothing is looked into; takes what is made
 */
export function plainValue(root: Container, values: Values = new Map(), make: Make = makeValue): JsonValue {
  // What is added while the loop runs is visited as well.
  const outermostFirst = new Set([root])
  for (const container of outermostFirst) {
    for (const content of contentsOf(container)) {
      if (isContainer(content) && !values.has(content)) outermostFirst.add(content)
    }
  }
  const valueOf = (content: Content): JsonValue => (isContainer(content) ? (values.get(content) as JsonValue) : content)
  for (const container of [...outermostFirst].reverse()) values.set(container, make(container, valueOf))
  return values.get(root) as JsonValue
}

function contentsOf(container: Container): Iterable<Content | undefined> {
  switch (container.type) {
    case 'list':
      return container
    case 'map':
      return Array.from(container, ([, content]) => content)
    case 'tree':
      return container.nodes().map((node) => container.data(node))
    default:
      return []
  }
}

export const makeValue: Make = (container, valueOf) => {
  switch (container.type) {
    case 'list':
      return Array.from(container, valueOf)
    case 'map': {
      const object: { [key: string]: JsonValue } = {}
      for (const [key, content] of container) setMember(object, key, valueOf(content))
      return object
    }
    case 'tree':
      return container.nodes().map((id) => ({
        id,
        parent: container.parent(id) ?? null,
        data: valueOf(container.data(id) as Container),
      }))
    default:
      return container.toJSON()
  }
}
