/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of acectl doctor. Each adds lines about what it looked at; none stops the others. */
#ifndef AS_CTL_DOCTOR_H
#define AS_CTL_DOCTOR_H

#include "as/ctl.h"

#define DOCTOR_CHECKS_MAX 40

/* What doctor asks for before it warns. */
#define DOCTOR_FULL_PERCENT 80
#define DOCTOR_DISK_BYTES (UINT64_C(512) << 20)
#define DOCTOR_KEK_DAYS 365
#define DOCTOR_TOKEN_KEY_DAYS 730
#define DOCTOR_READER_BEHIND 10000 /* transactions */

enum doctor_state { DOCTOR_OK = 0, DOCTOR_WARN, DOCTOR_FAIL };

struct doctor_check {
	const char *name; /* static */
	enum doctor_state state;
	char message[320];
	char advice[320]; /* "": none */
};

struct doctor {
	const struct cli_call *call;
	const struct cli_output *output;
	struct store *store; /* NULL: it did not open */
	int64_t now;         /* seconds since 1970 */
	bool is_damaged;     /* the store is */
	struct doctor_check checks[DOCTOR_CHECKS_MAX];
	size_t len;
};

/* Add a line; the advice of the last one is added after it. */
void doctor_add(struct doctor *d, const char *name, enum doctor_state state, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void doctor_advise(struct doctor *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A check that could not be made since the store did not let it. */
void doctor_store_failed(struct doctor *d, const char *name, enum ace_err err);

/* The clock, the socket's buffer, coaps. */
void doctor_host(struct doctor *d);
/* Who may read and write what. */
void doctor_files(struct doctor *d);
/* Rows, room, readers, the policy, the aced that runs. */
void doctor_store(struct doctor *d);
/* The key-encryption key, how old keys are, kids, keys that wear. */
void doctor_keys(struct doctor *d);

#endif
