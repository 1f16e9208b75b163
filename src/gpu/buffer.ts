import type { WebGpuDevice } from './device.ts';
import { checkRange, copyOf } from './launch.ts';
import type { GpuBuffer } from './types.ts';
import { MAP_MODE_READ, USAGE, type Buffer } from './webgpu-api.ts';

/** A storage buffer of a WebGPU device. */
export class WebGpuBuffer implements GpuBuffer {
  readonly device: WebGpuDevice;
  readonly raw: Buffer;
  readonly size: number;
  #destroyed = false;

  constructor(device: WebGpuDevice, raw: Buffer, size: number) {
    this.device = device;
    this.raw = raw;
    this.size = size;
  }

  write(data: ArrayBufferView, offset = 0): void {
    this.check();
    this.device.check();
    checkRange(offset, data.byteLength, this.size);
    this.device.raw.queue.writeBuffer(this.raw, offset, copyOf(data));
    this.device.stats.bytesUp += data.byteLength;
  }

  async read(offset = 0, length = this.size - offset): Promise<Uint8Array<ArrayBuffer>> {
    this.check();
    this.device.check();
    checkRange(offset, length, this.size);
    if (length === 0) return new Uint8Array(0);
    const { raw: device } = this.device;
    const [staging, problem] = this.device.scoped(() => {
      const buffer = device.createBuffer({ size: length, usage: USAGE.MAP_READ | USAGE.COPY_DST });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(this.raw, offset, buffer, 0, length);
      device.queue.submit([encoder.finish()]);
      return buffer;
    });
    try {
      const mapped = problem.then(() => staging.mapAsync(MAP_MODE_READ));
      await this.device.watch(mapped, `reading ${String(length)} bytes`);
      const bytes = new Uint8Array(staging.getMappedRange()).slice();
      staging.unmap();
      this.device.stats.bytesDown += length;
      return bytes;
    } finally {
      if (this.device.lost === null) staging.destroy();
    }
  }

  check(): void {
    if (this.#destroyed) throw new TypeError('a destroyed buffer was used');
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    if (this.device.lost === null) this.raw.destroy();
  }
}
