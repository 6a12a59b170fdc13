/* SPDX-License-Identifier: Apache-2.0 */
/* A fresh secret for a line to the AS. */
#ifndef AS_CTL_SECRET_H
#define AS_CTL_SECRET_H

#include "storage/types.h"

/* As long as the method wants; one that is there already is kept, for a transaction that is tried again.
 * ACE_ERR_UNSUPPORTED there is no line; ACE_ERR_RANDOM. */
ACE_MUST_CHECK enum ace_err ctl_secret_make(enum store_auth method, struct store_secret *secret);

#endif
