/* SPDX-License-Identifier: Apache-2.0 */
#include "as/metrics_text.h"

#include <inttypes.h>

void as_text_head(struct as_text *text, const char *name, const char *type, const char *help)
{
	fprintf(text->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void as_text_value(struct as_text *text, const char *name, const char *labels, uint64_t value)
{
	if (labels)
		fprintf(text->out, "%s{%s} %" PRIu64 "\n", name, labels, value);
	else
		fprintf(text->out, "%s %" PRIu64 "\n", name, value);
}

void as_text_bucket(struct as_text *text, const char *name, double bound, uint64_t count)
{
	fprintf(text->out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, bound, count);
}

void as_text_bucket_end(struct as_text *text, const char *name, uint64_t count, double sum)
{
	fprintf(text->out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum %.6f\n%s_count %" PRIu64 "\n", name, count, name, sum,
		name, count);
}

void as_text_counter(struct as_text *text, const char *name, const char *help, uint64_t value)
{
	as_text_head(text, name, "counter", help);
	as_text_value(text, name, NULL, value);
}

void as_text_gauge(struct as_text *text, const char *name, const char *help, uint64_t value)
{
	as_text_head(text, name, "gauge", help);
	as_text_value(text, name, NULL, value);
}
