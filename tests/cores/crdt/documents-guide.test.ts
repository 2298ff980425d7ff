import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createDocument, loadDocument, type Document } from '../../../crdt/index.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const guide = readFileSync(join(root, 'docs/guides/documents.md'), 'utf8')
const explanation = readFileSync(join(root, 'docs/how-documents-work.md'), 'utf8')

interface Example {
  readonly title: string
  readonly code: string
  /** What the program prints, as its comments say. */
  readonly printed: readonly string[]
}

/** The programs of the guide: the blocks of a section are one. */
function examplesOf(page: string): Example[] {
  return page
    .split(/^## /m)
    .map((section) => {
      const code = Array.from(section.matchAll(/^```ts\n(.*?)^```$/gms), ([, block]) => block).join('\n')
      return { title: section.split('\n', 1)[0] ?? '', code, printed: printedBy(code) }
    })
    .filter(({ code }) => code !== '')
}

/** Behind a call that prints, or behind an arrow. */
function printedBy(code: string): string[] {
  return Array.from(code.matchAll(/(?:console\.log\(.*\) \/\/|^ *\/\/ →) (.*)$/gm), ([, printed = '']) => printed)
}

const examples = examplesOf(guide)
const mark = '\u0000'

/** Compiles the programs and runs them one after the other. @returns what each prints */
function run(): string[][] {
  mkdirSync(join(root, 'dist/guides'), { recursive: true })
  const folder = mkdtempSync(join(root, 'dist/guides/'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const settings = { extends: '../../../tests/tsconfig.json', include: ['*.ts'], exclude: [], references: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  const files = examples.map(({ code }, index) => {
    const file = join(folder, `example-${index}.ts`)
    writeFileSync(file, code.replaceAll("'peerloom/crdt'", "'../../../crdt/index.ts'"))
    return file
  })
  const compiler = spawnSync('tsc', ['-p', folder], { encoding: 'utf8' })
  expect(compiler.stdout).toBe('')
  const main = files.map((file) => `await import(${JSON.stringify(file)})\nconsole.log(${JSON.stringify(mark)})\n`)
  writeFileSync(join(folder, 'main.mjs'), main.join(''))
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'main.mjs')], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.split(`${mark}\n`).map((printed) => printed.split('\n').slice(0, -1))
}

describe('the guide to documents', () => {
  test('shows programs that compile, and what they print', () => {
    const shown = examples.map(({ title, printed }) => ({ title, printed }))
    const printed = run()
    expect(examples.map(({ title }, index) => ({ title, printed: printed[index] }))).toEqual(shown)
  })

  test('shows every container, and prints something in each section', () => {
    for (const { title, printed } of examples) expect(printed, title).not.toEqual([])
    const document: object = createDocument()
    for (const name of ['text', 'list', 'map', 'counter', 'set', 'register', 'multiValueRegister', 'tree']) {
      expect(document).toHaveProperty(name)
      expect(guide).toContain(`doc.${name}(`)
    }
    for (const name of ['removeWinsSet', 'growOnlyCounter']) expect(guide).toContain(`doc.${name}(`)
  })

  test('lists its sections', () => {
    expectContents(guide)
  })
})

/** A page begins with links to all of its sections. */
function expectContents(page: string): void {
  const titles = Array.from(page.matchAll(/^## (.*)$/gm), ([, title = '']) => title)
  const links = Array.from(page.matchAll(/^- \[(.*)\]\(#(.*)\)$/gm), ([, title = '', target = '']) => ({
    title,
    target,
  }))
  expect(links).toEqual(
    titles.map((title) => ({
      title,
      target: title
        .toLowerCase()
        .replace(/[^a-z -]/g, '')
        .replaceAll(' ', '-'),
    })),
  )
}

/** Types one character a change. */
function type(document: Document, index: number, text: string): void {
  for (const [offset, character] of Array.from(text).entries()) document.text('body').insert(index + offset, character)
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

/** The bytes at the beginnings of the lines of a block. */
function bytesIn(block: string): string {
  return Array.from(block.matchAll(/^((?:[0-9a-f]{2} )+) /gm), ([, bytes = '']) => bytes)
    .join('')
    .trim()
}

describe('the explanation of documents', () => {
  const [columns = '', chunk = ''] = Array.from(explanation.matchAll(/^```text\n(.*?)^```$/gms), ([, block]) => block)

  test('shows the bytes of its example as they are, and their order on both replicas', () => {
    const ada = createDocument({ replica: 'ada' })
    type(ada, 0, 'tea')
    const bob = loadDocument(ada.encode(), { replica: 'bob' })
    type(ada, 3, 'pot')
    type(bob, 3, 'cup')
    const [toAda, toBob] = [bob.changesSince(ada.version), ada.changesSince(bob.version)]
    ada.merge(toAda)
    bob.merge(toBob)
    expect(ada.frontier).toEqual([
      { replica: 'ada', sequence: 5 },
      { replica: 'bob', sequence: 2 },
    ])
    expect(ada.text('body').toString()).toBe('teapotcup')
    ada.text('body').insert(9, 's')
    bob.merge(ada.changesSince(bob.version))
    expect(ada.frontier).toEqual([{ replica: 'ada', sequence: 6 }])
    expect([...ada.version]).toEqual([
      ['ada', 7],
      ['bob', 3],
    ])
    for (const document of [ada, bob]) expect(hexadecimal(document.encode())).toBe(bytesIn(chunk))
    expect(picture('chunk')).toContain(`${ada.encode().length} bytes`)
    const sizes = Array.from(picture('chunk').matchAll(/>(\d+) B</g), ([, size]) => Number(size))
    expect(sizes.reduce((sum, size) => sum + size)).toBe(ada.encode().length)
  })

  test('shows where those stand who write backwards', () => {
    const base = createDocument({ replica: 'base' })
    type(base, 0, '!')
    const [ada, bob] = ['ada', 'bob'].map((replica) => loadDocument(base.encode(), { replica })) as [Document, Document]
    for (const letter of 'cba') ada.text('body').insert(0, letter)
    for (const letter of 'zyx') bob.text('body').insert(0, letter)
    ada.merge(bob.encode())
    expect(ada.text('body').toString()).toBe('abcxyz!')
  })

  test('shows columns as they are', () => {
    const document = createDocument({ replica: 'ada' })
    type(document, 0, 'hello wrld')
    type(document, 7, 'o')
    for (let index = 10; index > 5; index--) document.text('body').delete(index, 1)
    expect(document.text('body').toString()).toBe('hello ')
    const bytes = hexadecimal(document.encode())
    const shown = Array.from(columns.matchAll(/^\w+ +((?:[0-9a-f]{2} )+) /gm), ([, column = '']) => column.trim())
    expect(shown).toHaveLength(4)
    for (const column of shown) {
      expect(bytes).toContain(column)
      expect(picture('run-length-columns')).toContain(column)
    }
  })

  test('shows the frames of a session as they are', () => {
    const document = createDocument({ replica: 'ada' })
    const outgoing = document.openOutgoing()
    const frames = ['i', 'n', 'k', ''].map((letter, index) => {
      if (letter === '') document.text('body').delete(index - 1, 1)
      else type(document, index, letter)
      return hexadecimal(outgoing.take() as Uint8Array)
    })
    const lines = Array.from(picture('session').matchAll(/>((?:[0-9a-f]{2} ?)+)</g), ([, bytes]) => bytes)
    expect(lines.join(' ')).toBe(frames.join(' '))
  })

  test('leads to every picture, and lists its sections', () => {
    const names = Array.from(explanation.matchAll(/\]\(pictures\/(.*)\.svg\)/g), ([, name = '']) => `${name}.svg`)
    expect(names.toSorted()).toEqual(readdirSync(join(root, 'docs/pictures')).toSorted())
    expectContents(explanation)
  })
})

function picture(name: string): string {
  return readFileSync(join(root, `docs/pictures/${name}.svg`), 'utf8')
}
