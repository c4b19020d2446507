package as2

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"net/url"
	"time"

	"entente/edi/as2/internal/cms"
)

// Cipher encrypts content; its name is the agreement's word.
type Cipher string

// The ciphers. GCM goes as AuthEnvelopedData, which few stacks read.
const (
	TripleDES Cipher = "3des"
	AES128    Cipher = "aes128-cbc"
	AES192    Cipher = "aes192-cbc"
	AES256    Cipher = "aes256-cbc"
	AES128GCM Cipher = "aes128-gcm"
	AES192GCM Cipher = "aes192-gcm"
	AES256GCM Cipher = "aes256-gcm"
)

var ciphers = map[Cipher]cms.Cipher{
	TripleDES: cms.TripleDES, AES128: cms.AES128CBC, AES192: cms.AES192CBC, AES256: cms.AES256CBC,
	AES128GCM: cms.AES128GCM, AES192GCM: cms.AES192GCM, AES256GCM: cms.AES256GCM,
}

func cipherName(c cms.Cipher) Cipher {
	for name, v := range ciphers {
		if v == c {
			return name
		}
	}
	return ""
}

// Compression says whether and where content is compressed (RFC 5402).
type Compression string

// The places of compression.
const (
	NoCompression  Compression = ""
	CompressBefore Compression = "before-signing"
	CompressAfter  Compression = "after-signing"
)

// Receipt is the MDN that we ask for.
type Receipt string

// The receipts.
const (
	NoReceipt       Receipt = ""
	UnsignedReceipt Receipt = "unsigned"
	SignedReceipt   Receipt = "signed"
)

// Agreement is how two parties exchange AS2: what we send and what we accept. The
// zero value of a field is "not"; New gives the usual one.
type Agreement struct {
	Us   string `json:"us"`   // our AS2 name
	Them string `json:"them"` // theirs

	Digest      Hash        `json:"digest"` // of signature and MIC
	Sign        bool        `json:"sign"`
	PSS         bool        `json:"pss"` // RSASSA-PSS instead of PKCS #1 v1.5
	Cipher      Cipher      `json:"cipher"`
	OAEP        Hash        `json:"oaep"` // its hash; empty: PKCS #1 v1.5
	Compression Compression `json:"compression"`
	Receipt     Receipt     `json:"receipt"`
	AsyncURL    string      `json:"async_url"`   // where the MDN shall be sent; empty: in the reply
	NotifyTo    string      `json:"notify_to"`   // Disposition-Notification-To; our name when empty
	PlainNames  bool        `json:"plain_names"` // "sha256" instead of "sha-256"

	RequireSigned    bool `json:"require_signed"`
	RequireEncrypted bool `json:"require_encrypted"`
	AllowSHA1        bool `json:"allow_sha1"`
	Allow3DES        bool `json:"allow_3des"`
	// MICWithHeader answers a message that was compressed only with the MIC over
	// header and content (RFC 5402) instead of content alone (what stacks do).
	MICWithHeader bool `json:"mic_with_header"`
}

// New is the usual agreement: signed with SHA-256, AES-256-CBC, a signed MDN in the
// reply, and the same security asked of the partner.
func New(us, them string) Agreement {
	return Agreement{
		Us: us, Them: them, Digest: SHA256, Sign: true, Cipher: AES256, Receipt: SignedReceipt,
		RequireSigned: true, RequireEncrypted: true,
	}
}

// Check says what an agreement lacks to be used.
func (a Agreement) Check() error {
	for _, id := range []string{a.Us, a.Them} {
		if err := CheckID(id); err != nil {
			return err
		}
	}
	if a.Us == a.Them {
		return fmt.Errorf("as2: both parties are named %q", short(a.Us))
	}
	if hashes[a.Digest] == 0 {
		return fmt.Errorf("as2: digest %q", a.Digest)
	}
	if a.Cipher != "" && ciphers[a.Cipher] == 0 {
		return fmt.Errorf("as2: cipher %q", a.Cipher)
	}
	if a.OAEP != "" && hashes[a.OAEP] == 0 {
		return fmt.Errorf("as2: hash %q of OAEP", a.OAEP)
	}
	if a.Cipher == TripleDES && !a.Allow3DES {
		return fmt.Errorf("as2: 3DES is not allowed in this agreement")
	}
	if a.Sign && a.Digest == SHA1 && !a.AllowSHA1 {
		return fmt.Errorf("as2: SHA-1 is not allowed in this agreement")
	}
	switch a.Compression {
	case NoCompression, CompressBefore, CompressAfter:
	default:
		return fmt.Errorf("as2: compression %q", a.Compression)
	}
	switch a.Receipt {
	case NoReceipt, UnsignedReceipt, SignedReceipt:
	default:
		return fmt.Errorf("as2: receipt %q", a.Receipt)
	}
	if a.AsyncURL != "" {
		if _, err := CheckURL(a.AsyncURL); err != nil {
			return err
		}
	}
	if !clean(a.NotifyTo) {
		return fmt.Errorf("as2: Disposition-Notification-To %q", short(a.NotifyTo))
	}
	return nil
}

// CheckURL reads an address for MDNs: http or https, a host, no user. Whether we go
// there is the caller's to decide.
func CheckURL(s string) (*url.URL, error) {
	if !clean(s) || len(s) > 2000 {
		return nil, fmt.Errorf("as2: address %q", short(s))
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("as2: address %q: %w", short(s), err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("as2: address %q", short(s))
	}
	return u, nil
}

// Warning is a weakness of an agreement, with the day since which it counts as one.
type Warning struct {
	Code  string // "3des", "sha1", "unsigned", "unencrypted", "unsigned-mdn"
	Since time.Time
}

// The days are those of NIST SP 800-131A: signatures with SHA-1 end of 2013, 3DES
// for new data end of 2023.
var (
	sha1Since      = time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC)
	tripleDESSince = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Warnings lists what in an agreement is weaker than it need be.
func (a Agreement) Warnings() []Warning {
	var w []Warning
	if a.Cipher == TripleDES || a.Allow3DES {
		w = append(w, Warning{"3des", tripleDESSince})
	}
	if a.Sign && a.Digest == SHA1 || a.AllowSHA1 {
		w = append(w, Warning{"sha1", sha1Since})
	}
	if !a.Sign || !a.RequireSigned {
		w = append(w, Warning{Code: "unsigned"})
	}
	if a.Cipher == "" || !a.RequireEncrypted {
		w = append(w, Warning{Code: "unencrypted"})
	}
	if a.Receipt != SignedReceipt {
		w = append(w, Warning{Code: "unsigned-mdn"})
	}
	return w
}

// Identity is a key of ours with its certificate.
type Identity struct {
	Certificate *x509.Certificate
	Key         crypto.Signer // decrypts too when it is an RSA key
}

// Keys are what an agreement works with at one moment.
type Keys struct {
	Sign    Identity            // ours, for messages and MDNs
	Decrypt []Identity          // ours, all that partners may still encrypt for
	Encrypt *x509.Certificate   // theirs
	Verify  []*x509.Certificate // theirs, all that count; nothing else is ever believed
}

// Relation is an agreement with its keys.
type Relation struct {
	Agreement Agreement
	Keys      Keys
}

func (k Keys) decrypters() []cms.Key {
	var out []cms.Key
	for _, id := range k.Decrypt {
		if d, ok := id.Key.(crypto.Decrypter); ok && id.Certificate != nil {
			out = append(out, cms.Key{Certificate: id.Certificate, Private: d})
		}
	}
	return out
}
