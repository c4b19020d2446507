package as2

import (
	"fmt"
	"strings"
)

// Disposition is the verdict of an MDN.
type Disposition struct {
	Kind     string // "processed" or "failed", in lower case
	Modifier string // "", "error", "failure", "warning", in lower case
	Text     string // "decryption-failed"
}

// Processed is the good one.
var Processed = Disposition{Kind: "processed"}

func failed(text string) Disposition { return Disposition{"processed", "error", text} }

// The dispositions of RFC 4130 7.5, RFC 5402 and, for an unknown pair of names,
// rfc4130bis.
var (
	DecryptionFailed     = failed("decryption-failed")
	AuthenticationFailed = failed("authentication-failed")
	IntegrityFailed      = failed("integrity-check-failed")
	DecompressionFailed  = failed("decompression-failed")
	InsufficientSecurity = failed("insufficient-message-security")
	UnexpectedError      = failed("unexpected-processing-error")
	UnknownRelation      = failed("unknown-trading-relationship")
	UnsupportedFormat    = Disposition{"failed", "failure", "unsupported format"}
	UnsupportedMIC       = Disposition{"failed", "failure", "unsupported MIC-algorithms"}
)

// String writes it as in an MDN, without the mode.
func (d Disposition) String() string {
	s := d.Kind
	if d.Modifier != "" {
		s += "/" + d.Modifier
		if d.Text != "" {
			s += ": " + d.Text
		}
	}
	return s
}

// OK reports whether it says that the message was taken: processed, with nothing or
// a warning behind. What is not known is no success.
func (d Disposition) OK() bool {
	return d.Kind == "processed" && (d.Modifier == "" || d.Modifier == "warning")
}

// ParseDisposition reads the field, with or without the mode, in any case, with or
// without blanks.
func ParseDisposition(s string) Disposition {
	s = unfold(s)
	if i := strings.LastIndex(s[:modeEnd(s)], ";"); i >= 0 {
		s = s[i+1:]
	}
	kind, modifier, _ := strings.Cut(s, "/")
	modifier, text, _ := strings.Cut(modifier, ":")
	return Disposition{
		Kind:     strings.ToLower(strings.TrimSpace(kind)),
		Modifier: strings.ToLower(strings.TrimSpace(modifier)),
		Text:     strings.TrimSpace(text),
	}
}

// modeEnd is where the text of a modifier begins: a semicolon there is no separator.
func modeEnd(s string) int {
	if i := strings.Index(s, ":"); i >= 0 {
		return i
	}
	return len(s)
}

// Reason says to our own people what a partner is told in a disposition only.
type Reason string

// The reasons.
const (
	BadHeader       Reason = "bad_header"       // AS2-From, AS2-To or Message-ID missing, twice or malformed
	UnknownPair     Reason = "unknown_pair"     // nobody has agreed to exchange under these names
	BadAsk          Reason = "bad_ask"          // an MDN is required in a form that we cannot give
	Oversize        Reason = "oversize"         // larger than the limit, before or after decompression
	Empty           Reason = "empty"            // no content
	BadMIME         Reason = "bad_mime"         // the structure of parts is broken or cut off
	BadCMS          Reason = "bad_cms"          // the cryptographic structure is broken
	NotSupported    Reason = "not_supported"    // an algorithm or structure that we do not know
	Nested          Reason = "nested"           // a layer of the same kind twice
	OtherRecipient  Reason = "other_recipient"  // encrypted for another certificate than ours
	NotDecrypted    Reason = "not_decrypted"    // cannot be decrypted: wrong key or changed
	NotDecompressed Reason = "not_decompressed" // the compressed content is broken
	OtherSigner     Reason = "other_signer"     // signed with another certificate than the partner's
	BadSignature    Reason = "bad_signature"    // the signature is not of the partner's key
	Changed         Reason = "changed"          // the content is not what was signed
	NotSigned       Reason = "not_signed"       // the agreement wants a signature
	NotEncrypted    Reason = "not_encrypted"    // the agreement wants encryption
	WeakDigest      Reason = "weak_digest"      // SHA-1, and the agreement does not allow it
	WeakCipher      Reason = "weak_cipher"      // 3DES, and the agreement does not allow it
)

// Failure is why a message is refused.
type Failure struct {
	Disposition Disposition // for the partner
	Reason      Reason      // for us
	Err         error       // the cause, technical; may be nil
}

func (f *Failure) Error() string {
	if f.Err == nil {
		return fmt.Sprintf("as2: %s (%s)", f.Disposition, f.Reason)
	}
	return fmt.Sprintf("as2: %s (%s): %v", f.Disposition, f.Reason, f.Err)
}

func (f *Failure) Unwrap() error { return f.Err }

func fail(d Disposition, r Reason, err error) *Failure { return &Failure{d, r, err} }
