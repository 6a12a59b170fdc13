/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics, /healthz and /readyz over HTTP on a loopback address. It belongs to the loop that serves: it has a
 * descriptor to wait for, no thread, and so nothing to lock. */
#ifndef AS_METRICS_HTTP_H
#define AS_METRICS_HTTP_H

#include <sys/socket.h>

#include "cli/output.h"

#define AS_METRICS_ADDRESS_MAX 64
#define AS_METRICS_DEFAULT "127.0.0.1:9683" /* where acectl metrics asks when nothing says otherwise */
#define AS_METRICS_CONNECTIONS_MAX 16

struct as_server;
struct as_http; /* heap */

/* "127.0.0.1:9683" or "[::1]:9683". Nothing but a loopback address, in numbers: what is told here is for this machine.
 * ACE_ERR_MALFORMED with a text; ret_error may be NULL. */
ACE_MUST_CHECK enum ace_err as_metrics_address_parse(const char *text, struct sockaddr_storage *ret_address,
						     socklen_t *ret_len, struct cli_error *ret_error);

/* Listen; port 0 takes a free one. ACE_ERR_MALFORMED the address; ACE_ERR_IO, errno tells why; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err as_http_open(struct as_server *as, const char *address, struct as_http **ret_http);
/* NULL is fine. */
void as_http_close(struct as_http *http);
/* The address as "HOST:PORT", with the real port; borrows. */
const char *as_http_address(const struct as_http *http);
/* Readable when as_http_run() has something to do. */
int as_http_fd(const struct as_http *http);
/* Serve what is there, and end what took too long. @return true: there is more to do at once. */
bool as_http_run(struct as_http *http);

#endif
