// Commune boundaries: TopoJSON of the parent province, served as a file. Kept once per province.
import { feature } from 'topojson-client'
import type { Topology, GeometryCollection } from 'topojson-specification'

const kept = new Map<string, Promise<GeoJSON.FeatureCollection>>()

export function communes(province: string): Promise<GeoJSON.FeatureCollection> {
  let p = kept.get(province)
  if (!p) {
    p = load(province)
    p.catch(() => kept.delete(province))
    kept.set(province, p)
  }
  return p
}

async function load(province: string): Promise<GeoJSON.FeatureCollection> {
  const answer = await fetch(`/geo/communes/${encodeURIComponent(province)}.topojson`, { credentials: 'same-origin' })
  if (!answer.ok) throw new Error(`geo ${answer.status}`)
  return toFeatures((await answer.json()) as Topology)
}

export function toFeatures(topology: Topology): GeoJSON.FeatureCollection {
  const name = Object.keys(topology.objects)[0]
  if (name === undefined) return { type: 'FeatureCollection', features: [] }
  const made = feature(topology, topology.objects[name] as GeometryCollection)
  return { type: 'FeatureCollection', features: 'features' in made ? (made.features as GeoJSON.Feature[]) : [made as GeoJSON.Feature] }
}

export type Box = [west: number, south: number, east: number, north: number]
export function box(f: GeoJSON.FeatureCollection | GeoJSON.Feature): Box | null {
  let b: Box | null = null
  const eat = (c: unknown): void => {
    if (!Array.isArray(c)) return
    if (typeof c[0] === 'number' && typeof c[1] === 'number') {
      const [x, y] = c as [number, number]
      b = b === null ? [x, y, x, y] : [Math.min(b[0], x), Math.min(b[1], y), Math.max(b[2], x), Math.max(b[3], y)]
    } else for (const e of c) eat(e)
  }
  const features = f.type === 'FeatureCollection' ? f.features : [f]
  for (const one of features) if (one.geometry && 'coordinates' in one.geometry) eat(one.geometry.coordinates)
  return b
}

/** A disc of `metres` around a point, as a polygon: map circles are in pixels, ranges are not. */
export function disc(lon: number, lat: number, metres: number, corners = 48): [number, number][] {
  const dy = metres / 111_320
  const dx = dy / Math.cos((lat * Math.PI) / 180)
  return Array.from({ length: corners + 1 }, (_, i) => {
    const a = (i / corners) * 2 * Math.PI
    return [lon + dx * Math.cos(a), lat + dy * Math.sin(a)]
  })
}

/** The convex hull of discs around points: the area of a zone whose border nobody has drawn yet. */
export function hull(points: { lon: number; lat: number }[], metres: number): [number, number][] | null {
  const all = points.flatMap((p) => disc(p.lon, p.lat, metres, 24)).sort((a, b) => a[0] - b[0] || a[1] - b[1])
  if (all.length === 0) return null
  const cross = (o: [number, number], a: [number, number], b: [number, number]): number => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])
  const half = (list: [number, number][]): [number, number][] => {
    const h: [number, number][] = []
    for (const p of list) {
      while (h.length >= 2 && cross(h[h.length - 2]!, h[h.length - 1]!, p) <= 0) h.pop()
      h.push(p)
    }
    h.pop()
    return h
  }
  const ring = [...half(all), ...half([...all].reverse())]
  return [...ring, ring[0]!]
}
