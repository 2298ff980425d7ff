/** How somebody is shown to others. */
export interface Person {
  readonly name: string
  /** `#rrggbb` */
  readonly colour: string
}

/** Longest name, in characters as readers count them (code points). */
const nameLimit = 40

const storageName = 'peerloom-notes/person'
// White text on any of them has a contrast of 4.5 at the least.
const colours: readonly string[] = 'c2255c 9c36b5 6741d9 3b5bdb 1971c2 0b7285 087f5b 2b7a30 5c6f00 946200 b8470b c92a2a'
  .split(' ')
  .map((digits) => `#${digits}`)
const manners = ['Calm', 'Curious', 'Gentle', 'Keen', 'Merry', 'Patient', 'Quiet', 'Swift', 'Warm', 'Wise']
const animals = ['Badger', 'Curlew', 'Dormouse', 'Finch', 'Hare', 'Heron', 'Lynx', 'Otter', 'Owl', 'Weaver']

/** Without characters that are not seen or turn the text around them, and not longer than names are. */
export function tidyName(given: string): string {
  const [...characters] = given
    .slice(0, 8 * nameLimit)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
    .trim()
  return characters.slice(0, nameLimit).join('').trim()
}

export function isColour(text: string): boolean {
  return /^#[0-9a-f]{6}$/.test(text)
}

/** The user of this browser: as saved, or somebody with a friendly name, saved from now on. */
export function readPerson(): Person {
  const kept = parse(localStorage.getItem(storageName))
  return kept ?? savePerson({ name: `${pick(manners)} ${pick(animals)}`, colour: pick(colours) })
}

/** @returns the person as it was saved: a name without characters stays a default one */
export function savePerson({ name, colour }: Person): Person {
  const person = {
    name: tidyName(name) || `${pick(manners)} ${pick(animals)}`,
    colour: isColour(colour) ? colour : pick(colours),
  }
  localStorage.setItem(storageName, JSON.stringify(person))
  return person
}

/** Another tab of this browser has changed the person. */
export function onPersonChanged(listener: (person: Person) => void): void {
  addEventListener('storage', ({ key, newValue }) => {
    const person = key === storageName ? parse(newValue) : undefined
    if (person !== undefined) listener(person)
  })
}

function parse(text: string | null): Person | undefined {
  if (text === null) return undefined
  try {
    const { name, colour } = JSON.parse(text) as Partial<Person>
    if (typeof name !== 'string' || typeof colour !== 'string' || !isColour(colour)) return undefined
    return name !== '' && tidyName(name) === name ? { name, colour } : undefined
  } catch {
    return undefined
  }
}

function pick(list: readonly string[]): string {
  return list[Math.floor(Math.random() * list.length)] as string
}
