// Addresses after the hash: #/truc-ban, #/thiet-bi, #/thiet-bi/{unit}/{device}.
import type { Route } from './model'

export function parseRoute(hash: string): Route {
  const parts = hash.replace(/^#\/?/, '').split('/').map((p) => {
    try {
      return decodeURIComponent(p)
    } catch {
      return p
    }
  })
  if (parts[0] !== 'thiet-bi') return { page: 'duty' }
  return parts[1] && parts[2] ? { page: 'device', unit: parts[1], device: parts[2] } : { page: 'devices' }
}
export const deviceHref = (unit: string, device: string): string => `#/thiet-bi/${encodeURIComponent(unit)}/${encodeURIComponent(device)}`
