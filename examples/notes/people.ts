import type { Onlooker } from './audience.ts'
import { element } from './element.ts'
import { savePerson, type Person } from './person.ts'

/** More are counted. */
const shownLimit = 6

/** Those who have the note open, at the top of the page. */
export function showPeople(onlookers: readonly Onlooker[]): void {
  const list = element<HTMLUListElement>('people')
  const entries = onlookers.slice(0, shownLimit).map(({ name, colour }) => entry(name, colour))
  if (onlookers.length > shownLimit) entries.push(entry(`and ${onlookers.length - shownLimit} more`, undefined))
  list.replaceChildren(...entries)
}

/** Authors among the onlookers and the user of this tab: two tabs of one browser are one. */
export function authorsPresent(onlookers: readonly Onlooker[], own: string): number {
  return new Set([own, ...onlookers.map(({ author }) => author)]).size
}

export function showPerson({ name, colour }: Person): void {
  element('you-name').textContent = name
  element('you').style.setProperty('--person', colour)
  element<HTMLInputElement>('person-name').value = name
  element<HTMLInputElement>('person-colour').value = colour
}

/** Where the user chooses a name and a colour. */
export function onPersonChosen(listener: (person: Person) => void): void {
  const form = element<HTMLFormElement>('profile')
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const name = element<HTMLInputElement>('person-name').value
    const colour = element<HTMLInputElement>('person-colour').value
    listener(savePerson({ name, colour }))
    form.hidePopover()
    element('you').focus()
  })
}

function entry(name: string, colour: string | undefined): HTMLLIElement {
  const item = document.createElement('li')
  item.className = 'person'
  if (colour !== undefined) {
    item.style.setProperty('--person', colour)
    const dot = item.appendChild(document.createElement('span'))
    dot.className = 'dot'
    dot.ariaHidden = 'true'
  }
  const label = item.appendChild(document.createElement('span'))
  label.textContent = name
  return item
}
