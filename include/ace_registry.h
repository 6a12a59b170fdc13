/* SPDX-License-Identifier: Apache-2.0 */
/* Every registered number that goes over the wire, each with its source. The small integers mean
 * different things in different maps, so each map has its own names. */
#ifndef ACE_REGISTRY_H
#define ACE_REGISTRY_H

/* CoAP codes: class in the upper three bits. Source: RFC 7252 12.1, RFC 8132. */
#define ACE_COAP_CODE(class, detail) ((uint8_t)((class) << 5 | (detail)))
enum ace_coap_code {
	ACE_COAP_EMPTY = 0x00,
	ACE_COAP_GET = 0x01,
	ACE_COAP_POST = 0x02,
	ACE_COAP_PUT = 0x03,
	ACE_COAP_DELETE = 0x04,
	ACE_COAP_FETCH = 0x05,
	ACE_COAP_PATCH = 0x06,
	ACE_COAP_IPATCH = 0x07,
	ACE_COAP_CREATED = 0x41,                 /* 2.01 */
	ACE_COAP_DELETED = 0x42,                 /* 2.02 */
	ACE_COAP_VALID = 0x43,                   /* 2.03 */
	ACE_COAP_CHANGED = 0x44,                 /* 2.04 */
	ACE_COAP_CONTENT = 0x45,                 /* 2.05 */
	ACE_COAP_CONTINUE = 0x5f,                /* 2.31 */
	ACE_COAP_BAD_REQUEST = 0x80,             /* 4.00 */
	ACE_COAP_UNAUTHORIZED = 0x81,            /* 4.01 */
	ACE_COAP_BAD_OPTION = 0x82,              /* 4.02 */
	ACE_COAP_FORBIDDEN = 0x83,               /* 4.03 */
	ACE_COAP_NOT_FOUND = 0x84,               /* 4.04 */
	ACE_COAP_METHOD_NOT_ALLOWED = 0x85,      /* 4.05 */
	ACE_COAP_NOT_ACCEPTABLE = 0x86,          /* 4.06 */
	ACE_COAP_INCOMPLETE = 0x88,              /* 4.08 */
	ACE_COAP_TOO_LARGE = 0x8d,               /* 4.13 */
	ACE_COAP_UNSUPPORTED_FORMAT = 0x8f,      /* 4.15 */
	ACE_COAP_TOO_MANY_REQUESTS = 0x9d,       /* 4.29, RFC 8516 */
	ACE_COAP_INTERNAL_ERROR = 0xa0,          /* 5.00 */
	ACE_COAP_NOT_IMPLEMENTED = 0xa1,         /* 5.01 */
	ACE_COAP_UNAVAILABLE = 0xa3,             /* 5.03 */
	ACE_COAP_PROXYING_NOT_SUPPORTED = 0xa5,  /* 5.05 */
};

/* Message types. Source: RFC 7252 3. */
enum ace_coap_type { ACE_COAP_CON = 0, ACE_COAP_NON = 1, ACE_COAP_ACK = 2, ACE_COAP_RST = 3 };

/* Options. Source: RFC 7252 12.2, RFC 7641, RFC 7959, RFC 8613, RFC 8768, RFC 9175. */
enum ace_coap_option_number {
	ACE_OPT_IF_MATCH = 1,
	ACE_OPT_URI_HOST = 3,
	ACE_OPT_ETAG = 4,
	ACE_OPT_IF_NONE_MATCH = 5,
	ACE_OPT_OBSERVE = 6,
	ACE_OPT_URI_PORT = 7,
	ACE_OPT_LOCATION_PATH = 8,
	ACE_OPT_OSCORE = 9,
	ACE_OPT_URI_PATH = 11,
	ACE_OPT_CONTENT_FORMAT = 12,
	ACE_OPT_MAX_AGE = 14,
	ACE_OPT_URI_QUERY = 15,
	ACE_OPT_HOP_LIMIT = 16,
	ACE_OPT_ACCEPT = 17,
	ACE_OPT_LOCATION_QUERY = 20,
	ACE_OPT_BLOCK2 = 23,
	ACE_OPT_BLOCK1 = 27,
	ACE_OPT_SIZE2 = 28,
	ACE_OPT_PROXY_URI = 35,
	ACE_OPT_PROXY_SCHEME = 39,
	ACE_OPT_SIZE1 = 60,
	ACE_OPT_ECHO = 252,
	ACE_OPT_NO_RESPONSE = 258,
	ACE_OPT_REQUEST_TAG = 292,
};

/* Content-Formats. Source: IANA "CoAP Content-Formats"; RFC 9200 8.16, RFC 9290 6.4, RFC 9770 15. */
#define ACE_FORMAT_TEXT 0
#define ACE_FORMAT_ACE_CBOR 19
#define ACE_FORMAT_LINK 40
#define ACE_FORMAT_OCTETS 42
#define ACE_FORMAT_CBOR 60
#define ACE_FORMAT_CWT 61
#define ACE_FORMAT_PROBLEM 257
#define ACE_FORMAT_TRL 262

/* Token endpoint and authz-info parameters. Source: RFC 9200 5.8.5, RFC 9201 6, RFC 9203 9.3. */
enum ace_param {
	ACE_PARAM_ACCESS_TOKEN = 1,
	ACE_PARAM_EXPIRES_IN = 2,
	ACE_PARAM_REQ_CNF = 4,
	ACE_PARAM_AUDIENCE = 5,
	ACE_PARAM_CNF = 8,
	ACE_PARAM_SCOPE = 9,
	ACE_PARAM_CLIENT_ID = 24,
	ACE_PARAM_ERROR = 30,
	ACE_PARAM_ERROR_DESCRIPTION = 31,
	ACE_PARAM_ERROR_URI = 32,
	ACE_PARAM_GRANT_TYPE = 33,
	ACE_PARAM_TOKEN_TYPE = 34,
	ACE_PARAM_REFRESH_TOKEN = 37,
	ACE_PARAM_PROFILE = 38,
	ACE_PARAM_CNONCE = 39,
	ACE_PARAM_NONCE1 = 40,
	ACE_PARAM_RS_CNF = 41,
	ACE_PARAM_NONCE2 = 42,
	ACE_PARAM_CLIENT_RECIPIENT_ID = 43,
	ACE_PARAM_SERVER_RECIPIENT_ID = 44,
};

/* Introspection parameters that are neither claims nor parameters of the token endpoint. Source: RFC 9200 5.9.4. */
enum ace_introspect {
	ACE_INTROSPECT_ACTIVE = 10,
	ACE_INTROSPECT_TOKEN = 11,
	ACE_INTROSPECT_TOKEN_TYPE_HINT = 33,
};

/* Revocation list, its errors, and custom problem details. Source: RFC 9770 6.1, 12, 13; RFC 9290 6.3. */
enum ace_trl { ACE_TRL_FULL_SET = 0, ACE_TRL_DIFF_SET = 1, ACE_TRL_CURSOR = 2, ACE_TRL_MORE = 3 };
enum ace_trl_error { ACE_TRL_ERROR_ID = 0, ACE_TRL_ERROR_CURSOR = 1 };
#define ACE_PROBLEM_TITLE (-1)
#define ACE_PROBLEM_TRL_ERROR 1

/* AS Request Creation Hints. Source: RFC 9200 5.3. */
enum ace_hint {
	ACE_HINT_AS = 1,
	ACE_HINT_KID = 2,
	ACE_HINT_AUDIENCE = 5,
	ACE_HINT_SCOPE = 9,
	ACE_HINT_CNONCE = 39,
};

/* CWT claims. Source: RFC 8392 4, RFC 8747 7.1, RFC 9200 8.14. */
enum ace_claim {
	ACE_CLAIM_ISS = 1,
	ACE_CLAIM_SUB = 2,
	ACE_CLAIM_AUD = 3,
	ACE_CLAIM_EXP = 4,
	ACE_CLAIM_NBF = 5,
	ACE_CLAIM_IAT = 6,
	ACE_CLAIM_CTI = 7,
	ACE_CLAIM_CNF = 8,
	ACE_CLAIM_SCOPE = 9,
	ACE_CLAIM_PROFILE = 38,
	ACE_CLAIM_CNONCE = 39,
	ACE_CLAIM_EXI = 40,
};

/* Confirmation methods. Source: RFC 8747 7.2.2, RFC 9203 9.5. */
enum ace_cnf { ACE_CNF_COSE_KEY = 1, ACE_CNF_ENCRYPTED_KEY = 2, ACE_CNF_KID = 3, ACE_CNF_OSC = 4 };

/* Members of OSCORE_Input_Material. Source: RFC 9203 3.2.1. */
enum ace_osc_member {
	ACE_OSC_ID = 0,
	ACE_OSC_VERSION = 1,
	ACE_OSC_MS = 2,
	ACE_OSC_HKDF = 3,
	ACE_OSC_ALG = 4,
	ACE_OSC_SALT = 5,
	ACE_OSC_CONTEXT_ID = 6,
};

/* Error codes of the token endpoint. Source: RFC 9200 5.8.3 Table 3. */
enum ace_oauth_error {
	ACE_OAUTH_NONE = 0,
	ACE_OAUTH_INVALID_REQUEST = 1,
	ACE_OAUTH_INVALID_CLIENT = 2,
	ACE_OAUTH_INVALID_GRANT = 3,
	ACE_OAUTH_UNAUTHORIZED_CLIENT = 4,
	ACE_OAUTH_UNSUPPORTED_GRANT_TYPE = 5,
	ACE_OAUTH_INVALID_SCOPE = 6,
	ACE_OAUTH_UNSUPPORTED_POP_KEY = 7,
	ACE_OAUTH_INCOMPATIBLE_PROFILES = 8,
};

#define ACE_GRANT_CLIENT_CREDENTIALS 2 /* RFC 9200 8.5 */
#define ACE_TOKEN_TYPE_POP 2           /* RFC 9200 8.7.1 */
#define ACE_PROFILE_COAP_DTLS 1        /* RFC 9202 9 */
#define ACE_PROFILE_COAP_OSCORE 2      /* RFC 9203 9.1 */

/* COSE. Source: RFC 9052 2 and 3.1, RFC 9053 3.1 and 4. */
#define ACE_TAG_ENCRYPT0 16
#define ACE_TAG_CWT 61
enum ace_cose_header {
	ACE_COSE_ALG = 1,
	ACE_COSE_CRIT = 2,
	ACE_COSE_CONTENT_TYPE = 3,
	ACE_COSE_KID = 4,
	ACE_COSE_IV = 5,
	ACE_COSE_PARTIAL_IV = 6,
};
enum ace_alg {
	ACE_ALG_A128GCM = 1,              /* 16-byte key, 12-byte nonce, 16-byte tag */
	ACE_ALG_HMAC_256 = 5,             /* as osc.hkdf: HKDF with SHA-256 */
	ACE_ALG_CCM_16_64_128 = 10,       /* 16, 13, 8: mandatory */
	ACE_ALG_CCM_16_128_128 = 30,      /* 16, 13, 16 */
	ACE_ALG_CCM_16_128_256 = 31,      /* 32, 13, 16 */
	ACE_ALG_DIRECT_HKDF_SHA_256 = -10, /* as osc.hkdf, from some stacks: HKDF with SHA-256 */
};

#endif
