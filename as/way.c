/* SPDX-License-Identifier: Apache-2.0 */
#include "as/way.h"

#include "as/server.h"

struct as_way as_way_udp(const struct ace_udp_request *request)
{
	return (struct as_way){ .kind = AS_WAY_UDP, .message = &request->msg, .from.udp = request };
}

void as_way_confirm(struct as_server *as, const struct as_way *way)
{
	ace_udp_confirm(as->udp, way->from.udp);
}

enum ace_err as_way_answer(struct as_server *as, const struct as_way *way, struct ace_slice message)
{
	return ace_udp_answer(as->udp, way->from.udp, message);
}

void as_way_drop(struct as_server *as, const struct as_way *way)
{
	ace_udp_drop(as->udp, way->from.udp);
}

enum ace_err as_ways_flush(struct as_server *as)
{
	enum ace_err err = ace_udp_flush(as->udp);

	return err == ACE_ERR_BUSY ? ACE_OK : err;
}
