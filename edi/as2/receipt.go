package as2

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"entente/edi/as2/internal/cms"
)

// Report is an MDN read and not yet believed.
type Report struct {
	From, To    string // AS2 names, when they are given
	MessageID   string // of the MDN
	OriginalID  string // of the message it is about
	Disposition Disposition
	MIC         *MIC // nil when there is none, or it cannot be read
	RawMIC      string
	Agent       string
	Text        string // for people; at most 4 KiB
	Signed      bool

	part []byte // what was signed
	sig  *cms.SignedData
}

// Errors of ParseMDN.
var (
	ErrNoMDN  = errors.New("as2: not an MDN")
	ErrNoBody = errors.New("as2: an empty reply")
)

// IsMDN reports whether a request is an MDN: an asynchronous one comes through the
// door of messages.
func IsMDN(h Header, body []byte) bool {
	kind, params := media(h.Get("Content-Type"))
	switch kind {
	case "multipart/report", "message/disposition-notification":
		return true
	case "multipart/signed":
		// The first part's header decides; it stands near the beginning.
		lim := Limits{}.filled()
		start := bytes.Index(body[:min(len(body), lim.Header)], []byte("--"+params["boundary"]))
		if start < 0 || params["boundary"] == "" {
			return false
		}
		rest := body[start:min(len(body), start+2*lim.Header)]
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			if e, err := parseEntity(InMemory(rest[i+1:]), lim); err == nil {
				kind, _ := media(e.header.Get("Content-Type"))
				return kind == "multipart/report"
			}
		}
	}
	return false
}

// ParseMDN reads an MDN, signed or not, as leniently as it can be done without
// guessing: what it says counts after Check. Errors: ErrNoBody, ErrNoMDN.
func ParseMDN(h Header, body []byte, lim Limits) (*Report, error) {
	lim = lim.filled()
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, ErrNoBody
	}
	if len(body) > lim.MDN {
		return nil, fmt.Errorf("%w: %d octets", ErrNoMDN, len(body))
	}
	r := &Report{MessageID: h.Get("Message-ID")}
	r.From, _ = ParseID(h.Get("AS2-From"))
	r.To, _ = ParseID(h.Get("AS2-To"))
	e := entity{header: h, body: InMemory(body)}
	kind, params := media(h.Get("Content-Type"))
	if kind == "multipart/signed" {
		parts, err := split(InMemory(body), params["boundary"], lim)
		if err != nil || len(parts) != 2 {
			return nil, fmt.Errorf("%w: %d parts, %v", ErrNoMDN, len(parts), err)
		}
		r.Signed = true
		r.part, _ = parts[0].Memory()
		r.sig, _, _ = signatureOf(parts[1], lim) // unreadable: does not verify
		if e, err = parseEntity(parts[0], lim); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoMDN, err)
		}
	}
	if !r.find(e, lim, 0) {
		return nil, fmt.Errorf("%w: %q without a disposition", ErrNoMDN, short(kind))
	}
	return r, nil
}

const maxText = 4096

// find looks for the disposition in an entity and the parts of it.
func (r *Report) find(e entity, lim Limits, depth int) bool {
	kind, params := media(e.header.Get("Content-Type"))
	switch {
	case strings.HasPrefix(kind, "multipart/") && depth < 4:
		parts, err := split(e.body, params["boundary"], lim)
		if err != nil {
			return false
		}
		found := false
		for _, raw := range parts {
			if part, err := parseEntity(raw, lim); err == nil {
				found = r.find(part, lim, depth+1) || found
			}
		}
		return found
	case kind == "message/disposition-notification":
		return r.OriginalID == "" && r.Disposition.Kind == "" && r.fields(e, lim)
	case strings.HasPrefix(kind, "text/") && r.Text == "" && depth > 0:
		if in, err := decode(e.header.Get("Content-Transfer-Encoding"), e.body, nil); err == nil {
			b, _ := in.Memory()
			r.Text = strings.TrimSpace(strings.ToValidUTF8(string(b[:min(len(b), maxText)]), "\uFFFD"))
		}
	}
	return false
}

// fields reads the fields of the machine's part. They may come in more than one
// block, as in RFC 3464.
func (r *Report) fields(e entity, lim Limits) bool {
	in, err := decode(e.header.Get("Content-Transfer-Encoding"), e.body, nil)
	if err != nil {
		return false
	}
	b, _ := in.Memory()
	b = append(bytes.Clone(bytes.TrimLeft(b, "\r\n \t")), "\r\n\r\n"...)
	var h Header
	for len(bytes.TrimSpace(b)) > 0 {
		block, err := parseEntity(InMemory(b), lim)
		if err != nil {
			break
		}
		h = append(h, block.header...)
		b, _ = block.body.Memory()
		b = bytes.TrimLeft(b, "\r\n")
	}
	if h.Get("Disposition") == "" {
		return false
	}
	r.Disposition = ParseDisposition(h.Get("Disposition"))
	r.OriginalID = h.Get("Original-Message-ID")
	r.Agent = h.Get("Reporting-UA")
	if r.RawMIC = h.Get("Received-Content-MIC"); r.RawMIC != "" {
		if m, ok := ParseMIC(r.RawMIC); ok {
			r.MIC = &m
		}
	}
	return true
}

// Verdict is what an MDN proves.
type Verdict string

// The verdicts.
const (
	// Proven: signed by the pinned certificate, for this message, with its MIC.
	Proven Verdict = "proven"
	// Confirmed: unsigned, as the agreement asks, for this message, and its MIC, if
	// it gives one, is right.
	Confirmed Verdict = "confirmed"

	// MICDiffers: processed, but something else than what we sent. Do not send again
	// blindly.
	MICDiffers Verdict = "mic_differs"
	// MICMissing: processed and signed, but without a MIC that can be compared.
	MICMissing Verdict = "mic_missing"
	// NotSignedMDN: signed was asked and this is not. Anybody could have said it.
	NotSignedMDN Verdict = "unsigned_mdn"

	// Refused: the partner says that it failed; the disposition says how.
	Refused Verdict = "refused"
	// UnsignedRefusal: so it says where signed was asked and this is not, as stacks answer
	// names that they do not know. Anybody could have said it.
	UnsignedRefusal Verdict = "unsigned_refusal"

	BadMDNSignature Verdict = "bad_mdn_signature" // changed, or not by the key it names
	OtherMDNSigner  Verdict = "other_mdn_signer"  // another certificate than the pinned ones
	WeakMDNDigest   Verdict = "weak_mdn_digest"   // signed with SHA-1, and the agreement does not allow it
	WeakRefusal     Verdict = "weak_refusal"      // so signed, and the partner says that it failed
	WrongOriginal   Verdict = "wrong_original"    // about another message
	WrongParty      Verdict = "wrong_party"       // between other AS2 names
	EmptyMDN        Verdict = "empty_mdn"         // no content
	NoMDN           Verdict = "no_mdn"            // no MDN, but a page or the like
)

// Finding is the outcome of Check.
type Finding struct {
	Verdict Verdict
	// Claim is what the MDN says, whether or not it may be believed.
	Claim       Disposition
	Certificate *x509.Certificate // that signed it
	// MatchedMIC is the one that was met; WithHeader: by the other reading of a
	// message that was compressed only.
	MatchedMIC MIC
	WithHeader bool
	Err        error // the cause, technical; may be nil
}

// OK reports whether the message is done: taken, and shown to be as far as the
// agreement asks.
func (f Finding) OK() bool { return f.Verdict == Proven || f.Verdict == Confirmed }

// Arrived reports whether the partner says that it took the message, shown or not: such
// a message is looked into by a person and not sent again by itself.
func (f Finding) Arrived() bool {
	switch f.Verdict {
	case Proven, Confirmed, MICDiffers, MICMissing:
		return true
	case NotSignedMDN, WeakMDNDigest:
		return f.Claim.OK()
	}
	return false
}

// VerdictOf gives the verdict of an error of ParseMDN.
func VerdictOf(err error) Verdict {
	if errors.Is(err, ErrNoBody) {
		return EmptyMDN
	}
	return NoMDN
}

// verify checks the signature. Some programs sign without the line end that closes the
// report inside, or with the one that belongs to the boundary: neither is content.
func (r *Report) verify(pinned []*x509.Certificate) (s cms.Signature, err error) {
	for _, part := range [][]byte{r.part, bytes.TrimSuffix(r.part, []byte("\r\n")), append(bytes.Clone(r.part), "\r\n"...)} {
		o := &opener{signed: InMemory(part)}
		if s, err = r.sig.Verify(o.digest, pinned); !errors.Is(err, cms.ErrDigest) {
			return s, err
		}
	}
	return s, err
}

// Check holds an MDN against what was sent. Only pinned certificates count.
func (r *Report) Check(sent Sent, pinned []*x509.Certificate, allowSHA1 bool) Finding {
	f := Finding{Claim: r.Disposition}
	end := func(v Verdict, err error) Finding {
		f.Verdict, f.Err = v, err
		return f
	}
	weak := false
	if r.Signed {
		if r.sig == nil {
			return end(BadMDNSignature, cms.ErrMalformed)
		}
		s, err := r.verify(pinned)
		switch {
		case errors.Is(err, cms.ErrOtherSigner):
			return end(OtherMDNSigner, err)
		case err != nil:
			return end(BadMDNSignature, err)
		}
		if weak = hashName(s.Hash) == SHA1 && !allowSHA1; !weak {
			f.Certificate = s.Certificate
		}
	}
	if !SameMessageID(r.OriginalID, sent.MessageID) {
		return end(WrongOriginal, fmt.Errorf("as2: about %q", short(r.OriginalID)))
	}
	if r.From != "" && r.From != sent.To || r.To != "" && r.To != sent.From {
		return end(WrongParty, fmt.Errorf("as2: from %q to %q", short(r.From), short(r.To)))
	}
	switch asked := sent.Receipt == SignedReceipt && !r.Signed; {
	case asked && !r.Disposition.OK():
		return end(UnsignedRefusal, nil)
	case asked:
		return end(NotSignedMDN, nil)
	case weak && !r.Disposition.OK():
		return end(WeakRefusal, nil)
	case weak:
		return end(WeakMDNDigest, nil)
	case !r.Disposition.OK():
		return end(Refused, nil)
	}
	if r.MIC == nil {
		if r.Signed {
			return end(MICMissing, nil)
		}
		return end(Confirmed, nil)
	}
	for _, list := range [][]MIC{sent.MICs, sent.WithHeader} {
		for _, m := range list {
			if r.MIC.Equal(m) {
				f.MatchedMIC = *r.MIC
				if r.Signed {
					return end(Proven, nil)
				}
				return end(Confirmed, nil)
			}
		}
		f.WithHeader = len(sent.WithHeader) > 0
	}
	f.WithHeader = false
	for _, m := range sent.MICs {
		if m.Hash == r.MIC.Hash {
			return end(MICDiffers, nil)
		}
	}
	return end(MICMissing, fmt.Errorf("as2: the MIC is by %q", short(r.MIC.Name)))
}
