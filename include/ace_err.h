/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of errors. Its bands say whose fault it is, so that one comparison answers
 * "is it the peer's bytes?". Peers get a response code, operators get the reason. */
#ifndef ACE_ERR_H
#define ACE_ERR_H

enum ace_err {
	ACE_OK = 0,

	/* 1 to 31: the bytes are malformed. */
	ACE_ERR_TRUNCATED = 1,   /* an item is longer than what is left */
	ACE_ERR_MALFORMED = 2,   /* not well-formed, or a reserved bit or value is used */
	ACE_ERR_TRAILING = 3,    /* bytes follow the one item that was expected */
	ACE_ERR_DUPLICATE = 4,   /* a map key or header label occurs twice */
	ACE_ERR_DEPTH = 5,       /* nested deeper than allowed, or more entries than allowed */
	ACE_ERR_TYPE = 6,        /* a known member has another type */
	ACE_ERR_RANGE = 7,       /* a number, length or count is outside its limits */
	ACE_ERR_MISSING = 8,     /* a required member is absent */
	ACE_ERR_UNKNOWN = 9,     /* a member that must be understood is not */

	/* 32 to 63: well-formed, but not to be trusted or not to be served. */
	ACE_ERR_UNSUPPORTED = 32, /* an algorithm, version or profile that is not built in or not agreed */
	ACE_ERR_NO_KEY = 33,      /* no key for this kid */
	ACE_ERR_TAG = 34,         /* the AEAD tag does not verify */
	ACE_ERR_NO_CONTEXT = 35,  /* no OSCORE context for this kid and kid context */
	ACE_ERR_REPLAY = 36,      /* the Partial IV was seen before or is too old */
	ACE_ERR_ISSUER = 37,      /* the token is from another issuer than its key */
	ACE_ERR_EXPIRED = 38,     /* its time is over */
	ACE_ERR_NOT_YET = 39,     /* its time has not come */
	ACE_ERR_AUDIENCE = 40,    /* meant for another resource server */
	ACE_ERR_SCOPE = 41,       /* the scope is not understood here */
	ACE_ERR_CNF = 42,         /* the confirmation claim is not the one that this path needs */
	ACE_ERR_CNONCE = 43,      /* the client nonce is missing or not fresh */
	ACE_ERR_REVOKED = 44,     /* the token is known as revoked */
	ACE_ERR_LIFETIME = 45,    /* no lifetime can be told */
	ACE_ERR_UNPROTECTED = 46, /* a plaintext message where only a protected one counts */
	ACE_ERR_LAYOUT = 47,      /* a token layout that the revocation list rules out */
	ACE_ERR_DENIED = 48,      /* refused by policy */
	ACE_ERR_NOT_FOUND = 49,   /* no such record */
	ACE_ERR_FORMAT = 50,      /* a Content-Format that is not taken here */

	/* 64 to 95: our side cannot do it now. */
	ACE_ERR_SPACE = 64,     /* the output buffer is too small */
	ACE_ERR_FULL = 65,      /* no free slot, identifier, or room in the store */
	ACE_ERR_CRYPTO = 66,    /* the crypto port failed */
	ACE_ERR_RANDOM = 67,    /* the random number generator failed */
	ACE_ERR_CLOCK = 68,     /* no clock, or one that runs behind what is recorded */
	ACE_ERR_EXHAUSTED = 69, /* a sequence number space has ended */
	ACE_ERR_BUSY = 70,      /* try again later: somebody else holds it, or the rate is too high */
	ACE_ERR_IO = 71,        /* a system call failed */
	ACE_ERR_STORAGE = 72,   /* the store failed; with an I/O error it must not be used any more */
	ACE_ERR_DAMAGED = 73,   /* stored bytes are not what was written: wrong key or damage */
	ACE_ERR_VERSION = 74,   /* the store or a file is of a newer format */
	ACE_ERR_MEMORY = 75,    /* no memory (hosted code only) */
	ACE_ERR_EXISTS = 76,    /* there is one already */
	ACE_ERR_PERMISSION = 77, /* the operating system does not let us */
	ACE_ERR_WRONG_KEY = 78,  /* a key-encryption key that is not this store's */
	ACE_ERR_NOT_READY = 79,  /* what is needed for an answer has not come yet */

	/* 96 and up: the caller's bug. */
	ACE_ERR_USAGE = 96, /* called with arguments that the documentation rules out */
};

/* Whose fault? */
#define ACE_ERR_IS_MALFORMED(err) ((err) >= 1 && (err) <= 31)
#define ACE_ERR_IS_UNTRUSTED(err) ((err) >= 32 && (err) <= 63)
#define ACE_ERR_IS_OURS(err) ((err) >= 64)

/* The name of an error in lower case with hyphens ("no-context"), for logs; never NULL. Hosted code
 * only: firmware that wants texts calls ace_rs_strerror(). */
const char *ace_err_name(enum ace_err err);

#endif
