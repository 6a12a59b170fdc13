/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that knows LMDB's codes. */
#ifndef STORAGE_LMDB_ERR_H
#define STORAGE_LMDB_ERR_H

#include "ace_err.h"

/* rc: 0, an MDB_ code, or an errno. ACE_ERR_STORAGE means: no further LMDB call on this environment. */
enum ace_err lmdb_err(int rc);

#endif
