/** `hospes/gpu` in headless Chromium, through playwright-core (here or where HOSPES_PLAYWRIGHT says). */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = process.env['HOSPES_CHROMIUM'];
const executable = folder === undefined ? '/usr/bin/chromium' : join(folder, 'chromium');
const flags = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update', '--enable-unsafe-webgpu'],
];

/** As far as playwright-core is used here. */
interface Playwright {
  readonly chromium: {
    launch(options: { executablePath: string; args: readonly string[] }): Promise<{
      newPage(): Promise<Page>;
      close(): Promise<void>;
    }>;
  };
}
interface Page {
  route(url: string, handle: (route: { fulfill(answer: object): Promise<void> }) => Promise<void>): Promise<void>;
  goto(url: string): Promise<unknown>;
  evaluate<T>(code: string): Promise<T>;
}

function findPlaywright(): Playwright | string {
  if (!existsSync(executable)) return `there is no ${executable}`;
  try {
    const require = createRequire(import.meta.url);
    return require(process.env['HOSPES_PLAYWRIGHT'] ?? 'playwright-core') as Playwright;
  } catch {
    return 'the package playwright-core is not installed';
  }
}

const playwright = findPlaywright();
const reason = typeof playwright === 'string' ? playwright : null;

/** The browser's entry and the demonstrations as one script that sets `hospes`. */
async function bundle(): Promise<string> {
  const entry = `export * from ${JSON.stringify(`${root}src/gpu/browser.ts`)};
    export * from ${JSON.stringify(`${root}src/gpu/demo/vector-add.ts`)};
    export * from ${JSON.stringify(`${root}src/gpu/demo/reduction.ts`)};`;
  const built = await rolldown({
    input: 'entry',
    platform: 'browser',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? id : null),
        load: (id) => (id === 'entry' ? entry : null),
      },
    ],
  });
  const { output } = await built.generate({ format: 'iife', name: 'hospes' });
  return output[0].code;
}

describe.skipIf(reason !== null)(`hospes/gpu in Chromium${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let browser: Awaited<ReturnType<Playwright['chromium']['launch']>>;
  let page: Page;

  beforeAll(async () => {
    const { chromium } = playwright as Playwright;
    browser = await chromium.launch({ executablePath: executable, args: flags });
    page = await browser.newPage();
    const body = `<!doctype html><script>${(await bundle()).replaceAll('</script', '<\\/script')}</script>`;
    // WebGPU needs a secure context.
    await page.route('https://hospes.test/**', (route) => route.fulfill({ contentType: 'text/html', body }));
    await page.goto('https://hospes.test/');
  }, 60_000);
  afterAll(() => browser.close());

  it('lists devices', async () => {
    const devices = await page.evaluate<{ type: string; name: string }[]>('hospes.openGpu().devices()');
    expect(devices.length).toBeGreaterThan(0);
    expect(devices[0]).toMatchObject({ name: expect.stringMatching(/\S/), limits: expect.anything() });
  });

  it('adds vectors and sums numbers', async () => {
    const sums = await page.evaluate<number[]>(`(async () => {
      const gpu = hospes.openGpu();
      const numbers = Float32Array.from({ length: 1000 }, (_, index) => index);
      const [bytes] = await gpu.compute(hospes.vectorAddJob(numbers, numbers));
      let left = Uint32Array.from({ length: 5000 }, (_, index) => index);
      while (left.length > 1) left = new Uint32Array((await gpu.compute(hospes.reductionJob(left)))[0].buffer);
      return [...new Float32Array(bytes.buffer).slice(0, 4), new Float32Array(bytes.buffer)[999], left[0]];
    })()`);
    expect(sums).toEqual([0, 2, 4, 6, 1998, (4999 * 5000) / 2]);
  });

  it('says where a kernel does not compile', async () => {
    const answer = await page.evaluate<object>(`hospes.openGpu().device()
      .then((device) => device.compile({ name: 'odd', code: 'fn main( {', bindings: [] }))
      .catch(({ name, code, context }) => ({ name, code, line: context.line }))`);
    expect(answer).toMatchObject({ code: 'gpu-compile', line: 1 });
  });

  it('replaces a lost device', async () => {
    const answer = await page.evaluate<unknown[]>(`(async () => {
      const gpu = hospes.openGpu();
      const device = await gpu.device();
      device.raw.destroy();
      const failed = await device.buffer(16).then(() => device.buffer(16)).catch(({ code }) => code);
      return [failed, gpu.stats.devicesLost, (await (await gpu.device()).buffer(16)).size];
    })()`);
    expect(answer).toEqual(['gpu-device-lost', 1, 16]);
  });

  it('needs to be asked before the processor takes the place of a device', async () => {
    const answer = await page.evaluate<unknown>(`(async () => {
      Object.defineProperty(navigator, 'gpu', { value: undefined });
      const gpu = hospes.openGpu({ fallback: 'cpu' });
      await gpu.compute(hospes.vectorAddJob(new Float32Array([1]), new Float32Array([2])));
      return [await hospes.openGpu().device().catch(({ code }) => code), gpu.stats.fallbacks];
    })()`);
    expect(answer).toEqual(['gpu-unavailable', 1]);
  });
});
