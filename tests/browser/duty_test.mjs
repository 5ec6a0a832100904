#!/usr/bin/env node
// limit_s: 400
// The officer's way in a real browser, against the real server: log-in, an alert appears without a reload, the card is read, the broadcast
// approved, each loudspeaker's result shown, the silent one as a task. Then: no dead connection looks alive.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const { chromium } = createRequire(path.join(root, 'server/dashboard/package.json'))('playwright-core');

let passed = 0, failed = 0;
const check = (name, ok, detail = '') => {
  if (ok) { passed++; console.log(`ok    ${name}`); } else { failed++; console.log(`FAIL  ${name}${detail ? ': ' + detail : ''}`); }
  return ok;
};
const visible = async (what, ms) => { try { await what.first().waitFor({ state: 'visible', timeout: ms }); return true; } catch { return false; } };
const id = (name) => `[data-testid=${name}]`;

const stack = spawn('python3', [path.join(root, 'tests/support/stack.py'), '--sim', '--story', 's1-flash-flood-night.yaml:60'], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: stack.stdout });
const answers = lines[Symbol.asyncIterator]();
const next = async () => JSON.parse((await answers.next()).value);
const tell = async (command) => { stack.stdin.write(command + '\n'); return next(); };
let browser;
try {
  const up = await next();
  browser = await chromium.launch({
    executablePath: process.env.IOC_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  });
  const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
  const outside = [], crashes = [];
  let loads = 0;
  page.on('request', (r) => { if (!r.url().startsWith(up.http) && !/^(data|blob):/.test(r.url())) outside.push(r.url()); });
  page.on('framenavigated', (f) => { if (f === page.mainFrame() && !f.url().includes('#')) loads++; });
  page.on('pageerror', (e) => crashes.push(e.message));

  await page.goto(up.http + '/');
  check('the log-in stands there', await visible(page.locator(id('login-user')), 15000));
  await page.fill(id('login-user'), up.users.officer.user);
  await page.fill(id('login-password'), 'not the password');
  await page.click(id('login-submit'));
  await page.waitForTimeout(1500);
  check('a wrong password does not let in', await page.locator(id('login-user')).isVisible());
  await page.fill(id('login-password'), up.users.officer.password);
  await page.click(id('login-submit'));
  check('the officer is in', await visible(page.locator('text=Trực ban'), 15000));
  const loadsBefore = loads;

  const flood = page.locator(`${id('alert-row')}[data-rule=nguy-co-lu-quet]`);
  check('an alert appears without a reload', await visible(flood, 150000));
  check('it says that it is an emergency, unacknowledged', (await flood.first().getAttribute('data-severity')) === 'emergency' && (await flood.first().getAttribute('data-state')) === 'active_unacked');
  await flood.first().click();
  check('its head is shown', await visible(page.locator(id('alert-head')), 5000) && (await page.locator(id('alert-head')).innerText()).includes('Nguy cơ lũ quét'));
  await page.locator(id('ack-button')).first().click();
  check('it is acknowledged by the server', await visible(page.locator(`${id('alert-row')}[data-rule=nguy-co-lu-quet][data-state=active_acked]`), 10000));

  check('the card is there', await visible(page.locator(id('advice-card')), 10000));
  const card = await page.locator(id('advice-card')).first().innerText();
  check('the card says what to do', card.includes('Phát loa khẩn cấp vùng trũng') || card.toLowerCase().includes('phát loa khẩn cấp'), card.slice(0, 300));
  if (process.env.IOC_SCREENSHOT) await page.screenshot({ path: process.env.IOC_SCREENSHOT });
  await page.locator(id('approve-open')).first().click();
  check('the dialog asks before anything sounds', await visible(page.locator(id('approve-confirm')), 5000));
  await page.fill(id('approve-confirm-text'), 'phát');
  await page.locator(id('approve-confirm')).first().click();

  const target = (name, state) => page.locator(`${id('action-target')}[data-target="${name}"][data-state=${state}]`);
  check('LS-01 has spoken', await visible(target('LS-01', 'succeeded'), 15000));
  check('LS-02 has spoken', await visible(target('LS-02', 'succeeded'), 15000));
  check('LS-03 is shown as failed', await visible(target('LS-03', 'failed'), 15000));
  check('with the reason', (await target('LS-03', 'failed').first().getAttribute('data-reason')) === 'no_reply');
  check('and stands as a task', await visible(page.locator(id('task-row')).filter({ hasText: 'LS-03' }), 15000));

  check('nothing was loaded from elsewhere', outside.length === 0, outside.slice(0, 3).join(' '));
  check('the page was not loaded again', loads === loadsBefore, `${loadsBefore} then ${loads}`);

  await page.locator('a, button').filter({ hasText: 'Thiết bị' }).first().click();
  check('the devices are listed', await visible(page.locator(id('device-row')), 10000));
  await page.locator(id('device-row')).filter({ hasText: 'WL-01' }).first().click();
  check('a device shows its chart', await visible(page.locator(id('device-chart')), 10000));
  await page.locator('a, button').filter({ hasText: 'Trực ban' }).first().click();

  await tell('stop iocd');
  check('a lost server is louder than any alarm', await visible(page.locator(id('lost-banner')), 25000));
  await tell('start iocd');
  await page.locator(id('lost-banner')).first().waitFor({ state: 'hidden', timeout: 40000 }).catch(() => {});
  check('and the alerts are back afterwards', await visible(page.locator(id('alert-row')), 15000));
  check('the page threw nothing', crashes.length === 0, crashes.slice(0, 2).join(' | '));
} catch (e) {
  check('the test ran to its end', false, String(e).slice(0, 600));
} finally {
  await browser?.close();
  stack.stdin.end();
  await new Promise((r) => { stack.on('exit', r); if (stack.exitCode !== null) r(); });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
