import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { typeIsNamed, typeName } from '../src/words'

const models = join(dirname(fileURLToPath(import.meta.url)), '../../../config/models')

describe('words', () => {
  it('name every device type of config/models in Vietnamese', () => {
    const types = new Set(readdirSync(models).filter((f) => f.endsWith('.yaml')).map((f) => /^type: *(\S+)/m.exec(readFileSync(join(models, f), 'utf8'))?.[1] ?? ''))
    expect(types.size).toBeGreaterThan(20)
    expect([...types].filter((t) => !typeIsNamed(t))).toEqual([])
  })
  it('show an unknown type as it is written', () => expect(typeName('vi', 'fog_horn')).toBe('fog horn'))
})
