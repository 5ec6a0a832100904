// Which key means what. Bound to the physical key (event.code): UniKey answers typed letters with
// Backspace and other letters even outside a field, so event.key cannot be trusted. Pure.
export type Command =
  | 'next' | 'previous' | 'acknowledge' | 'open' | 'back' | 'propose' | 'approve' | 'silence' | 'theme' | 'help' | 'search'
export interface KeyLike {
  code: string; key: string; shiftKey: boolean; ctrlKey: boolean; altKey: boolean; metaKey: boolean; isComposing: boolean; repeat: boolean
}
const PLAIN: Record<string, Command> = {
  KeyJ: 'next', ArrowDown: 'next', KeyK: 'previous', ArrowUp: 'previous', KeyA: 'acknowledge', Enter: 'open', Escape: 'back',
  KeyP: 'propose', KeyY: 'approve', KeyS: 'silence', KeyT: 'theme', Slash: 'search',
}
/** What may repeat while the key is held down. */
const REPEATS: ReadonlySet<Command> = new Set(['next', 'previous'])

/**
 * `typing` = focus is in a text field; `busy` = focus is on a control that uses Enter and arrows itself
 * (a button, a link, a select). Single letters can be turned off altogether (WCAG 2.1.4).
 */
export function command(e: KeyLike, where: { typing: boolean; busy: boolean; dialog: boolean; enabled: boolean }): Command | null {
  if (e.isComposing || e.ctrlKey || e.altKey || e.metaKey) return null
  if (where.typing || where.dialog || !where.enabled) return null
  if (e.code === 'Slash' && e.shiftKey) return e.repeat ? null : 'help'
  if (e.shiftKey) return null
  const c = PLAIN[e.code]
  if (c === undefined) return null
  if (where.busy && (c === 'open' || e.code.startsWith('Arrow'))) return null
  return e.repeat && !REPEATS.has(c) ? null : c
}

/** The word that stands for a two-second hold; typed with any tone-key order, in any case. */
export const typedWord = (input: string, word: string): boolean => input.trim().normalize('NFC').toLocaleLowerCase('vi') === word.normalize('NFC')
