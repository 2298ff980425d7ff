// Control characters could move the cursor or clear the screen; bidirectional ones could make text read as another;
// lone surrogates and characters without a glyph could hide what is there.
const dangerous =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/gu

/** What a stranger wrote, as one harmless line. */
export function escapeLine(text: string): string {
  return text.replace(dangerous, spell)
}

/** What a stranger wrote, harmless, with its line breaks and tabs. */
export function escapeText(text: string): string {
  return text.replace(dangerous, (character) =>
    character === '\n' || character === '\t' ? character : spell(character),
  )
}

function spell(character: string): string {
  if (character === '\n') return String.raw`\n`
  if (character === '\r') return String.raw`\r`
  if (character === '\t') return String.raw`\t`
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
