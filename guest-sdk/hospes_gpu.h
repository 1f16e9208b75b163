/*
 * Compute on the host's graphics processor from a program that runs under `hospes run --gpu`. Kernels are WGSL
 * (https://www.w3.org/TR/WGSL/). Link with hospes_gpu.c. Every function gives 0 (or a handle above 0), or -errno;
 * `hospes_gpu_message` says more about the last failure.
 *
 *   ENOENT     there is no /dev/hospes-gpu: the program does not run under --gpu
 *   ENODEV     the host has no graphics device that can be used
 *   EBADMSG    the kernel does not compile; the message names the line
 *   ETIMEDOUT  the kernel did not end in time; its device is gone, open one again
 *   EIO        the device was lost, or the host gives no other
 *   EINVAL, EBADF, ENOMEM, ENOSPC   as in system calls
 *
 * A `struct hospes_gpu` belongs to one thread at a time.
 */
#ifndef HOSPES_GPU_H
#define HOSPES_GPU_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HOSPES_GPU_DEVICE "/dev/hospes-gpu"
/* Most bytes in one message to upload or download; the functions below split what is larger. */
#define HOSPES_GPU_PART (1u << 20)

/*
 * What goes over the device: a request is written, then its reply is read. Words are little-endian. A request is
 * { u32 size; u32 operation; fields... }, a reply { u32 size; u32 errno; payload }, the payload of a failure its message.
 * Sizes count the whole message.
 */
enum hospes_gpu_operation {
  HOSPES_GPU_LIST = 1,    /* -> struct hospes_gpu_device[] */
  HOSPES_GPU_OPEN,        /* u32 index; drops all buffers and kernels */
  HOSPES_GPU_BUFFER,      /* u64 size -> u32 buffer */
  HOSPES_GPU_FREE_BUFFER, /* u32 buffer */
  HOSPES_GPU_UPLOAD,      /* u32 buffer, u64 offset, bytes */
  HOSPES_GPU_DOWNLOAD,    /* u32 buffer, u64 offset, u64 length -> bytes */
  HOSPES_GPU_KERNEL,      /* u32 buffers, u32 parameters, u32 access[buffers], WGSL -> u32 kernel */
  HOSPES_GPU_FREE_KERNEL, /* u32 kernel */
  HOSPES_GPU_LAUNCH,      /* u32 kernel, u32 grid[3], u32 milliseconds, u32 buffers, u32 parameters, u32 buffer[], u32 parameter[] */
};

struct hospes_gpu_device {
  uint32_t software; /* 1 where a driver computes on the processor */
  uint32_t workgroup_invocations;
  uint32_t workgroups; /* most in one dimension of a grid */
  uint32_t reserved;
  uint64_t largest_buffer; /* bytes */
  uint64_t memory;         /* bytes, 0 where unknown */
  char name[96];           /* ends with a zero */
};

enum hospes_gpu_access { HOSPES_GPU_READ = 0, HOSPES_GPU_WRITE = 1 };

struct hospes_gpu {
  int fd;
  char message[256];
};

/* A kernel's code with entry point `main`: storage buffers at @group(0) @binding(0) and so on, each declared with
   `read` or `read_write` as `access` says, then a uniform struct of `parameters` words where there are any. */
struct hospes_gpu_source {
  const char *code;
  const uint32_t *access;
  uint32_t buffers;
  uint32_t parameters;
};

struct hospes_gpu_launch {
  int kernel;
  uint32_t grid[3]; /* workgroups */
  uint32_t milliseconds; /* until it is given up; 0 for the most that the host allows */
  const int *buffers;
  uint32_t buffer_count;
  const uint32_t *parameters;
  uint32_t parameter_count;
};

/* Connects to the host. Close it even after a failure of something else. */
int hospes_gpu_connect(struct hospes_gpu *gpu);
void hospes_gpu_close(struct hospes_gpu *gpu);
/* The last failure in words, on one line. */
const char *hospes_gpu_message(const struct hospes_gpu *gpu);

/* How many devices there are; up to `most` are stored. */
int hospes_gpu_list(struct hospes_gpu *gpu, struct hospes_gpu_device *devices, uint32_t most);
/* Uses a device by its place in the list. */
int hospes_gpu_open(struct hospes_gpu *gpu, uint32_t index);

/* A buffer of zeros. Sizes, offsets and lengths are multiples of 4. */
int hospes_gpu_buffer(struct hospes_gpu *gpu, uint64_t size);
int hospes_gpu_free_buffer(struct hospes_gpu *gpu, int buffer);
int hospes_gpu_upload(struct hospes_gpu *gpu, int buffer, uint64_t offset, const void *data, size_t length);
int hospes_gpu_download(struct hospes_gpu *gpu, int buffer, uint64_t offset, void *data, size_t length);

int hospes_gpu_kernel(struct hospes_gpu *gpu, const struct hospes_gpu_source *source);
int hospes_gpu_free_kernel(struct hospes_gpu *gpu, int kernel);
/* Waits for its end. */
int hospes_gpu_launch(struct hospes_gpu *gpu, const struct hospes_gpu_launch *launch);

#ifdef __cplusplus
}
#endif
#endif
