/* SPDX-License-Identifier: Apache-2.0 */
/* The device library: a resource server that takes access tokens (RFC 9200) under the OSCORE profile (RFC 9203).
 * No heap, no libc, no I/O, no global state: everything lives in struct ace_rs and the arena that the caller gives.
 * Not thread-safe: one struct ace_rs belongs to one thread.
 *
 *	static uint8_t arena[ACE_RS_ARENA_SIZE(4, 64)];
 *	static struct ace_rs rs;
 *	err = ace_rs_init(&rs, &config, arena, sizeof arena);
 *
 *	a datagram came in:
 *	err = ace_rs_unprotect(&rs, datagram, &plain, &ex);
 *	if (err == ACE_ERR_UNPROTECTED)
 *		POST /authz-info: ace_rs_authz_info(&rs, NULL, body, &answer, &code);
 *		a public resource: serve it; anything else: 4.01 with ace_rs_hints()
 *	else if (err)
 *		answer in plain with ace_rs_oscore_code(err), Max-Age 0, with ace_rs_hints() when it is 4.01
 *	else
 *		POST /authz-info: ace_rs_authz_info(&rs, &ex, body, &answer, &code)
 *		ace_rs_access_options(&ex, method, options): serve, 4.03 or 4.05, with ace_rs_hints()
 *		ace_rs_protect(&ex, answer, &out)
 *
 * docs/firmware.md has a whole device on this, and which files to compile.
 * Timers run when any of these is called; ace_rs_tick() sees to it that keys go in time on a quiet device. */
#ifndef ACE_RS_H
#define ACE_RS_H

#include "ace_oscore.h"
#include "ace_scope.h"

/* Longest access token, and how many keys of authorization servers; firmware may set both. One key is less code.
 * ACE_ALG_ONLY of ace_alg.h leaves out all algorithms but one. */
#ifndef ACE_RS_TOKEN_MAX
#define ACE_RS_TOKEN_MAX 512
#endif
#ifndef ACE_RS_KEYS_MAX
#define ACE_RS_KEYS_MAX 4
#endif
/* What firmware may leave out: 0 for none of it. */
#ifndef ACE_RS_TRL
#define ACE_RS_TRL 1 /* the list of revoked tokens, config.revoked and strict_layout; its functions are in ace_rs_as.h */
#endif
#ifndef ACE_RS_EXI
#define ACE_RS_EXI 1 /* lifetimes from first sight; without it, tokens with exi are refused, and a clock is needed */
#endif
#ifndef ACE_RS_CNONCE
#define ACE_RS_CNONCE 1 /* config.cnonce */
#endif
#ifndef ACE_RS_OBSERVE
#define ACE_RS_OBSERVE 1 /* ace_rs_observe_begin() and its like */
#endif
#ifndef ACE_RS_INTROSPECT
#define ACE_RS_INTROSPECT 1 /* config.introspect; its functions are in ace_rs_as.h */
#endif
#define ACE_RS_NONCE1_MAX 64      /* a client's nonce: 1 to 64 bytes */
#define ACE_RS_NONCE2_LEN 8       /* ours */
#define ACE_RS_ID_LEN 2           /* a Recipient ID of ours */
#define ACE_RS_POSTS_KEPT 8       /* so many posts of an association are recognised when they come again */
#define ACE_RS_PENDING_MS 60000   /* an unproven context lives so long */
#define ACE_RS_GRACE_MS 5000      /* and is not displaced by another unproven one before this */
#define ACE_RS_ANSWER_MAX 17      /* bytes of an authz-info answer's body */
#define ACE_RS_FAILURES_ALARM (UINT32_C(1) << 16) /* failed decryptions of a key from which posts are taken half as fast */
#define ACE_RS_BODY_EXTRA 96      /* what an authz-info body may hold besides the token */
#define ACE_RS_SCRATCH_EXTRA 144  /* room for a Master Salt behind the claims */
#define ACE_RS_HASH_LEN 16        /* so much of a token's hash is kept; who finds two tokens alike ends his own */
#define ACE_RS_CNONCE_MS 60000    /* a client nonce is fresh for so long after it was handed out */
#define ACE_RS_CNONCE_LEN 8
#define ACE_RS_CNONCE_MAX 12      /* longest client nonce that is handed out */
#define ACE_RS_CNONCES 4          /* so many are remembered */
#define ACE_RS_FAREWELL_MS 2000   /* a context with observers outlives its token by so much at most */
#define ACE_RS_FAREWELL_EARLY_MS 500 /* and they may be told so much before */
#define ACE_RS_INTROSPECTED_S 60  /* an answer of the AS counts so long when nothing else tells a token's end */
#define ACE_RS_TRL_WAIT_MS 30000  /* unprotected posts are put off so long at most, until the first whole list has come */

enum ace_rs_clock {
	ACE_CLOCK_NONE = 0, /* only tokens with exi are taken */
	ACE_CLOCK_WALL = 1, /* ace_port_wall_clock() counts whenever it answers */
};

/* Hints carry a client nonce, and only tokens with one that is fresh are taken, updates too; for devices without a clock. A
 * token from before then cannot be posted again after a minute: the client asks for a new one. RFC 9200 5.3.1 */
enum ace_rs_cnonce_mode {
	ACE_CNONCE_OFF = 0,
	ACE_CNONCE_STORED = 1,    /* 8 random bytes, the latest few of which are remembered */
	ACE_CNONCE_STATELESS = 2, /* 12 bytes: when it was made, and an HMAC over that */
};

enum ace_rs_introspect {
	ACE_INTROSPECT_OFF = 0,
	ACE_INTROSPECT_OWN = 1,    /* about tokens that one of our keys opens */
	ACE_INTROSPECT_OPAQUE = 2, /* also about those that are no CWT: only the AS knows what they mean */
};

/* A key that an authorization server protects tokens with. Several may have the same kid or the same issuer. */
struct ace_rs_as_key {
	struct ace_key key;
	struct ace_slice kid;    /* empty: tokens without kid */
	struct ace_slice issuer; /* what iss must say, if it is there */
	int32_t alg;             /* 0: ACE_ALG_CCM_16_64_128 */
};

/* A token that must not be taken any more. Private. */
struct ace_rs_revoked {
	uint8_t hash[ACE_RS_HASH_LEN];
	uint32_t exp;     /* seconds since 1970, 0: not known */
	uint32_t exi_seq;
	uint8_t issuer;   /* with exi_seq */
	uint8_t flags;
};

/* Everything that slices and pointers here lead to is borrowed until ace_rs_fini(). */
struct ace_rs_config {
	struct ace_slice audience;        /* this resource server */
	struct ace_slice as_uri;          /* the token endpoint, for hints */
	const struct ace_rs_as_key *keys; /* 1 to ACE_RS_KEYS_MAX */
	size_t keys_len;
	struct ace_resources resources;   /* what is hosted here and which scope names are known */
	enum ace_rs_clock clock;
	uint16_t contexts;         /* associations that can live at a time */
	uint16_t scope_bytes;      /* longest scope that can be kept */
	uint16_t token_bytes;      /* longest token; 0: ACE_RS_TOKEN_MAX */
	uint16_t post_interval_ms; /* one unprotected post in this time on average; 0: no limit */
	uint16_t post_burst;       /* so many at once; 0: 1 */
	bool strict_layout;        /* only 61(16([protected, {}, ciphertext])): what a revocation list needs (RFC 9770 11.1) */
#if ACE_RS_CNONCE
	enum ace_rs_cnonce_mode cnonce;
#endif
#if ACE_RS_INTROSPECT
	enum ace_rs_introspect introspect; /* no token counts before the AS said that it is active */
#endif
#if ACE_RS_TRL
	struct ace_rs_revoked *revoked; /* room for so many revoked tokens; with 0 the list is not in use. With it, */
	uint16_t revoked_len;           /* strict_layout must be set, and posts wait for the first whole list */
#endif
};

struct ace_rs_association;

enum ace_rs_role { ACE_RS_FREE = 0, ACE_RS_PENDING, ACE_RS_CURRENT, ACE_RS_SCRAP, ACE_RS_ENDING };

/* A context and the token that it came with. All fields are private to token/, for reading in tests and diagnostics. */
struct ace_rs_grant {
	uint8_t role;             /* enum ace_rs_role */
	uint8_t scope_kind : 2;   /* enum ace_scope_kind */
	bool has_subject : 1, has_exi : 1;
	uint16_t scope_len;
	uint8_t *scope_bytes;     /* borrows from the arena, config.scope_bytes long */
	uint64_t deadline_ms;     /* monotonic; the token ends here */
	uint64_t born_ms;         /* monotonic; when the context was derived */
	struct ace_rs_association *association; /* borrows from the arena */
	uint32_t serial;          /* of the context; 0 when free */
	uint32_t exp, iat;        /* seconds since 1970, 0: none */
	uint32_t exi_seq;         /* meaningful when has_exi */
	uint8_t subject[8];       /* start of the SHA-256 of sub */
#if ACE_RS_OBSERVE
	uint8_t observers;
#endif
#if ACE_RS_TRL
	uint8_t hash[ACE_RS_HASH_LEN]; /* of the token, after the number of the hash function */
#endif
	struct ace_oscore_ctx ctx;
};

/* What is known of one (issuer, osc.id). Alive while a grant refers to it. */
struct ace_rs_association {
	uint8_t grants;                    /* how many refer to it: 0 to 3 */
	uint8_t posts_at;                  /* where the next hash goes */
	uint8_t issuer;                    /* index of the first key with that issuer */
	uint8_t osc_id_len;
	uint8_t osc_id[ACE_OSC_ID_MAX];
	uint32_t pending_post;             /* the hash behind the pending context, and the nonce that answered it */
	uint8_t nonce2[ACE_RS_NONCE2_LEN];
	uint64_t born_ms;                  /* monotonic; when its latest context was derived */
	uint32_t posts[ACE_RS_POSTS_KEPT]; /* hashes of token and nonce1 of the latest posts, 0: none */
};

/* When the countdown of an exi token ends; outlives its grant, so that posting again does not restart it. */
struct ace_rs_exi {
	uint64_t deadline_ms; /* 0: free */
	uint32_t seq;
	uint8_t issuer;
};

/* What is remembered for each of config.keys; exi counts stand at the first key of an issuer. */
struct ace_rs_as_state {
	int64_t exi_highest_expired, exi_highest_seen; /* -1: none */
	uint32_t failures;                             /* AEAD failures under this key */
};

struct ace_rs_cnonce {
	uint64_t born_ms;
	uint8_t bytes[ACE_RS_CNONCE_LEN];
	bool is_there;
};

struct ace_rs {
	struct ace_rs_config config;
	struct ace_rs_as_state as[ACE_RS_KEYS_MAX];
	struct ace_rs_grant *grants, *grants_end; /* these six borrow from the arena */
	struct ace_rs_association *associations, *associations_end;
	struct ace_rs_exi *exi;
	uint8_t *scratch;            /* decrypted claims; wiped after each use */
	uint64_t post_seen_ms;
	uint32_t post_credit_ms;
	uint32_t serial;
#if ACE_RS_CNONCE
	struct ace_rs_cnonce cnonces[ACE_RS_CNONCES];
	uint8_t cnonce_at; /* the newest */
	bool has_cnonce_key;
	uint8_t cnonce_key[16];
#endif
#if ACE_RS_TRL
	uint64_t list_wanted_until_ms; /* 0: the whole list has come */
	uint32_t revoked_dropped;      /* hashes that there was no room for: config.revoked_len is too small */
	uint16_t revoked_used;
	bool revoked_changed;
#endif
};

/* Bytes of an arena for so many associations and such scopes, with ACE_RS_TOKEN_MAX; a constant expression. An
 * association may have a current and a pending context, and one more context is shared by the device. */
#define ACE_RS_GRANTS(contexts) (2 * (size_t)(contexts) + 1)
#define ACE_RS_EXI_RECORDS(contexts) (ACE_RS_EXI ? 2 * (size_t)(contexts) + 2 : 0)
/* The text of which a token's hash is made is a third longer than the token. */
#define ACE_RS_SCRATCH_LEN(token_bytes)                                                                                \
	((size_t)(token_bytes) + (ACE_RS_TRL ? (size_t)(token_bytes) / 3 : 0) + ACE_RS_SCRATCH_EXTRA)
#define ACE_RS_ARENA_SIZE_TOKEN(contexts, scope_bytes, token_bytes)                                                    \
	(8 + ACE_RS_GRANTS(contexts) * (sizeof(struct ace_rs_grant) + (scope_bytes)) +                                 \
	 ACE_RS_EXI_RECORDS(contexts) * sizeof(struct ace_rs_exi) +                                                    \
	 (size_t)(contexts) * sizeof(struct ace_rs_association) + ACE_RS_SCRATCH_LEN(token_bytes))
#define ACE_RS_ARENA_SIZE(contexts, scope_bytes) ACE_RS_ARENA_SIZE_TOKEN(contexts, scope_bytes, ACE_RS_TOKEN_MAX)

/* Start with no association. config is copied, what it points to is borrowed; the arena is borrowed until fini.
 * @return ACE_OK; ACE_ERR_USAGE no contexts, no key or too many, no audience, a revocation list without strict_layout,
 * or the arena is smaller than ACE_RS_ARENA_SIZE_TOKEN() says. */
ACE_MUST_CHECK enum ace_err ace_rs_init(struct ace_rs *rs, const struct ace_rs_config *config, uint8_t *arena,
					size_t arena_len);
/* Wipe everything. A zeroed struct is fine. */
void ace_rs_fini(struct ace_rs *rs);
/* Let timers run: unproven contexts after 60 s, tokens at their end. Keys are overwritten. */
void ace_rs_tick(struct ace_rs *rs);

/* One verified request until its last answer. Private, except that a caller may copy it. */
struct ace_rs_exchange {
	struct ace_rs *rs;          /* borrows */
	struct ace_rs_grant *grant; /* borrows from the arena; counts only while serial is its own */
	uint32_t serial;
	struct ace_oscore_exchange oscore;
};

/* Would ace_rs_authz_info() refuse an unprotected post with 4.29 now, whatever is in it? For callers that want to say so
 * before they look at method and format, as the order of checks has it; it takes no post off the allowance.
 * Source: RFC 9200 5.10.1.2; protocol.md 4.1, row 0. */
ACE_MUST_CHECK bool ace_rs_is_limited(struct ace_rs *rs);

/* A POST to authz-info. Method, Content-Format 19 and Accept are the caller's to check before (4.05, 4.15, 4.06), and
 * it remembers Message IDs, so that a retransmitted datagram gets the stored answer.
 * @param ex        NULL: it came unprotected, and a good token gets a pending context; otherwise the verified
 *                  exchange that it came in: the token updates the rights of that association.
 * @param body      payload, borrowed for the call.
 * @param answer    the body to send is appended, at most ACE_RS_ANSWER_MAX bytes, Content-Format 19;
 *                  nothing for updates and refusals, which go without Content-Format.
 * @param ret_code  always written: 2.01, or the refusal (5.03 and 4.29 with Max-Age, say 5; 4.13 with Size1).
 * @return ACE_OK, or the reason for logs, which must not reach the peer. A refusal changes no context and no token.
 * Stack below 1 KiB with the port's.  Source: RFC 9200 5.10.1, RFC 9203 4.1 to 4.3; order of checks: protocol.md 4.1. */
ACE_MUST_CHECK enum ace_err ace_rs_authz_info(struct ace_rs *rs, struct ace_rs_exchange *ex, struct ace_slice body,
					      struct ace_buf *answer, uint8_t *ret_code);

/* Verify a datagram and open it. The first one that verifies under a pending context proves possession: that
 * context becomes current, the older one and others of the same subject go.
 * @param plain  the whole CoAP message as it was before protection is appended; must not overlap datagram.
 * @return ACE_OK; ACE_ERR_UNPROTECTED no OSCORE option: the caller looks at the datagram itself; ACE_ERR_NO_CONTEXT;
 * others as ace_oscore_unprotect_request(). *ret_ex is written on ACE_OK only.  Source: RFC 8613 8.2, RFC 9203 4.4. */
ACE_MUST_CHECK enum ace_err ace_rs_unprotect(struct ace_rs *rs, struct ace_slice datagram, struct ace_buf *plain,
					     struct ace_rs_exchange *ret_ex);
/* The code of the unprotected answer to a request that ace_rs_unprotect() refused: 4.00, 4.01, 4.02 or 5.00, with
 * Max-Age 0 and no payload but hints on 4.01.  Source: RFC 8613 8.2. */
uint8_t ace_rs_oscore_code(enum ace_err err);

/* Protect an answer: a whole CoAP response with type, Message ID and token as they go out. The second answer of an
 * exchange and later ones (notifications) get a Partial IV of their own.
 * @return ACE_OK; ACE_ERR_NO_CONTEXT the context went meanwhile: send nothing, or 4.01 unprotected;
 * ACE_ERR_EXHAUSTED its sequence numbers ended, and it is erased; others as ace_oscore_protect_response(). */
ACE_MUST_CHECK enum ace_err ace_rs_protect(struct ace_rs_exchange *ex, struct ace_slice message, struct ace_buf *out);

/* May the sender of this verified request use method (a CoAP code) on path ("/temp") with query ("" or "a=1&b=2")?
 * ACE_ACCESS_NO_RESOURCE: answer 4.03; ACE_ACCESS_NO_METHOD: 4.05; both protected.  Source: RFC 9200 5.10.2. */
ACE_MUST_CHECK enum ace_access ace_rs_access(const struct ace_rs_exchange *ex, uint8_t method, struct ace_slice path,
					     struct ace_slice query);
/* The same for the options of the opened message; a path and query of more than 126 bytes are in no scope. */
ACE_MUST_CHECK enum ace_access ace_rs_access_options(const struct ace_rs_exchange *ex, uint8_t method,
						     struct ace_slice options);
/* ace_rs_access() without query, for a NUL-terminated path: the one-liner of firmware. */
ACE_MUST_CHECK bool ace_rs_allowed(const struct ace_rs_exchange *ex, uint8_t method, const char *path);

/* Observations (RFC 7641). Keep a copy of the exchange for each, and protect its notifications with that: but for the first
 * answer each gets a Partial IV of its own. begin: the client is to be told when its token ends. ACE_ERR_NO_CONTEXT;
 * ACE_ERR_FULL there are 255 under this context; ACE_ERR_USAGE the request registers nothing. end: the observation is
 * over, for whatever reason.  Source: RFC 9200 5.10.3, RFC 8613 4.1.3.5. */
ACE_MUST_CHECK enum ace_err ace_rs_observe_begin(struct ace_rs_exchange *ex);
void ace_rs_observe_end(struct ace_rs_exchange *ex);
/* What is to be done about an observation now; ask a few times in a second, and before a notification. A token may have been
 * replaced by one with other rights, so ask ace_rs_access() before a notification, too. */
enum ace_rs_observation {
	ACE_RS_OBSERVATION_GOES_ON,
	ACE_RS_OBSERVATION_ENDS, /* protect and send a 4.01 without Observe, nothing else, then ace_rs_observe_end() */
	ACE_RS_OBSERVATION_GONE, /* its keys are gone, or were replaced by the client: forget it */
};
enum ace_rs_observation ace_rs_observation(const struct ace_rs_exchange *ex);

/* AS Request Creation Hints, the body of 4.01, 4.03 and 4.05, appended to out; Content-Format 19, Max-Age 0 on 4.01.
 * It shrinks to the room in out: first the scope goes, then the audience. A client nonce stays, with config.cnonce.
 * @param ex     NULL for an unprotected answer; otherwise the osc.id is added as kid.
 * @param scope  what to ask for: a text name or AIF, borrowed for the call. NULL: nothing but AS (and kid), without the
 *               audience: for requests under an unknown context. A client that does not know the device yet cannot go on
 *               from that, so every other refusal names a scope.
 * @return ACE_OK; ACE_ERR_SPACE not even the rest fits; ACE_ERR_RANDOM or ACE_ERR_CRYPTO no client nonce: nothing is
 * appended.  Source: RFC 9200 5.3. */
ACE_MUST_CHECK enum ace_err ace_rs_hints(struct ace_rs *rs, const struct ace_rs_exchange *ex,
					 const struct ace_scope *scope, struct ace_buf *out);

/* The highest exi sequence number that was accepted from the issuer of config.keys[key], -1 when there is none. A
 * device that stores it and gives it back after a restart takes no exi token from before that.  Source: RFC 9200 5.10.3. */
int64_t ace_rs_exi_highest_seen(const struct ace_rs *rs, size_t key);
void ace_rs_exi_restore(struct ace_rs *rs, size_t key, int64_t highest_seen);
/* Failed decryptions under config.keys[key] since the start.  Source: RFC 9053 4.2.1. */
uint32_t ace_rs_failures(const struct ace_rs *rs, size_t key);

/* A reason as a short text; never NULL. For logs and displays, never for peers. */
const char *ace_rs_strerror(enum ace_err err);

/* Do the invariants of the state machine hold? For tests and debug builds; not part of the library proper. */
bool ace_rs_invariants_hold(const struct ace_rs *rs);

#endif
