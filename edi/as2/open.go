package as2

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"entente/edi/as2/internal/cms"
	"entente/edi/as2/internal/span"
)

// Ask is the MDN that a message asks for.
type Ask struct {
	Wanted bool
	Signed bool
	Async  string // address; empty: in the reply
	Hash   Hash   // of the MIC; empty: none named that we know
	Name   string // its spelling
}

// Signature is a signature that holds, by a pinned certificate.
type Signature struct {
	Certificate *x509.Certificate
	Hash        Hash
	PSS         bool
	Time        time.Time // claimed by the signer
}

// Encryption is how a message was encrypted.
type Encryption struct {
	Cipher      Cipher
	OAEP        bool
	Certificate *x509.Certificate // ours
}

// Received is a message opened, or as much of it as could be.
type Received struct {
	From, To, MessageID string
	Subject, Version    string
	Features            []string
	Ask                 Ask
	Relation            Relation // zero when unknown
	Known               bool

	Signature  *Signature
	Encryption *Encryption
	Compressed bool
	Payloads   []Payload // slices of the body where nothing had to be decoded
	MIC        MIC       // zero when it could not be made
	// Part is what the MIC is made of (nil where it lies in a file), Detached the signature over it (CMS, DER) where
	// it stood beside it. Both are evidence, for whoever may see the payloads.
	Part, Detached []byte
	// Signed is Part wherever it lies: readable as long as the body and the files of the limits are.
	Signed Body
	// Carried are the certificates that came with a signature, for showing when it
	// was not the pinned one. Never trust them.
	Carried [][]byte
}

// Open reads a message: it decrypts, verifies and decompresses what the layers ask
// for, and holds them against the agreement that find gives for the pair of names.
// What comes back holds all that could be read, also beside an error, so that it can
// be answered; the error is a *Failure. Body is not changed and may be referred to by
// the payloads.
func Open(h Header, body []byte, find func(from, to string) (Relation, bool), lim Limits) (*Received, error) {
	return OpenBody(h, InMemory(body), find, lim)
}

// OpenBody is Open of a body that may lie in a file; what comes out of it then lies there or
// in files of lim.Spool, as does what was inflated of a body in memory. So memory is bounded
// whatever the sizes. Of a message that is to be signed nothing is given before its
// signature was verified. Beside a *Failure the error may be ErrFile.
func OpenBody(h Header, body Body, find func(from, to string) (Relation, bool), lim Limits) (*Received, error) {
	o := &opener{lim: lim.filled(), got: &Received{}, inflated: lim.Spool}
	if _, ok := body.Memory(); ok {
		o.lim.Spool = nil // it is no larger than what lies there
	}
	f := o.open(h, body, find)
	if f != nil && errors.Is(f.Err, ErrFile) {
		o.lost = f.Err
	}
	if o.lost != nil {
		return &Received{}, o.lost
	}
	if f != nil {
		o.got.Payloads, o.got.Part, o.got.Detached, o.got.Signed = nil, nil, nil, Body{}
		return o.got, f
	}
	return o.got, nil
}

type opener struct {
	lim Limits
	got *Received
	// doubtful: a padding was wrong. Reading goes on as if it were right, and ends
	// as decryption-failed unless it failed before: the partner of an attacker must
	// not tell the two apart.
	doubtful bool
	secret   bool       // what is read now came out of a decryption, unverified
	inflated span.Spool // for what decompression gives, and what comes out of that
	leaf     entity
	signed   Body  // the part that was signed
	lost     error // ErrFile
	sums     map[crypto.Hash][]byte
}

func (o *opener) open(h Header, body Body, find func(from, to string) (Relation, bool)) *Failure {
	got := o.got
	if f := o.address(h); f != nil {
		return f
	}
	got.Relation, got.Known = find(got.From, got.To)
	if f := o.readAsk(h); f != nil {
		return f
	}
	if !got.Known {
		return fail(UnknownRelation, UnknownPair, nil)
	}
	if body.Len() > o.lim.Body {
		return fail(UnexpectedError, Oversize, ErrTooLarge)
	}
	if body.Len() == 0 {
		return fail(UnexpectedError, Empty, nil)
	}
	if f := o.layer(entity{header: h, body: body}); f != nil {
		return f
	}
	a := got.Relation.Agreement
	if a.RequireSigned && got.Signature == nil {
		return fail(InsufficientSecurity, NotSigned, nil)
	}
	if a.RequireEncrypted && got.Encryption == nil {
		return fail(InsufficientSecurity, NotEncrypted, nil)
	}
	if o.doubtful {
		return fail(DecryptionFailed, NotDecrypted, cms.ErrDecrypt)
	}
	o.mic()
	return nil
}

func (o *opener) address(h Header) *Failure {
	got := o.got
	var errs []error
	if h.size() > o.lim.Header {
		errs = append(errs, fmt.Errorf("as2: a header beyond %d octets", o.lim.Header))
	}
	for name, to := range map[string]*string{"AS2-From": &got.From, "AS2-To": &got.To} {
		if n := h.count(name); n != 1 {
			errs = append(errs, fmt.Errorf("as2: %s is there %d times", name, n))
			continue
		}
		id, err := ParseID(h.Get(name))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		*to = id
	}
	id := h.Get("Message-ID")
	if n := h.count("Message-ID"); n != 1 || bareID(id) == "" || len(id) > 998 || !clean(id) {
		errs = append(errs, fmt.Errorf("as2: Message-ID %q, there %d times", short(id), n))
	} else {
		got.MessageID = id
	}
	if s := h.Get("Subject"); clean(s) {
		got.Subject = s
	}
	got.Version = h.Get("AS2-Version")
	if got.Version == "" {
		got.Version = "1.0"
	}
	for _, f := range strings.Split(h.Get("EDIINT-Features"), ",") {
		if f = strings.TrimSpace(f); f != "" {
			got.Features = append(got.Features, f)
		}
	}
	if len(errs) > 0 {
		return fail(UnexpectedError, BadHeader, errors.Join(errs...))
	}
	return nil
}

// readAsk reads the wish for an MDN (RFC 4130 7.3). Options without
// Disposition-Notification-To ask for nothing.
func (o *opener) readAsk(h Header) *Failure {
	ask := &o.got.Ask
	if h.Get("Disposition-Notification-To") == "" {
		return nil
	}
	ask.Wanted = true
	if to := h.Get("Receipt-Delivery-Option"); to != "" {
		if _, err := CheckURL(to); err != nil {
			return fail(UnexpectedError, BadAsk, err)
		}
		ask.Async = to
	}
	var unsupported *Failure
	for _, opt := range strings.Split(h.Get("Disposition-Notification-Options"), ";") {
		name, list, _ := strings.Cut(opt, "=")
		words := strings.Split(list, ",")
		for i := range words {
			words[i] = strings.Trim(words[i], " \t\"")
		}
		required := strings.EqualFold(words[0], "required")
		if required || strings.EqualFold(words[0], "optional") {
			words = words[1:]
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "signed-receipt-protocol":
			for _, w := range words {
				if w = strings.ToLower(w); w == "pkcs7-signature" || w == "x-pkcs7-signature" || w == "application/pkcs7-signature" {
					ask.Signed = true
				}
			}
			if !ask.Signed && required {
				unsupported = fail(UnsupportedFormat, BadAsk, fmt.Errorf("as2: receipt protocol %q", short(list)))
			}
		case "signed-receipt-micalg":
			for _, w := range words {
				if hash, ok := ParseHash(w); ok {
					ask.Hash, ask.Name = hash, w
					break
				}
			}
			if ask.Hash == "" && required {
				unsupported = fail(UnsupportedMIC, BadAsk, fmt.Errorf("as2: digests %q", short(list)))
			}
		}
	}
	return unsupported
}
