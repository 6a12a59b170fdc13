/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for keys: the secure heap of OpenSSL, which is locked (never swapped), left out of core dumps, and wiped when it is given
 * back. OpenSSL keeps key schedules in its ordinary heap, so that its own allocations are led there, too, while a context that
 * will hold keys is made. */
#include "ace_port_host.h"
#include "port/secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#define BLOCK_MIN 64
#define ARENA_MIN 65536

static _Thread_local unsigned int scope;

static void *take(size_t len, const char *file, int line)
{
	/* Full is full: what should be kept apart is never kept elsewhere. */
	return scope && CRYPTO_secure_malloc_initialized() ? CRYPTO_secure_malloc(len, file, line) : malloc(len);
}

static void give(void *memory, const char *file, int line)
{
	if (CRYPTO_secure_allocated(memory))
		CRYPTO_secure_free(memory, file, line);
	else
		free(memory);
}

static void *take_again(void *memory, size_t len, const char *file, int line)
{
	void *larger;
	size_t had;

	if (!memory)
		return take(len, file, line);
	if (!CRYPTO_secure_allocated(memory))
		return realloc(memory, len);
	had = CRYPTO_secure_actual_size(memory);
	larger = CRYPTO_secure_malloc(len, file, line); /* where it was, it stays, whoever asks */
	if (!larger)
		return NULL;
	memcpy(larger, memory, had < len ? had : len);
	CRYPTO_secure_free(memory, file, line);
	return larger;
}

bool ace_port_host_secret_prepare(void)
{
	return CRYPTO_set_mem_functions(take, take_again, give) == 1;
}

size_t ace_port_host_secret_block(size_t len)
{
	size_t block = BLOCK_MIN;

	while (block < len && block <= SIZE_MAX / 4)
		block *= 2;
	return block;
}

enum ace_err ace_port_host_secret_open(size_t len, bool *ret_is_locked)
{
	size_t arena = ace_port_host_secret_block(len < ARENA_MIN ? ARENA_MIN : len);
	int made = CRYPTO_secure_malloc_init(arena, BLOCK_MIN);

	if (made == 0)
		return ACE_ERR_MEMORY;
	*ret_is_locked = made == 1;
	return ACE_OK;
}

void *ace_port_host_secret_new(size_t len)
{
	return OPENSSL_secure_zalloc(len);
}

void ace_port_host_secret_free(void *secret, size_t len)
{
	OPENSSL_secure_clear_free(secret, len);
}

void port_secret_scope(bool is_entered)
{
	scope += is_entered ? 1u : -1u;
}
