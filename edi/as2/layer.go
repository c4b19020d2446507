package as2

import (
	"crypto"
	"errors"
	"fmt"
	"io"
	"strings"

	"entente/edi/as2/internal/cms"
)

// layer reads one layer and what is inside it.
func (o *opener) layer(e entity) *Failure {
	kind, params := media(e.header.Get("Content-Type"))
	switch kind {
	case "multipart/signed":
		return o.verify(e, params["boundary"])
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return o.pkcs7(e)
	case "multipart/report":
		return o.broken(NotSupported, errors.New("as2: an MDN where a message was expected"))
	}
	return o.content(e, kind, params)
}

// inside parses what was inside a layer and goes on.
func (o *opener) inside(raw Body) *Failure {
	e, err := o.part(raw)
	if err != nil {
		return o.broken(BadMIME, err)
	}
	return o.layer(e)
}

// part parses a part. It may lack every field (RFC 2046 5.1), but not where a wrong
// decryption could look like that.
func (o *opener) part(raw Body) (entity, error) {
	e, err := parseEntity(raw, o.lim)
	if errors.Is(err, errBare) && !o.secret {
		return e, nil
	}
	return e, err
}

// broken is a structure that cannot be read: when it came out of a decryption, the
// decryption may be what was wrong, and nothing else is said.
func (o *opener) broken(r Reason, err error) *Failure {
	if o.secret {
		return fail(DecryptionFailed, NotDecrypted, err)
	}
	return fail(UnexpectedError, r, err)
}

func (o *opener) pkcs7(e entity) *Failure {
	body := e.body
	first, err := body.At(0, 1)
	if err == nil && len(first) > 0 && first[0] != 0x30 { // base64 of DER never begins with "0"
		body, err = decode("base64", body, o.lim.Spool)
	}
	if err != nil {
		return o.notCMS(e, err)
	}
	kind, err := cms.KindIn(body)
	if err != nil {
		return o.notCMS(e, err)
	}
	switch kind {
	case cms.Enveloped, cms.AuthEnveloped:
		return o.decrypt(body)
	case cms.Compressed:
		return o.decompress(body)
	case cms.Signed:
		return o.verifyEnclosed(body)
	}
	return o.broken(NotSupported, cms.ErrUnsupported)
}

// notCMS: by what the layer says it is, since its bytes say nothing.
func (o *opener) notCMS(e entity, err error) *Failure {
	_, params := media(e.header.Get("Content-Type"))
	switch strings.ToLower(params["smime-type"]) {
	case "compressed-data":
		return o.orBroken(DecompressionFailed, BadCMS, err)
	case "signed-data":
		return o.orBroken(AuthenticationFailed, BadCMS, err)
	}
	return fail(DecryptionFailed, BadCMS, err)
}

// orBroken is the disposition, unless the layer came out of a decryption.
func (o *opener) orBroken(d Disposition, r Reason, err error) *Failure {
	if o.secret {
		return fail(DecryptionFailed, NotDecrypted, err)
	}
	return fail(d, r, err)
}

func (o *opener) decrypt(body Body) *Failure {
	got := o.got
	if got.Encryption != nil {
		return o.broken(Nested, nil)
	}
	p, err := cms.DecryptIn(body, got.Relation.Keys.decrypters(), o.lim.Spool)
	if err != nil {
		reason := NotDecrypted
		switch {
		case errors.Is(err, cms.ErrNoRecipient):
			reason = OtherRecipient
		case errors.Is(err, cms.ErrMalformed):
			reason = BadCMS
		case errors.Is(err, cms.ErrUnsupported):
			reason = NotSupported
		}
		return fail(DecryptionFailed, reason, err)
	}
	got.Encryption = &Encryption{Cipher: cipherName(p.Cipher), OAEP: p.OAEP, Certificate: p.Key.Certificate}
	if got.Encryption.Cipher == TripleDES && !got.Relation.Agreement.Allow3DES {
		return fail(InsufficientSecurity, WeakCipher, nil)
	}
	o.doubtful = p.Doubtful
	o.secret = !ciphers[got.Encryption.Cipher].Authenticated()
	return o.inside(p.Span)
}

func (o *opener) decompress(body Body) *Failure {
	if o.got.Compressed {
		return o.broken(Nested, nil)
	}
	out, err := cms.DecompressIn(body, cms.Inflated{Size: o.lim.Inflated, Ratio: o.lim.Ratio, Free: 1 << 20}, o.inflated)
	if err != nil {
		reason := NotDecompressed
		if errors.Is(err, cms.ErrTooLarge) {
			reason = Oversize
		}
		return o.orBroken(DecompressionFailed, reason, err)
	}
	o.got.Compressed, o.lim.Spool = true, o.inflated
	return o.inside(out)
}

func (o *opener) verify(e entity, boundary string) *Failure {
	parts, err := split(e.body, boundary, o.lim)
	if err == nil && len(parts) != 2 {
		err = fmt.Errorf("%w: a signature over %d parts", errMIME, len(parts))
	}
	if err != nil {
		return o.broken(BadMIME, err)
	}
	sig, der, err := signatureOf(parts[1], o.lim)
	if err != nil {
		return o.orBroken(AuthenticationFailed, BadCMS, err)
	}
	o.got.Detached = der
	return o.believe(sig, parts[0])
}

// signatureOf reads the second part of a multipart/signed.
func signatureOf(part Body, lim Limits) (sig *cms.SignedData, der []byte, err error) {
	e, err := parseEntity(part, lim)
	if err != nil {
		return nil, nil, err
	}
	in, err := decode(e.header.Get("Content-Transfer-Encoding"), e.body, lim.Spool)
	if err != nil {
		return nil, nil, err
	}
	if der, err = in.Bytes(most); err != nil {
		return nil, nil, err
	}
	sig, err = cms.ParseSigned(der)
	return sig, der, err
}

func (o *opener) verifyEnclosed(body Body) *Failure {
	sig, err := cms.ParseSignedIn(body)
	if err != nil {
		return o.orBroken(AuthenticationFailed, BadCMS, err)
	}
	if !sig.Attached {
		return o.broken(BadMIME, errors.New("as2: a signature without what was signed"))
	}
	part, err := sig.Enclosed(o.lim.Spool)
	if err != nil {
		return o.broken(BadCMS, err)
	}
	return o.believe(sig, part)
}

func (o *opener) believe(sig *cms.SignedData, part Body) *Failure {
	got := o.got
	if got.Signature != nil {
		return o.broken(Nested, nil)
	}
	got.Carried = sig.Certificates
	o.signed, o.sums = part, nil
	s, err := sig.Verify(o.digest, got.Relation.Keys.Verify)
	if err != nil {
		switch {
		case errors.Is(err, cms.ErrDigest):
			return fail(IntegrityFailed, Changed, err)
		case errors.Is(err, cms.ErrOtherSigner):
			return fail(AuthenticationFailed, OtherSigner, err)
		case errors.Is(err, cms.ErrSignature):
			return fail(AuthenticationFailed, BadSignature, err)
		case errors.Is(err, cms.ErrUnsupported):
			return fail(AuthenticationFailed, NotSupported, err)
		}
		return fail(AuthenticationFailed, BadCMS, err)
	}
	got.Signature = &Signature{Certificate: s.Certificate, Hash: hashName(s.Hash), PSS: s.PSS, Time: s.Time}
	if got.Signature.Hash == SHA1 && !got.Relation.Agreement.AllowSHA1 {
		return fail(InsufficientSecurity, WeakDigest, nil)
	}
	o.secret = false // the partner's own words from here on
	return o.inside(part)
}

// digest of the signed part, each kept: signature and MIC mostly share one.
func (o *opener) digest(h crypto.Hash) []byte {
	if o.sums == nil {
		o.sums = map[crypto.Hash][]byte{}
	}
	if o.sums[h] == nil {
		o.sums[h] = o.sumOf(h, o.signed)
	}
	return o.sums[h]
}

func (o *opener) sumOf(h crypto.Hash, b Body) []byte {
	d := h.New()
	if _, err := io.Copy(d, b.Reader()); err != nil {
		o.lost = err
	}
	return d.Sum(nil)
}

// content takes the documents: one, or the parts of a multipart/related (RFC 6362).
func (o *opener) content(e entity, kind string, params map[string]string) *Failure {
	o.leaf = e
	if kind == "multipart/related" || kind == "multipart/mixed" {
		parts, err := split(e.body, params["boundary"], o.lim)
		if err != nil {
			return o.broken(BadMIME, err)
		}
		for _, raw := range parts {
			part, err := o.part(raw)
			if err != nil {
				return o.broken(BadMIME, err)
			}
			if f := o.document(part); f != nil {
				return f
			}
		}
	} else if f := o.document(e); f != nil {
		return f
	}
	if len(o.got.Payloads) == 0 {
		return fail(UnexpectedError, Empty, nil)
	}
	return nil
}

func (o *opener) document(e entity) *Failure {
	data, err := decode(e.header.Get("Content-Transfer-Encoding"), e.body, o.lim.Spool)
	if err != nil {
		return o.broken(BadMIME, err)
	}
	if data.Len() == 0 {
		return fail(UnexpectedError, Empty, nil)
	}
	kind := e.header.Get("Content-Type")
	if kind == "" {
		kind = TypeOctets
	}
	p := Payload{ContentType: kind, FileName: fileName(e.header), body: data}
	p.Data, _ = data.Memory()
	o.got.Payloads = append(o.got.Payloads, p)
	return nil
}

// mic computes the MIC over what RFC 4130 7.3.1 and RFC 5402 name: the signed part;
// the decrypted and decompressed entity with its header; or the content alone.
func (o *opener) mic() {
	got, a := o.got, o.got.Relation.Agreement
	m := MIC{Hash: got.Ask.Hash, Name: got.Ask.Name}
	if m.Hash == "" {
		m.Hash = a.Digest
		if got.Signature != nil {
			m.Hash = got.Signature.Hash
		}
		m.Name = m.Hash.Spell(a.PlainNames)
	}
	part := o.leaf.body
	switch {
	case got.Signature != nil:
		part = o.signed
		m.Sum = o.digest(hashes[m.Hash])
	case got.Encryption != nil, got.Compressed && a.MICWithHeader:
		part = o.leaf.raw
	}
	if m.Sum == nil {
		m.Sum = o.sumOf(hashes[m.Hash], part)
	}
	got.MIC = m
	got.Signed = part
	got.Part, _ = part.Memory()
}
