/* SPDX-License-Identifier: Apache-2.0 */
/* The four functions that every C compiler may call by itself. <string.h> does not belong to a
 * freestanding implementation, so they are declared here; a platform without libc supplies them. */
#ifndef TOKEN_MEM_H
#define TOKEN_MEM_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *bytes, int value, size_t len);
int memcmp(const void *a, const void *b, size_t len);

#endif
