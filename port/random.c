/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes from OpenSSL, drawn in bulk: one call to its generator costs ten times as much as
 * handing out 16 bytes that are there already. */
#include "ace_port.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/err.h>
#include <openssl/rand.h>

/* One page of one thread. The kernel zeroes it in a child after fork(), the count with the bytes, so
 * that no two processes hand out the same ones; it also keeps it out of core dumps. */
struct pool {
	size_t left; /* unused bytes, at the end of bytes */
	uint8_t bytes[4096 - sizeof(size_t)];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t pool_key;
static bool is_key_ready;
static _Thread_local struct pool *thread_pool;

static void pool_free(void *pool)
{
	ace_wipe(pool, sizeof(struct pool));
	munmap(pool, sizeof(struct pool));
}

static void key_init(void)
{
	is_key_ready = !pthread_key_create(&pool_key, pool_free);
}

/* The calling thread's pool; NULL when the kernel cannot guard one, then there is none. */
static struct pool *pool_get(void)
{
	void *memory;

	if (thread_pool)
		return thread_pool;
	if (pthread_once(&once, key_init) || !is_key_ready)
		return NULL;
	memory = mmap(NULL, sizeof(struct pool), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	if (madvise(memory, sizeof(struct pool), MADV_WIPEONFORK) ||
	    madvise(memory, sizeof(struct pool), MADV_DONTDUMP) || pthread_setspecific(pool_key, memory)) {
		munmap(memory, sizeof(struct pool));
		return NULL;
	}
	(void)mlock(memory, sizeof(struct pool)); /* as far as RLIMIT_MEMLOCK goes */
	thread_pool = memory;
	return memory;
}

static enum ace_err random_draw(uint8_t *ret_bytes, size_t len)
{
	if (!len)
		return ACE_OK;
	if (len <= INT_MAX && RAND_bytes(ret_bytes, (int)len) == 1)
		return ACE_OK;
	ERR_clear_error(); /* as in openssl.c */
	return ACE_ERR_RANDOM;
}

enum ace_err ace_port_random(uint8_t *ret_bytes, size_t len)
{
	struct pool *pool = len < sizeof pool->bytes / 4 ? pool_get() : NULL;
	uint8_t *next;

	if (!pool)
		return random_draw(ret_bytes, len);
	if (pool->left < len) {
		pool->left = 0;
		if (random_draw(pool->bytes, sizeof pool->bytes))
			return ACE_ERR_RANDOM;
		pool->left = sizeof pool->bytes;
	}
	next = pool->bytes + sizeof pool->bytes - pool->left;
	memcpy(ret_bytes, next, len);
	ace_wipe(next, len);
	pool->left -= len;
	return ACE_OK;
}
