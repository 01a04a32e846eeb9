// Package party knows who people are and in whose name they act: persons, bodies, memberships with term and document,
// delegations with scope and ceiling, accounts with password, second factor and printed codes, and sessions.
//
// Names, national codes and mobile numbers are stored sealed with the person's own key and found by a keyed HMAC; a
// login and a session token are stored as hashes only. Passwords follow the OWASP cheat sheet (argon2id), second factors
// RFC 6238, limits of guessing OWASP ASVS 5 (6.3.1).
package party
