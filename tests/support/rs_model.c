/* SPDX-License-Identifier: Apache-2.0 */
#include "rs_model.h"

#include <string.h>

#include "port_fake.h"

int64_t model_wall(const struct model *m)
{
	return PORT_FAKE_NOW + (int64_t)(m->now_ms - 1000) / 1000;
}

static void erase(struct model_context *context)
{
	memset(context, 0, sizeof *context);
}

static struct model_context *context_of(struct model *m, uint8_t osc_id, enum ace_rs_role role)
{
	for (size_t i = 0; i < MODEL_CONTEXTS; i++)
		if (m->contexts[i].role == role && (!osc_id || m->contexts[i].token.osc_id == osc_id))
			return &m->contexts[i];
	return NULL;
}

static bool is_alive(struct model *m, uint8_t osc_id)
{
	for (size_t i = 0; i < MODEL_CONTEXTS; i++)
		if (m->contexts[i].role && m->contexts[i].token.osc_id == osc_id)
			return true;
	return false;
}

static void erase_association(struct model *m, uint8_t osc_id)
{
	for (size_t i = 0; i < MODEL_CONTEXTS; i++)
		if (m->contexts[i].role && m->contexts[i].token.osc_id == osc_id)
			erase(&m->contexts[i]);
}

struct model_context *model_by_kid(struct model *m, const uint8_t *kid)
{
	for (size_t i = 0; i < MODEL_CONTEXTS; i++)
		if (m->contexts[i].role && !memcmp(m->contexts[i].kid, kid, ACE_RS_ID_LEN))
			return &m->contexts[i];
	return NULL;
}

static void raise_expired(struct model *m, uint32_t seq)
{
	if ((int64_t)seq > m->highest_expired)
		m->highest_expired = seq;
}

/* --- time --- */

static void context_end(struct model *m, struct model_context *context)
{
	if (context->role == ACE_RS_CURRENT && context->observers) {
		context->role = ACE_RS_ENDING;
		context->deadline_ms = m->now_ms;
		context->token.exp = 0;
		context->token.exi_s = 0;
	} else {
		erase(context);
	}
}

static void context_tick(struct model *m, struct model_context *context)
{
	if (context->role == ACE_RS_ENDING) {
		if (m->now_ms - context->deadline_ms >= ACE_RS_FAREWELL_MS)
			erase(context);
	} else if (context->role && (m->now_ms >= context->deadline_ms ||
				     (context->token.exp && model_wall(m) >= context->token.exp) ||
				     (context->role != ACE_RS_CURRENT && m->now_ms - context->born_ms >= ACE_RS_PENDING_MS))) {
		context_end(m, context);
	}
}

static void revoked_drop(struct model *m, size_t at)
{
	if (m->revoked[at].has_seq)
		raise_expired(m, m->revoked[at].token.seq);
	m->revoked_len--;
	memmove(&m->revoked[at], &m->revoked[at + 1], (m->revoked_len - at) * sizeof m->revoked[0]);
}

static void revoked_settle(struct model *m)
{
	for (size_t i = 0; i < m->revoked_len;) {
		const struct model_revoked *r = &m->revoked[i];

		if (r->seen && (r->left || (r->has_exp && model_wall(m) >= r->token.exp) ||
				(r->has_seq && m->highest_expired >= r->token.seq)))
			revoked_drop(m, i);
		else
			i++;
	}
}

void model_tick(struct model *m)
{
	for (size_t i = 0; i < MODEL_CONTEXTS; i++)
		context_tick(m, &m->contexts[i]);
	for (size_t i = 0; i < MODEL_EXI; i++)
		if (m->exi[i].deadline_ms && m->exi[i].deadline_ms <= m->now_ms) {
			raise_expired(m, m->exi[i].seq);
			m->exi[i].deadline_ms = 0;
		}
	revoked_settle(m);
}

void model_start(struct model *m, uint64_t now_ms)
{
	memset(m, 0, sizeof *m);
	m->now_ms = now_ms;
	m->wait_until_ms = now_ms + ACE_RS_TRL_WAIT_MS;
	m->highest_expired = m->highest_seen = -1;
}

void model_reboot(struct model *m)
{
	memset(m->contexts, 0, sizeof m->contexts);
	memset(m->exi, 0, sizeof m->exi);
	m->highest_expired = m->highest_seen;
	m->wait_until_ms = m->now_ms + ACE_RS_TRL_WAIT_MS;
}

/* --- lifetimes --- */

static bool seq_in_table(const struct model *m, uint32_t seq)
{
	for (size_t i = 0; i < MODEL_CONTEXTS; i++)
		if (m->contexts[i].role && m->contexts[i].token.exi_s && m->contexts[i].token.seq == seq)
			return true;
	return false;
}

/* When the token ends if it is taken now; 0: it is over. */
static uint64_t deadline_of(const struct model *m, const struct model_token *token)
{
	if (!token->exi_s)
		return token->exp > model_wall(m) ? m->now_ms + 1000 * (uint64_t)(token->exp - model_wall(m)) : 0;
	if (token->seq <= m->highest_expired && !seq_in_table(m, token->seq))
		return 0;
	for (size_t i = 0; i < MODEL_EXI; i++)
		if (m->exi[i].deadline_ms && m->exi[i].seq == token->seq)
			return m->exi[i].deadline_ms > m->now_ms ? m->exi[i].deadline_ms : 0;
	return m->now_ms + 1000 * (uint64_t)token->exi_s;
}

/* A countdown begins once. Without room, the one of no token in the table that ends first counts as over. */
static void exi_note(struct model *m, const struct model_token *token, uint64_t deadline_ms)
{
	size_t at = MODEL_EXI;

	for (size_t i = 0; i < MODEL_EXI; i++)
		if (m->exi[i].deadline_ms && m->exi[i].seq == token->seq)
			return;
	for (size_t i = 0; i < MODEL_EXI; i++)
		if ((!m->exi[i].deadline_ms || !seq_in_table(m, m->exi[i].seq)) &&
		    (at == MODEL_EXI || m->exi[i].deadline_ms < m->exi[at].deadline_ms))
			at = i;
	if (m->exi[at].deadline_ms)
		raise_expired(m, m->exi[at].seq);
	m->exi[at].deadline_ms = deadline_ms;
	m->exi[at].seq = token->seq;
	if ((int64_t)token->seq > m->highest_seen)
		m->highest_seen = token->seq;
}

/* --- the list --- */

static struct model_revoked *revoked_find(struct model *m, uint32_t id)
{
	for (size_t i = 0; i < m->revoked_len; i++)
		if (m->revoked[i].token.id == id)
			return &m->revoked[i];
	return NULL;
}

static void see(struct model_revoked *r, const struct model_token *token)
{
	if (r->seen)
		return;
	r->token = *token;
	r->seen = true;
	r->has_seq = token->exi_s != 0;
	r->has_exp = !r->has_seq;
}

void model_revoke(struct model *m, const struct model_token *token)
{
	struct model_revoked *r = revoked_find(m, token->id);

	if (r) {
		r->left = false;
		return;
	}
	if (m->revoked_len == MODEL_REVOKED)
		revoked_drop(m, 0);
	r = &m->revoked[m->revoked_len++];
	*r = (struct model_revoked){ .token = *token };
	for (size_t i = 0; i < MODEL_CONTEXTS; i++) {
		if (!m->contexts[i].role || m->contexts[i].token.id != token->id)
			continue;
		if (m->contexts[i].role == ACE_RS_ENDING) { /* it was here, and is over anyway */
			r->seen = true;
			continue;
		}
		see(r, token);
		context_end(m, &m->contexts[i]);
	}
}

void model_list_leave(struct model *m, uint32_t id)
{
	struct model_revoked *r = revoked_find(m, id);

	if (r)
		r->left = true;
}

/* --- posts --- */

/* 2.01 when the token's time is good and it is not revoked. */
static uint8_t check(struct model *m, const struct model_token *token, uint64_t *ret_deadline_ms)
{
	struct model_revoked *r = revoked_find(m, token->id);

	if (r)
		see(r, token);
	*ret_deadline_ms = r ? 0 : deadline_of(m, token);
	return *ret_deadline_ms ? ACE_COAP_CREATED : ACE_COAP_UNAUTHORIZED;
}

static struct model_association *find_association(struct model *m, uint8_t osc_id)
{
	for (size_t i = 0; i < FIXTURE_CONTEXTS; i++)
		if (m->associations[i].osc_id == osc_id && is_alive(m, osc_id))
			return &m->associations[i];
	return NULL;
}

static struct model_association *find_room(struct model *m)
{
	struct model_association *oldest = NULL;

	for (size_t i = 0; i < FIXTURE_CONTEXTS; i++) {
		struct model_association *each = &m->associations[i];

		if (!each->osc_id || !is_alive(m, each->osc_id))
			return each;
		if (!context_of(m, each->osc_id, ACE_RS_CURRENT) && (!oldest || each->born_ms < oldest->born_ms))
			oldest = each;
	}
	return oldest && m->now_ms - oldest->born_ms >= ACE_RS_GRACE_MS ? oldest : NULL;
}

uint8_t model_post(struct model *m, const struct model_token *token, uint32_t nonce1, struct model_plan *ret_plan)
{
	struct model_plan plan = { .role = ACE_RS_PENDING, .post = (uint64_t)token->id << 32 | nonce1 };
	struct model_context *pending;
	uint64_t deadline_ms;
	uint8_t code;

	model_tick(m);
	if (m->now_ms < m->wait_until_ms)
		return ACE_COAP_UNAVAILABLE;
	code = check(m, token, &deadline_ms);
	if (code != ACE_COAP_CREATED)
		return code;
	if (token->is_update)
		return ACE_COAP_BAD_REQUEST;
	plan.association = find_association(m, token->osc_id);
	if (!plan.association) {
		plan.association = find_room(m);
		plan.is_new = true;
	} else {
		for (size_t i = 0; i < ACE_RS_POSTS_KEPT; i++)
			plan.is_known |= plan.association->posts[i] == plan.post;
		pending = context_of(m, token->osc_id, ACE_RS_PENDING);
		plan.is_resend = pending && plan.association->pending_post == plan.post;
		if (plan.is_known || (pending && m->now_ms - pending->born_ms < ACE_RS_GRACE_MS))
			plan.role = ACE_RS_SCRAP;
	}
	*ret_plan = plan;
	return plan.association ? ACE_COAP_CREATED : ACE_COAP_UNAVAILABLE;
}

void model_commit(struct model *m, const struct model_plan *plan, const struct model_token *token, const uint8_t *kid,
		  uint32_t client)
{
	struct model_association *a = plan->association;
	uint64_t deadline_ms = deadline_of(m, token);
	struct model_context *old, *context;

	if (plan->is_new) {
		if (a->osc_id)
			erase_association(m, a->osc_id);
		for (size_t i = 0; i < FIXTURE_CONTEXTS; i++)
			if (m->associations[i].osc_id == token->osc_id)
				m->associations[i].osc_id = 0; /* of an earlier life */
		*a = (struct model_association){ .osc_id = token->osc_id };
	}
	old = context_of(m, plan->role == ACE_RS_SCRAP ? 0 : token->osc_id, plan->role);
	if (old)
		erase(old);
	for (context = m->contexts; context->role; context++)
		;
	*context = (struct model_context){ .role = plan->role, .token = *token, .sub = token->sub, .born_ms = m->now_ms,
					   .deadline_ms = deadline_ms, .client = client };
	memcpy(context->kid, kid, sizeof context->kid);
	a->born_ms = m->now_ms;
	if (!plan->is_known)
		a->posts[a->posts_len++ % ACE_RS_POSTS_KEPT] = plan->post;
	if (plan->role == ACE_RS_PENDING)
		a->pending_post = plan->post;
	if (token->exi_s)
		exi_note(m, token, deadline_ms);
}

void model_promote(struct model *m, struct model_context *context)
{
	for (size_t i = 0; i < MODEL_CONTEXTS; i++) {
		struct model_context *other = &m->contexts[i];

		if (!other->role || other == context)
			continue;
		if (other->token.osc_id == context->token.osc_id)
			erase(other);
		else if (other->sub == context->sub)
			erase_association(m, other->token.osc_id);
	}
	context->role = ACE_RS_CURRENT;
}

uint8_t model_update(struct model *m, struct model_context *context, const struct model_token *token)
{
	uint64_t deadline_ms;
	uint8_t code = check(m, token, &deadline_ms);

	if (code != ACE_COAP_CREATED || !token->is_update || token->osc_id != context->token.osc_id)
		return ACE_COAP_UNAUTHORIZED;
	context->token = *token;
	context->deadline_ms = deadline_ms;
	if (token->exi_s)
		exi_note(m, token, deadline_ms);
	for (size_t i = 0; i < MODEL_CONTEXTS; i++) {
		struct model_context *other = &m->contexts[i];

		if (other != context && other->role && other->token.osc_id == token->osc_id &&
		    (!other->token.iat || !token->iat || other->token.iat <= token->iat))
			erase(other);
	}
	return ACE_COAP_CREATED;
}
