// The map's style, made from the tokens: grey land, grey water, colour only for alerts. No tiles and no
// glyph server; labels are rendered from the page's own font. MapLibre reads the weight from the first name
// of a font stack and hands the stack to the browser, which finds the second.
import type { StyleSpecification } from 'maplibre-gl'
import { SEVERITIES } from '../wire/types'
import type { Paint } from './canvas'

const empty = { type: 'geojson' as const, data: { type: 'FeatureCollection' as const, features: [] } }
const bySeverity = (p: Paint): unknown => ['match', ['get', 'severity'], ...SEVERITIES.flatMap((s) => [s, p(`line-${s}`)]), p('ink3')]

export function mapStyle(p: Paint, theme: string): StyleSpecification {
  const layers: unknown[] = [
    { id: 'out', type: 'background', paint: { 'background-color': p('map-out') } },
    { id: 'neighbours', type: 'line', source: 'land', filter: ['!', ['get', 'mine']], paint: { 'line-color': p('map-edge'), 'line-width': 0.8, 'line-opacity': 0.55 } },
    { id: 'land', type: 'fill', source: 'land', filter: ['get', 'mine'], paint: { 'fill-color': p('map-land') } },
    { id: 'river', type: 'line', source: 'river', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': p('river'), 'line-width': ['case', ['==', ['get', 'main'], true], 3, 1.3] } },
    { id: 'edge', type: 'line', source: 'land', filter: ['get', 'mine'], layout: { 'line-join': 'round' }, paint: { 'line-color': p('map-edge'), 'line-width': 1.8 } },
    { id: 'area', type: 'fill', source: 'areas', paint: { 'fill-pattern': ['concat', `hatch-${theme}-`, ['get', 'severity']] } },
    { id: 'area-edge', type: 'line', source: 'areas', layout: { 'line-join': 'round' }, paint: { 'line-color': bySeverity(p), 'line-width': 2 } },
    { id: 'range', type: 'fill', source: 'ranges', paint: { 'fill-color': p('ink'), 'fill-opacity': ['case', ['get', 'failed'], 0.02, 0.07] } },
    { id: 'range-edge', type: 'line', source: 'ranges', filter: ['!', ['get', 'failed']], paint: { 'line-color': p('ink3'), 'line-width': 1.1 } },
    { id: 'range-edge-failed', type: 'line', source: 'ranges', filter: ['get', 'failed'], paint: { 'line-color': p('ink3'), 'line-width': 1.1, 'line-dasharray': [4, 4] } },
    {
      id: 'devices', type: 'symbol', source: 'devices',
      layout: { 'icon-image': ['get', 'icon'], 'icon-allow-overlap': true, 'symbol-sort-key': ['get', 'rank'] },
    },
    ...[false, true].map((strong) => ({
      id: strong ? 'labels-strong' : 'labels', type: 'symbol', source: 'devices', filter: ['==', ['get', 'strong'], strong],
      layout: {
        'text-field': ['get', 'label'], 'text-font': strong ? ['IOC Sans Bold', 'IOC Sans'] : ['IOC Sans'], 'text-size': 12, 'text-line-height': 1.3, 'text-padding': 1,
        'text-variable-anchor': ['right', 'left', 'top', 'bottom'], 'text-radial-offset': 1.25, 'text-justify': 'auto', 'text-allow-overlap': strong, 'symbol-sort-key': ['-', 0, ['get', 'rank']],
      },
      paint: { 'text-color': p('ink'), 'text-halo-color': p('map-land'), 'text-halo-width': 1.8 },
    })),
  ]
  return { version: 8, sources: { land: empty, river: empty, areas: empty, ranges: empty, devices: empty }, layers } as unknown as StyleSpecification
}
