// Package account keeps companies, people, memberships and everything by which
// somebody proves who they are: passwords, one-time links, sessions and API
// tokens. It also keeps the EDI identities of a company.
//
// One person has one identity, known by an e-mail address, and memberships in
// one or more companies. The platform operator is a flag on a person, not a
// membership.
//
// Secrets (session tokens, API tokens, links) are 256 random bits; only their
// SHA-256 is stored. Passwords are kept as argon2id with the parameters of
// Cost. Hashing happens outside transactions and under a concurrency cap.
//
// Three kinds of methods: those of a signed-in actor begin with access.Check;
// those "before sign-in" say so in their contract and answer alike whether an
// account exists or not; Directory holds the look-ups that other packages'
// ports need and is never handed to a request handler.
package account
