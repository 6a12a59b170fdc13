/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AS_CTL_TEXT_H
#define AS_CTL_TEXT_H

#include <stdbool.h>

#include "ace_slice.h"

/* Is it UTF-8 without NUL? Also false when there is no memory to look. */
bool ctl_is_utf8(struct ace_slice text);

#endif
