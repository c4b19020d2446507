// Package courier carries interchanges to and from the AS2 stations of companies
// (RFC 4130): who is reached where, with which certificates, under which terms, and
// every message with its receipt. What arrives goes into the one pipeline of
// edi/gateway in the transaction that stores its receipt; what goes out is taken
// from the gateway's outbox and sent again, with the same Message-ID and bytes, until
// a receipt proves it or a person is asked.
//
// Trust is the certificate that a company put here itself, never one that a message
// carries. A message counts as a company's only when its signature verifies, or where
// the terms of the partnership say that unsigned messages are taken.
package courier

import (
	"time"
)

// Station is how a company is reached by AS2. Its names are its AS2 identities
// (prm/account).
type Station struct {
	Org string
	// URL is where its own server takes messages; empty when it only sends, or
	// when it lives here.
	URL string
	// ReceiptHosts are the hosts beside that of URL to which an asynchronous
	// receipt may be sent.
	ReceiptHosts []string
	// User is the name that its server asks of who calls it (HTTP basic authentication);
	// empty: it asks for none. The password lies here sealed and is never given out.
	User      string
	Changed   time.Time
	ChangedBy string
	// Locked is when its server last did not let us in, zero when it does; LockedBy says how
	// (a key of the locale).
	Locked   time.Time
	LockedBy string
	told     string // how it did not when both companies were told last; empty once it let us in
}

// Purpose is what a certificate is for.
type Purpose string

// The purposes.
const (
	ForBoth    Purpose = "both"
	ForSigning Purpose = "sign"
	ForCipher  Purpose = "encrypt"
	// ForServer is that of the HTTPS server at the station's address, or the authority that
	// issued it: where a company has one, its server is called with no other.
	ForServer Purpose = "https"
)

// Certificate is one of a company's station. Own says that its private key lies here,
// sealed: the company's station lives on this server.
type Certificate struct {
	ID      string
	Org     string
	Purpose Purpose
	// Server says that it is that of the HTTPS server, or of its authority: of ForServer, or
	// beside another purpose.
	Server      bool
	DER         []byte
	Own         bool
	Fingerprint string // SHA-256 of the certificate, hex
	Subject     string
	Issuer      string
	Serial      string
	Algorithm   string // of the key: "RSA 3072"
	NotBefore   time.Time
	NotAfter    time.Time
	// UseFrom is when we begin to sign with it, or to encrypt for it. It is trusted
	// for verifying and decrypting from the moment it is here until it is retired.
	UseFrom time.Time
	Retired time.Time
	MadeBy  string
	Created time.Time
	// Announced is when it followed another that was in use; zero: it was the first, and
	// counts at once. Confirmed says that the other company of the partnership it was read
	// for takes it, How by what: a How… word. Until then it is believed, and not begun with.
	Announced   time.Time
	Confirmed   time.Time
	How         string
	ConfirmedBy string // person id; empty where a message proved it
}

// How a certificate was confirmed.
const (
	HowPerson  = "person"  // somebody of the other company said it
	HowMessage = "message" // a document was signed with it
	HowReceipt = "receipt" // a receipt was signed with it, or answered what was
)

// Pending says that it waits to be confirmed.
func (c Certificate) Pending() bool { return !c.Announced.IsZero() && c.Confirmed.IsZero() }

// InUse is the certificate to begin something with: of those for a purpose whose time
// began, that are confirmed, the newest. Where all of those were retired by hand, the
// eldest that waits takes over. dated says that dates decide, without anybody.
func InUse(list []Certificate, p Purpose, at time.Time, dated bool) (Certificate, bool) {
	var best, waits Certificate
	known := false
	for _, c := range list {
		switch {
		case !c.fits(p) || !c.Retired.IsZero() || c.UseFrom.After(at):
		case !dated && c.Pending():
			if c.Valid(at) && (waits.ID == "" || c.Announced.Before(waits.Announced)) {
				waits = c
			}
		default:
			known = true // also where it ended: its end alone switches nothing
			if c.Valid(at) && (best.ID == "" || c.UseFrom.After(best.UseFrom) || c.UseFrom.Equal(best.UseFrom) && c.Created.After(best.Created)) {
				best = c
			}
		}
	}
	if !known {
		best = waits
	}
	return best, best.ID != ""
}

// Valid says whether the certificate may be used at an instant.
func (c Certificate) Valid(at time.Time) bool {
	return c.Retired.IsZero() && !at.Before(c.NotBefore) && at.Before(c.NotAfter)
}

func (c Certificate) fits(p Purpose) bool {
	return c.Purpose == p || c.Purpose == ForBoth && p != ForServer
}

// Terms say how messages from one company of a partnership to the other are secured
// and receipted. What they ask for is required of what comes in and done to what goes
// out. The zero value of a field is its default.
type Terms struct {
	// Sign is the digest of the signature: sha256 (default), sha384, sha512, sha1,
	// or "none".
	Sign string `json:"sign,omitempty"`
	// Signature is pkcs1 (default) or pss.
	Signature string `json:"signature,omitempty"`
	// Encrypt is aes256-cbc (default), aes128-cbc, aes192-cbc, aes128-gcm,
	// aes256-gcm, 3des, or "none".
	Encrypt string `json:"encrypt,omitempty"`
	// Transport is pkcs1 (default) or oaep.
	Transport string `json:"transport,omitempty"`
	// Compress is "none" (default), "before" signing or "after" it.
	Compress string `json:"compress,omitempty"`
	// Receipt is signed (default), unsigned or "none"; Async has it sent on a
	// connection of its own.
	Receipt string `json:"receipt,omitempty"`
	Async   bool   `json:"async,omitempty"`
	// NewID gives a resent message a Message-ID of its own, for partners that do
	// not take one again.
	NewID bool `json:"new_id,omitempty"`
	// BareContent has the MIC of a message that is only compressed over the content
	// without its headers (the default), or with them.
	WithHeaders bool `json:"with_headers,omitempty"`
	// PlainNames writes digests as older software does, "sha256" for "sha-256".
	PlainNames bool `json:"plain_names,omitempty"`
	// Dated has the next certificate follow on its date, also where nobody confirmed it.
	Dated bool `json:"dated,omitempty"`
}

// AgreedTerms are the terms of one direction of a partnership.
type AgreedTerms struct {
	Partnership string
	Sender      string // company id
	Terms       Terms
	Version     int64 // 0: nothing was agreed, the defaults hold
	Changed     time.Time
	ChangedBy   string
}

// State is where a message stands.
type State string

// The states of a message. Of one that came in: Received, Duplicate is none (it adds no
// row), Refused with its reason. Of one that goes out: Queued, Sending, AwaitingReceipt,
// Delivered, Unproved (it arrived, the receipt proves nothing), Retry, Failed.
const (
	Received        State = "received"
	Refused         State = "refused"
	Queued          State = "queued"
	AwaitingReceipt State = "awaiting_receipt"
	Delivered       State = "delivered"
	Unproved        State = "unproved"
	Failed          State = "failed"
)

// Direction of a message, seen from this server.
const (
	In  = "in"
	Out = "out"
)

// Message is one AS2 message with its receipt.
type Message struct {
	ID           string
	Direction    string
	Partnership  string
	Supplier     string
	Reseller     string
	Sender       string
	Receiver     string
	From, To     string // AS2 names
	MessageID    string // without angle brackets
	Proved       bool   // of one that came in: its origin is proved, or the terms ask for no proof
	Interchanges []string
	Size         int64
	BodyHash     string // SHA-256 of the body as on the wire, hex
	MIC          string // base64
	MICAlgorithm string
	Security     []string // "signed sha256", "encrypted aes256-cbc", "compressed"
	FileNames    []string
	State        State
	Disposition  string
	Reason       string // key for the locale
	ReceiptMIC   string
	ReceiptOK    bool // the receipt proves delivery: signed by the partner, MIC equal
	Attempts     int
	NextAt       time.Time
	LastError    string
	At           time.Time
	Settled      time.Time
}
