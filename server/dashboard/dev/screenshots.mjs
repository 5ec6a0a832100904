// Development only: pictures of the console on the fake server, to lay beside the design's.
//   node dev/screenshots.mjs OUT_DIR [BASE_URL]
import { chromium } from 'playwright-core'

const out = process.argv[2] ?? '/tmp'
const base = process.argv[3] ?? 'http://127.0.0.1:8790'
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--autoplay-policy=no-user-gesture-required'] })
const said = []
// The browser's clock is set to the story's, else the strip rightly says that they differ.
const shift = (ms) => { const d = Date; const D = class extends d { constructor(...a) { if (a.length) super(...a); else super(d.now() + ms) } static now() { return d.now() + ms } }; globalThis.Date = D }
async function open(width, height, theme, user = 'officer') {
  const context = await browser.newContext({ viewport: { width, height }, locale: 'vi-VN' })
  const page = await context.newPage()
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && said.push(`${m.type()}: ${m.text()}`))
  page.on('pageerror', (e) => said.push(`page: ${e.message}`))
  const probe = await context.request.post(`${base}/api/v1/session`, { data: { user, password: 'x' } })
  const server = Date.parse((await probe.json()).me.server_time)
  await page.addInitScript(shift, server - Date.now())
  await page.addInitScript((t) => localStorage.setItem('ioc.theme', t), theme)
  await page.goto(base)
  await page.waitForSelector('[data-testid=alert-row]', { state: 'attached' })
  return page
}
async function settled(page) { await page.mouse.click(700, 24); await page.waitForSelector('.hydro canvas'); await page.waitForSelector('.mw canvas'); await page.waitForTimeout(2500) }
const shot = async (page, name) => { await page.screenshot({ path: `${out}/${name}.png` }); console.log(name) }
const want = new Set(process.argv.slice(4))
const run = (n) => want.size === 0 || want.has(n)

if (run('night')) { const p = await open(1366, 768, 'night'); await settled(p); await shot(p, 'duty-night'); await p.close() }
if (run('day')) { const p = await open(1366, 768, 'day'); await settled(p); await shot(p, 'duty-day'); await p.close() }
if (run('wide')) { const p = await open(1920, 1080, 'night'); await settled(p); await shot(p, 'duty-1920'); await p.close() }
if (run('phone')) { const p = await open(390, 844, 'night', 'leader'); await p.waitForSelector('.hydro canvas'); await p.waitForTimeout(2000); await shot(p, 'phone'); await p.close() }
if (run('devices')) {
  const p = await open(1366, 768, 'night')
  await p.click('nav a[href="#/thiet-bi"]'); await p.waitForSelector('[data-testid=device-row]'); await shot(p, 'devices')
  await p.fill('[data-testid=device-search]', 'wl-01'); await p.click('[data-testid=device-row][data-device=WL-01]'); await p.waitForSelector('[data-testid=device-chart] canvas'); await p.waitForTimeout(600); await shot(p, 'device-1h')
  await p.click('[data-testid=range-7d]'); await p.waitForTimeout(1200); await shot(p, 'device-7d'); await p.close()
}
if (run('approve')) {
  const p = await open(1366, 768, 'night', 'leader'); await settled(p)
  await p.keyboard.press('a'); await p.waitForSelector('[data-testid=alert-head][data-state=active_acked]')
  await p.keyboard.press('y'); await p.waitForSelector('[data-testid=approve-confirm]'); await p.waitForTimeout(300)
  console.log('focus', await p.evaluate(() => document.activeElement?.getAttribute('data-testid'))); await shot(p, 'approve')
  await p.fill('[data-testid=approve-confirm-text]', 'phát'); await p.click('[data-testid=approve-confirm]')
  await p.waitForSelector('[data-testid=action-target][data-target=LS-03][data-state=failed]'); await p.waitForTimeout(500); await shot(p, 'approved'); await p.close()
}
if (want.has('lost')) { const p = await open(1366, 768, 'night'); await settled(p); await p.request.get(`${base}/api/v1/dev/die`).catch(() => undefined); await p.waitForSelector('[data-testid=lost-banner]'); await p.waitForTimeout(1500); await shot(p, 'lost'); await p.close() }
await browser.close()
if (said.length) console.log([...new Set(said)].join('\n'))
