/**
 * WebGPU (https://www.w3.org/TR/webgpu/) as far as it is used here. Node's package and the browser's `navigator.gpu` both
 * fit; so this zone needs neither the DOM's types nor the package's.
 */

export interface WebGpu {
  requestAdapter(options?: {
    readonly powerPreference?: 'low-power' | 'high-performance';
    readonly forceFallbackAdapter?: boolean;
  }): Promise<Adapter | null>;
}

/** Where WebGPU comes from. */
export interface GpuSource {
  /** Kept as long as its devices: in Node, devices die with the object that `create()` gave. */
  readonly gpu: WebGpu;
}

export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
  /** Chromium's, where it is switched on. */
  readonly memoryHeaps?: readonly { readonly size: number }[];
}

export type Limits = Readonly<Record<LimitName, number>>;

export const LIMIT_NAMES = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxUniformBufferBindingSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupStorageSize',
] as const;

export type LimitName = (typeof LIMIT_NAMES)[number];

export interface Adapter {
  readonly info: AdapterInfo;
  readonly limits: Limits;
  readonly features: Iterable<string>;
  requestDevice(descriptor?: { readonly requiredLimits?: Readonly<Record<string, number>> }): Promise<Device>;
}

export interface Device {
  readonly limits: Limits;
  readonly queue: Queue;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  destroy(): void;
  pushErrorScope(filter: 'validation' | 'out-of-memory' | 'internal'): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
  createBuffer(descriptor: { readonly size: number; readonly usage: number; readonly label?: string }): Buffer;
  createShaderModule(descriptor: { readonly code: string; readonly label?: string }): ShaderModule;
  createBindGroupLayout(descriptor: { readonly entries: readonly object[] }): object;
  createPipelineLayout(descriptor: { readonly bindGroupLayouts: readonly object[] }): object;
  createComputePipelineAsync(descriptor: {
    readonly layout: object;
    readonly compute: {
      readonly module: ShaderModule;
      readonly entryPoint: string;
      readonly constants?: Readonly<Record<string, number>>;
    };
  }): Promise<object>;
  createBindGroup(descriptor: { readonly layout: object; readonly entries: readonly object[] }): object;
  createCommandEncoder(): CommandEncoder;
}

export interface Queue {
  writeBuffer(buffer: Buffer, offset: number, data: Uint8Array<ArrayBuffer>): void;
  submit(commands: readonly object[]): void;
  onSubmittedWorkDone(): Promise<unknown>;
}

export interface Buffer {
  mapAsync(mode: number): Promise<unknown>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

export interface ShaderModule {
  getCompilationInfo(): Promise<{
    readonly messages: readonly {
      readonly type: string;
      readonly lineNum: number;
      readonly linePos: number;
      readonly message: string;
    }[];
  }>;
}

export interface CommandEncoder {
  beginComputePass(): {
    setPipeline(pipeline: object): void;
    setBindGroup(index: number, group: object): void;
    dispatchWorkgroups(x: number, y: number, z: number): void;
    end(): void;
  };
  copyBufferToBuffer(from: Buffer, offset: number, to: Buffer, toOffset: number, size: number): void;
  finish(): object;
}

/** Flags of `GPUBufferUsage`, which Node has no global for. */
export const USAGE = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 0x40, STORAGE: 0x80 } as const;
export const MAP_MODE_READ = 1;
export const STAGE_COMPUTE = 4;
