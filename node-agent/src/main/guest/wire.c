/* Bytes and frames: SLIP around type, payload and CRC-32, so that a cut stream mends by itself. */
#include "guest.h"

#include <stdlib.h>
#include <string.h>

enum { END = 0xC0, ESC = 0xDB, ESC_END = 0xDC, ESC_ESC = 0xDD };

static void *must(void *p) {
  if (p == NULL) {
    say("out of memory");
    power_off();
  }
  return p;
}

void buf_raw(struct buf *b, const void *p, size_t n) {
  if (b->len + n > b->cap) {
    b->cap = (b->len + n) * 2 + 64;
    b->p = must(realloc(b->p, b->cap));
  }
  if (n > 0) memcpy(b->p + b->len, p, n);
  b->len += n;
}

void buf_u8(struct buf *b, unsigned v) {
  unsigned char c = (unsigned char)v;
  buf_raw(b, &c, 1);
}

void buf_u32(struct buf *b, uint32_t v) {
  for (int i = 0; i < 4; i++) buf_u8(b, (v >> (8 * i)) & 0xff);
}

void buf_u64(struct buf *b, uint64_t v) {
  buf_u32(b, (uint32_t)v);
  buf_u32(b, (uint32_t)(v >> 32));
}

void buf_bytes(struct buf *b, const void *p, size_t n) {
  buf_u32(b, (uint32_t)n);
  buf_raw(b, p, n);
}

void buf_str(struct buf *b, const char *s) { buf_bytes(b, s, strlen(s)); }

void buf_drop(struct buf *b, size_t n) {
  b->len -= n;
  memmove(b->p, b->p + n, b->len);
}

void buf_free(struct buf *b) {
  free(b->p);
  *b = (struct buf){0};
}

static const unsigned char *take(struct cursor *c, size_t n) {
  if (c->bad || c->left < n) {
    c->bad = true;
    return NULL;
  }
  const unsigned char *p = c->p;
  c->p += n;
  c->left -= n;
  return p;
}

unsigned get_u8(struct cursor *c) {
  const unsigned char *p = take(c, 1);
  return p == NULL ? 0 : p[0];
}

uint32_t get_u32(struct cursor *c) {
  const unsigned char *p = take(c, 4);
  if (p == NULL) return 0;
  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t get_u64(struct cursor *c) {
  uint64_t low = get_u32(c);
  return low | (uint64_t)get_u32(c) << 32;
}

const unsigned char *get_bytes(struct cursor *c, size_t *n) {
  *n = get_u32(c);
  const unsigned char *p = take(c, *n);
  if (p == NULL) *n = 0;
  return p;
}

char *get_str(struct cursor *c) {
  size_t n;
  const unsigned char *p = get_bytes(c, &n);
  char *s = must(malloc(n + 1));
  if (n > 0) memcpy(s, p, n);
  s[n] = 0;
  return s;
}

char **get_strs(struct cursor *c) {
  uint32_t n = get_u32(c);
  if (n > c->left / 4) { /* each takes at least its length */
    c->bad = true;
    n = 0;
  }
  char **strs = must(calloc(n + 1, sizeof *strs));
  for (uint32_t i = 0; i < n; i++) strs[i] = get_str(c);
  return strs;
}

void free_strs(char **strs) {
  for (char **s = strs; s != NULL && *s != NULL; s++) free(*s);
  free(strs);
}

static uint32_t crc32_of(const unsigned char *p, size_t n) {
  static uint32_t table[256];
  if (table[1] == 0) {
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t v = i;
      for (int k = 0; k < 8; k++) v = v & 1 ? 0xEDB88320u ^ (v >> 1) : v >> 1;
      table[i] = v;
    }
  }
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t i = 0; i < n; i++) crc = table[(crc ^ p[i]) & 0xff] ^ (crc >> 8);
  return ~crc;
}

static void escape(struct buf *out, const unsigned char *p, size_t n) {
  size_t plain = 0;
  for (size_t i = 0; i < n; i++) {
    if (p[i] != END && p[i] != ESC) continue;
    buf_raw(out, p + plain, i - plain);
    buf_u8(out, ESC);
    buf_u8(out, p[i] == END ? ESC_END : ESC_ESC);
    plain = i + 1;
  }
  buf_raw(out, p + plain, n - plain);
}

void frame_encode(struct buf *out, unsigned type, const struct buf *payload) {
  struct buf body = {0};
  buf_u8(&body, type);
  buf_raw(&body, payload->p, payload->len);
  buf_u32(&body, crc32_of(body.p, body.len));
  buf_u8(out, END);
  escape(out, body.p, body.len);
  buf_u8(out, END);
  buf_free(&body);
}

static void finish_frame(struct decoder *d, frame_handler *handle) {
  struct buf frame = d->frame;
  bool whole = !d->overlong && !d->escaped && frame.len >= 5;
  d->frame = (struct buf){0};
  d->escaped = d->overlong = false;
  if (whole) {
    struct cursor crc = {.p = frame.p + frame.len - 4, .left = 4};
    struct cursor body = {.p = frame.p + 1, .left = frame.len - 5};
    if (get_u32(&crc) == crc32_of(frame.p, frame.len - 4)) {
      handle(frame.p[0], &body);
    } else {
      say("dropped a broken frame of %zu bytes", frame.len);
    }
  }
  buf_free(&frame);
}

void decode(struct decoder *d, const unsigned char *p, size_t n, frame_handler *handle) {
  for (size_t i = 0; i < n; i++) {
    if (p[i] == END) {
      finish_frame(d, handle);
      continue;
    }
    if (d->frame.len >= MAX_FRAME) {
      d->overlong = true;
      continue;
    }
    unsigned char byte = p[i];
    if (d->escaped) {
      byte = byte == ESC_END ? END : ESC;
      d->escaped = false;
    } else if (byte == ESC) {
      d->escaped = true;
      continue;
    }
    buf_u8(&d->frame, byte);
  }
}
