/* See hospes_gpu.h. A program without a C library defines HOSPES_GPU_FREESTANDING and the four calls itself. */
#include "hospes_gpu.h"

#ifdef HOSPES_GPU_FREESTANDING
/* As the system calls: -errno in case of failure. */
static long gpu_open(const char *path);
static long gpu_read(int fd, void *data, size_t length);
static long gpu_write(int fd, const void *data, size_t length);
static void gpu_close(int fd);
#else
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static long gpu_open(const char *path) {
  int fd = open(path, O_RDWR | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}
static long gpu_read(int fd, void *data, size_t length) {
  ssize_t count = read(fd, data, length);
  return count < 0 ? -errno : count;
}
static long gpu_write(int fd, const void *data, size_t length) {
  ssize_t count = write(fd, data, length);
  return count < 0 ? -errno : count;
}
static void gpu_close(int fd) { close(fd); }
#endif

enum { GPU_EINTR = 4, GPU_EIO = 5, GPU_EINVAL = 22, GPU_EMSGSIZE = 90 };

static int fail_with(struct hospes_gpu *gpu, long error, const char *text) {
  size_t at = 0;
  for (; text[at] != 0 && at + 1 < sizeof gpu->message; at++) gpu->message[at] = text[at];
  gpu->message[at] = 0;
  return (int)error;
}

static int send_all(struct hospes_gpu *gpu, const void *data, size_t length) {
  for (size_t done = 0; done < length;) {
    long count = gpu_write(gpu->fd, (const char *)data + done, length - done);
    if (count == -GPU_EINTR) continue;
    if (count < 0) return fail_with(gpu, count, "writing to the device failed");
    done += (size_t)count;
  }
  return 0;
}

static int receive_all(struct hospes_gpu *gpu, void *data, size_t length) {
  for (size_t done = 0; done < length;) {
    long count = gpu_read(gpu->fd, (char *)data + done, length - done);
    if (count == -GPU_EINTR) continue;
    if (count <= 0) return fail_with(gpu, count < 0 ? count : -GPU_EIO, "reading from the device failed");
    done += (size_t)count;
  }
  return 0;
}

/* Takes what is left of a reply. */
static int skip(struct hospes_gpu *gpu, size_t length) {
  char waste[64];
  while (length > 0) {
    size_t part = length < sizeof waste ? length : sizeof waste;
    int error = receive_all(gpu, waste, part);
    if (error < 0) return error;
    length -= part;
  }
  return 0;
}

/* Reads a reply; the payload's length, of which up to `most` bytes are stored. */
static long receive(struct hospes_gpu *gpu, void *payload, size_t most) {
  uint32_t header[2];
  int error = receive_all(gpu, header, sizeof header);
  if (error < 0) return error;
  if (header[0] < sizeof header) return fail_with(gpu, -GPU_EIO, "the reply makes no sense");
  size_t length = header[0] - sizeof header;
  if (header[1] != 0) {
    size_t kept = length < sizeof gpu->message - 1 ? length : sizeof gpu->message - 1;
    error = receive_all(gpu, gpu->message, kept);
    gpu->message[error < 0 ? 0 : kept] = 0;
    if (error == 0) error = skip(gpu, length - kept);
    return error < 0 ? error : -(long)header[1];
  }
  size_t kept = length < most ? length : most;
  error = receive_all(gpu, payload, kept);
  if (error == 0) error = skip(gpu, length - kept);
  return error < 0 ? error : (long)length;
}

/* A request of words and then `data`; what `receive` gives. */
static long ask(struct hospes_gpu *gpu, uint32_t operation, const uint32_t *words, uint32_t count, const void *data,
                size_t length, void *payload, size_t most) {
  if (length > HOSPES_GPU_PART) return fail_with(gpu, -GPU_EMSGSIZE, "the request is too long");
  uint32_t header[2] = {(uint32_t)(sizeof header + 4 * count + length), operation};
  int error = send_all(gpu, header, sizeof header);
  if (error == 0) error = send_all(gpu, words, 4 * (size_t)count);
  if (error == 0) error = send_all(gpu, data, length);
  return error < 0 ? error : receive(gpu, payload, most);
}

/* A request whose answer is nothing. */
static int order(struct hospes_gpu *gpu, uint32_t operation, const uint32_t *words, uint32_t count) {
  long answer = ask(gpu, operation, words, count, 0, 0, 0, 0);
  return answer < 0 ? (int)answer : 0;
}

/* A request whose answer is a handle. */
static int handle_of(struct hospes_gpu *gpu, uint32_t operation, const uint32_t *words, uint32_t count, const void *data,
                     size_t length) {
  uint32_t handle = 0;
  long answer = ask(gpu, operation, words, count, data, length, &handle, sizeof handle);
  if (answer < 0) return (int)answer;
  return answer == sizeof handle ? (int)handle : fail_with(gpu, -GPU_EIO, "the reply makes no sense");
}

int hospes_gpu_connect(struct hospes_gpu *gpu) {
  gpu->message[0] = 0;
  long fd = gpu_open(HOSPES_GPU_DEVICE);
  gpu->fd = fd < 0 ? -1 : (int)fd;
  return fd < 0 ? fail_with(gpu, fd, HOSPES_GPU_DEVICE " cannot be opened; run with --gpu") : 0;
}

void hospes_gpu_close(struct hospes_gpu *gpu) {
  if (gpu->fd >= 0) gpu_close(gpu->fd);
  gpu->fd = -1;
}

const char *hospes_gpu_message(const struct hospes_gpu *gpu) { return gpu->message; }

int hospes_gpu_list(struct hospes_gpu *gpu, struct hospes_gpu_device *devices, uint32_t most) {
  long length = ask(gpu, HOSPES_GPU_LIST, 0, 0, 0, 0, devices, most * sizeof *devices);
  return length < 0 ? (int)length : (int)(length / (long)sizeof *devices);
}

int hospes_gpu_open(struct hospes_gpu *gpu, uint32_t index) { return order(gpu, HOSPES_GPU_OPEN, &index, 1); }

int hospes_gpu_buffer(struct hospes_gpu *gpu, uint64_t size) {
  uint32_t words[] = {(uint32_t)size, (uint32_t)(size >> 32)};
  return handle_of(gpu, HOSPES_GPU_BUFFER, words, 2, 0, 0);
}

int hospes_gpu_free_buffer(struct hospes_gpu *gpu, int buffer) {
  uint32_t word = (uint32_t)buffer;
  return order(gpu, HOSPES_GPU_FREE_BUFFER, &word, 1);
}

int hospes_gpu_upload(struct hospes_gpu *gpu, int buffer, uint64_t offset, const void *data, size_t length) {
  for (size_t done = 0; done < length;) {
    size_t part = length - done < HOSPES_GPU_PART ? length - done : HOSPES_GPU_PART;
    uint64_t at = offset + done;
    uint32_t words[] = {(uint32_t)buffer, (uint32_t)at, (uint32_t)(at >> 32)};
    long answer = ask(gpu, HOSPES_GPU_UPLOAD, words, 3, (const char *)data + done, part, 0, 0);
    if (answer < 0) return (int)answer;
    done += part;
  }
  return 0;
}

int hospes_gpu_download(struct hospes_gpu *gpu, int buffer, uint64_t offset, void *data, size_t length) {
  for (size_t done = 0; done < length;) {
    size_t part = length - done < HOSPES_GPU_PART ? length - done : HOSPES_GPU_PART;
    uint64_t at = offset + done;
    uint32_t words[] = {(uint32_t)buffer, (uint32_t)at, (uint32_t)(at >> 32), (uint32_t)part, 0};
    long answer = ask(gpu, HOSPES_GPU_DOWNLOAD, words, 5, 0, 0, (char *)data + done, part);
    if (answer < 0) return (int)answer;
    if ((size_t)answer != part) return fail_with(gpu, -GPU_EIO, "the reply makes no sense");
    done += part;
  }
  return 0;
}

int hospes_gpu_kernel(struct hospes_gpu *gpu, const struct hospes_gpu_source *source) {
  uint32_t words[2 + 8] = {source->buffers, source->parameters};
  if (source->buffers > 8) return fail_with(gpu, -GPU_EINVAL, "a kernel has at most 8 buffers");
  for (uint32_t index = 0; index < source->buffers; index++) words[2 + index] = source->access[index];
  size_t length = 0;
  while (source->code[length] != 0) length++;
  return handle_of(gpu, HOSPES_GPU_KERNEL, words, 2 + source->buffers, source->code, length);
}

int hospes_gpu_free_kernel(struct hospes_gpu *gpu, int kernel) {
  uint32_t word = (uint32_t)kernel;
  return order(gpu, HOSPES_GPU_FREE_KERNEL, &word, 1);
}

int hospes_gpu_launch(struct hospes_gpu *gpu, const struct hospes_gpu_launch *launch) {
  uint32_t words[7 + 8] = {(uint32_t)launch->kernel, launch->grid[0],      launch->grid[1],        launch->grid[2],
                           launch->milliseconds,     launch->buffer_count, launch->parameter_count};
  if (launch->buffer_count > 8) return fail_with(gpu, -GPU_EINVAL, "a kernel has at most 8 buffers");
  for (uint32_t index = 0; index < launch->buffer_count; index++) words[7 + index] = (uint32_t)launch->buffers[index];
  long answer = ask(gpu, HOSPES_GPU_LAUNCH, words, 7 + launch->buffer_count, launch->parameters,
                    4 * (size_t)launch->parameter_count, 0, 0);
  return answer < 0 ? (int)answer : 0;
}
