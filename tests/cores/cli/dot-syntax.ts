interface DotEdge {
  readonly from: string
  readonly to: string
  readonly attributes: Readonly<Record<string, string>>
}

export interface DotGraph {
  readonly name: string
  readonly nodes: ReadonlyMap<string, Readonly<Record<string, string>>>
  readonly edges: readonly DotEdge[]
}

/** What the command line uses of it: strings in quotes, identifiers, and the five signs. */
const token = /\s*(?:"((?:\\[^]|[^"\\])*)"|([A-Za-z_][\w]*)|(->|[{}[\],=]))/y

/**
 * Reads a directed graph as Graphviz does (https://graphviz.org/doc/info/lang.html): within quotes `\"` is a quote, any
 * other backslash stays for the label to read.
 *
 * @throws where Graphviz would find a syntax error
 */
export function readDot(text: string): DotGraph {
  const tokens = tokenise(text)
  let at = 0
  const next = (): Token => tokens[at++] ?? fail('the graph ends early')
  const expect = (sign: string): void => {
    const { kind, text: found } = next()
    if (kind !== 'sign' || found !== sign) fail(`${found} where ${sign} is to be`)
  }
  const isSign = (sign: string): boolean => tokens[at]?.kind === 'sign' && tokens[at]?.text === sign
  const id = (): string => {
    const { kind, text: found } = next()
    return kind === 'id' ? found : fail(`${found} where a name is to be`)
  }
  const attributes = (): Record<string, string> => {
    const all: Record<string, string> = {}
    if (!isSign('[')) return all
    at++
    for (;;) {
      const name = id()
      expect('=')
      all[name] = id()
      if (!isSign(',')) break
      at++
    }
    expect(']')
    return all
  }

  if (id() !== 'digraph') fail('no digraph')
  const name = id()
  expect('{')
  const nodes = new Map<string, Record<string, string>>()
  const edges: DotEdge[] = []
  while (!isSign('}')) {
    const first = id()
    if (isSign('->')) {
      at++
      edges.push({ from: first, to: id(), attributes: attributes() })
    } else if (isSign('=')) {
      at++
      id()
    } else if (first === 'node') attributes()
    else nodes.set(first, attributes())
  }
  expect('}')
  if (at !== tokens.length) fail('something follows the graph')
  return { name, nodes, edges }
}

/** The lines of a label, as they would be drawn. */
export function readLabel(label: string): string[] {
  return label
    .replace(/\\([^])/g, (whole, letter: string) => {
      if (letter === 'n') return '\n'
      return letter === '\\' ? letter : fail(`${whole} stands for something else`)
    })
    .split('\n')
    .map((line) => line.replace(/&(\w*;?)/g, (whole, name) => (name === 'amp;' ? '&' : fail(`${whole} is an entity`))))
}

interface Token {
  readonly kind: 'id' | 'sign'
  readonly text: string
}

function tokenise(text: string): Token[] {
  const tokens: Token[] = []
  const reader = new RegExp(token)
  while (reader.lastIndex < text.trimEnd().length) {
    const from = reader.lastIndex
    const found = reader.exec(text) ?? fail(`nothing that is known at ${JSON.stringify(text.slice(from, from + 20))}`)
    const [, quoted, word, sign = ''] = found
    if (quoted === undefined && word === undefined) tokens.push({ kind: 'sign', text: sign })
    else tokens.push({ kind: 'id', text: quoted?.replaceAll(String.raw`\"`, '"') ?? word ?? '' })
  }
  return tokens
}

function fail(what: string): never {
  throw new SyntaxError(`Cannot read the graph: ${what}`)
}
