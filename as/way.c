/* SPDX-License-Identifier: Apache-2.0 */
#include "as/way.h"

#include "as/server.h"

struct as_way as_way_udp(const struct ace_udp_request *request)
{
	return (struct as_way){ .kind = AS_WAY_UDP, .message = &request->msg, .from.udp = request };
}

struct as_way as_way_dtls(struct as_coaps_request *request)
{
	return (struct as_way){ .kind = AS_WAY_DTLS, .message = &request->msg, .from.dtls = request };
}

void as_way_expect(struct as_server *as, const struct as_way *way)
{
	if (way->kind == AS_WAY_UDP)
		ace_udp_expect(as->udp, way->from.udp);
}

void as_way_confirm(struct as_server *as, const struct as_way *way)
{
	/* A DTLS session was confirmed by its cookie. */
	if (way->kind == AS_WAY_UDP)
		ace_udp_confirm(as->udp, way->from.udp);
}

enum ace_err as_way_answer(struct as_server *as, const struct as_way *way, struct ace_slice message)
{
	if (way->kind == AS_WAY_DTLS)
		return as_coaps_answer(as->coaps, way->from.dtls, message);
	return ace_udp_answer(as->udp, way->from.udp, message);
}

bool as_way_blame(struct as_server *as, const struct as_way *way)
{
	/* DTLS has let nobody in who is made up. */
	return way->kind != AS_WAY_UDP || ace_udp_blame(as->udp, way->from.udp);
}

void as_way_drop(struct as_server *as, const struct as_way *way)
{
	if (way->kind == AS_WAY_DTLS)
		as_coaps_drop(as->coaps, way->from.dtls);
	else
		ace_udp_drop(as->udp, way->from.udp);
}

enum ace_err as_ways_flush(struct as_server *as)
{
	enum ace_err err = ace_udp_flush(as->udp);

	return err == ACE_ERR_BUSY ? ACE_OK : err;
}
