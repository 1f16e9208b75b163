/** How many steps a point of the plane stays near the origin; a picture of it. */
import type { Job } from '../types.ts';

const TILE = 8;
export const STEPS = 255;

export interface View {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  /** Of a pixel. */
  readonly step: number;
}

/** `-2.5 .. 1` by `-1.25 .. 1.25` or so. */
export function wholeView(width: number): View {
  const step = 3.5 / width;
  const height = Math.round(2.5 / step);
  return { width, height, left: -2.5, top: -1.25, step };
}

export const mandelbrot = {
  name: 'mandelbrot',
  code: `
    struct Parameters { width: u32, height: u32, left: f32, top: f32, step: f32 }
    @group(0) @binding(0) var<storage, read_write> steps: array<u32>;
    @group(0) @binding(1) var<uniform> view: Parameters;
    @compute @workgroup_size(${String(TILE)}, ${String(TILE)}) fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x >= view.width || id.y >= view.height) { return; }
      let c = vec2f(view.left + f32(id.x) * view.step, view.top + f32(id.y) * view.step);
      var z = vec2f();
      var count = 0u;
      while (count < ${String(STEPS)}u && dot(z, z) <= 4f) {
        z = vec2f(z.x * z.x - z.y * z.y, 2f * z.x * z.y) + c;
        count++;
      }
      steps[id.y * view.width + id.x] = count;
    }`,
  bindings: [{ type: 'u32', access: 'write' }],
  parameters: { width: 'u32', height: 'u32', left: 'f32', top: 'f32', step: 'f32' },
  cpu: {
    workgroup: [TILE, TILE],
    main({ global: [x, y] }, [steps], { width = 0, height = 0, left = 0, top = 0, step = 0 }) {
      if (x < width && y < height && steps !== undefined)
        steps[y * width + x] = stepsAt(left + x * step, top + y * step, Math.fround);
    },
  },
} as const satisfies Job['kernel'];

export function mandelbrotJob(view: View): Job<typeof mandelbrot.parameters> {
  const { width, height } = view;
  return {
    kernel: mandelbrot,
    buffers: [width * height * 4],
    outputs: [0],
    grid: [Math.ceil(width / TILE), Math.ceil(height / TILE)],
    parameters: { ...view },
  };
}

/** At one point; `round` after each operation. */
export function stepsAt(x: number, y: number, round: (value: number) => number = (value) => value): number {
  const [cx, cy] = [round(x), round(y)];
  let [zx, zy, count] = [0, 0, 0];
  while (count < STEPS && round(round(zx * zx) + round(zy * zy)) <= 4) {
    const next = round(round(round(zx * zx) - round(zy * zy)) + cx);
    zy = round(round(2 * round(zx * zy)) + cy);
    zx = next;
    count++;
  }
  return count;
}

/** Grey for outside, black for inside: a byte a pixel. */
export function pixelsOf(steps: Uint32Array): Uint8Array {
  return Uint8Array.from(steps, (count) => (count >= STEPS ? 0 : Math.min(255, 40 + count * 8)));
}
