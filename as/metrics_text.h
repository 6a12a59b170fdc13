/* SPDX-License-Identifier: Apache-2.0 */
/* The text format of Prometheus, line by line. Private to the metrics of as/. */
#ifndef AS_METRICS_TEXT_H
#define AS_METRICS_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include "as/metrics.h"

struct as_text {
	FILE *out; /* borrows; its error state tells whether all was written */
};

void as_text_head(struct as_text *text, const char *name, const char *type, const char *help);
/* labels: as within the braces, escaped by the caller; NULL: none. */
void as_text_value(struct as_text *text, const char *name, const char *labels, uint64_t value);
void as_text_bucket(struct as_text *text, const char *name, double bound, uint64_t count);
void as_text_bucket_end(struct as_text *text, const char *name, uint64_t count, double sum);
/* Head and value at once. */
void as_text_counter(struct as_text *text, const char *name, const char *help, uint64_t value);
void as_text_gauge(struct as_text *text, const char *name, const char *help, uint64_t value);

/* The part of as_metrics_write() that struct as_metrics holds. */
void as_metrics_write_counters(struct as_text *text, const struct as_metrics *metrics);

#endif
