// Package push tells people on their own devices, by the push service of their browser
// (RFC 8030), what the inbox tells them. What is sent is sealed for the browser (RFC 8291)
// and says no more than the subject of a mail; who sends is proved by a key of this server
// (RFC 8292), made once and kept sealed. An endpoint is an address that somebody typed: it
// is called through the guarded dialer.
package push
