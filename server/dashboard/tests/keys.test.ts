import { describe, expect, it } from 'vitest'
import { command, typedWord, type KeyLike } from '../src/state/keys'

const key = (code: string, more: Partial<KeyLike> = {}): KeyLike => ({ code, key: '', shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, isComposing: false, repeat: false, ...more })
const free = { typing: false, busy: false, dialog: false, enabled: true }

describe('keys', () => {
  it('are bound to the place on the keyboard, not to the letter', () => {
    expect(command(key('KeyA', { key: 'â' }), free)).toBe('acknowledge')
    expect(command(key('KeyQ', { key: 'a' }), free)).toBeNull()
  })
  const rows: [string, KeyLike, Partial<typeof free>, string | null][] = [
    ['J chooses the next', key('KeyJ'), {}, 'next'], ['arrow too', key('ArrowUp'), {}, 'previous'], ['Y opens the approval', key('KeyY'), {}, 'approve'], ['P proposes', key('KeyP'), {}, 'propose'],
    ['S silences', key('KeyS'), {}, 'silence'], ['T turns the theme', key('KeyT'), {}, 'theme'], ['? helps', key('Slash', { shiftKey: true }), {}, 'help'], ['/ searches', key('Slash'), {}, 'search'],
    ['nothing while typing', key('KeyA'), { typing: true }, null], ['nothing behind a dialog', key('KeyA'), { dialog: true }, null], ['nothing when turned off', key('KeyA'), { enabled: false }, null],
    ['nothing while composing', key('KeyA', { isComposing: true }), {}, null], ['browser shortcuts stay', key('KeyT', { ctrlKey: true }), {}, null], ['Backspace is UniKey’s', key('Backspace'), {}, null],
    ['Enter on a button is the button’s', key('Enter'), { busy: true }, null], ['a letter on a button still works', key('KeyA'), { busy: true }, 'acknowledge'],
    ['a held A acknowledges once', key('KeyA', { repeat: true }), {}, null], ['a held J runs', key('KeyJ', { repeat: true }), {}, 'next'], ['shift is another key', key('KeyA', { shiftKey: true }), {}, null],
  ]
  it.each(rows)('%s', (_, e, where, want) => expect(command(e, { ...free, ...where })).toBe(want))
})
describe('the typed word', () => {
  it('accepts either Unicode form and any case', () => {
    expect(typedWord('phát', 'phát')).toBe(true)
    expect(typedWord(' PHÁT ', 'phát')).toBe(true)
    expect(typedWord('phát'.normalize('NFD'), 'phát')).toBe(true)
  })
  it('takes nothing else', () => {
    for (const w of ['', 'phat', 'phá', 'phát phát']) expect(typedWord(w, 'phát')).toBe(false)
  })
})
