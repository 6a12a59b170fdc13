/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that never repeat, over crashes, restored backups and copied disks.
 *
 * Each starts at the larger of what is stored and a floor made of the present time: seconds since
 * 2024-01-01 times 2^20 for tokens, times 2^10 for the AS's sender numbers, times 1 for exi numbers. The
 * first two never reach the floor of the present moment (taken with its milliseconds), so that whoever starts
 * again later, from whatever copy, starts above all that were handed out. */
#ifndef STORAGE_COUNTERS_H
#define STORAGE_COUNTERS_H

#include "storage/types.h"

#define STORE_EPOCH INT64_C(1704067200) /* 2024-01-01T00:00:00Z in seconds since 1970 */
#define STORE_DECISION_COUNTER "decision" /* milliseconds of a decision id that was taken elsewhere */
#define STORE_SENDER_COUNTERS 1024
#define STORE_SENDER_MAX ((UINT64_C(1) << 40) - 1)

/* Load what is stored. Once, by the daemon, before anything is taken. now_ms: milliseconds since 1970.
 * From one millisecond later on numbers can be taken. ACE_ERR_USAGE not the daemon; ACE_ERR_CLOCK before 2024. */
ACE_MUST_CHECK enum ace_err store_counters_start(struct store *store, int64_t now_ms);

/* count token sequence numbers in a row. May commit a small transaction of its own, so not while this store has one
 * that writes. ACE_ERR_BUSY they would run ahead of the present moment: answer 5.03 with Max-Age 1;
 * ACE_ERR_CLOCK the clock is behind the highest stored iat: issue nothing; ACE_ERR_EXHAUSTED; ACE_ERR_USAGE. */
ACE_MUST_CHECK enum ace_err store_sequence_take(struct store *store, int64_t now_ms, uint32_t count,
						uint64_t *ret_first);
/* The next sender sequence number (Partial IV) of the AS towards that client or device. As above, without ACE_ERR_CLOCK
 * for the iat. */
ACE_MUST_CHECK enum ace_err store_sender_take(struct store *store, const char *id, int64_t now_ms,
					      uint64_t *ret_number);
/* Is the clock (seconds since 1970) behind the highest stored iat? ACE_OK or ACE_ERR_CLOCK. */
ACE_MUST_CHECK enum ace_err store_clock_check(const struct store *store, int64_t now);

/* The highest stored iat, seconds since 1970; 0: no token was issued yet. */
ACE_MUST_CHECK enum ace_err store_newest_iat(struct store_txn *txn, int64_t *ret_iat);

/* The next exi number of a device, in the write transaction that adds its token. ACE_ERR_EXHAUSTED; ACE_ERR_CLOCK. */
ACE_MUST_CHECK enum ace_err store_exi_take(struct store_txn *txn, const char *device_id, int64_t now,
					   uint32_t *ret_number);

#endif
