package courier

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"time"

	"entente/edi/as2"
	"entente/prm/access"
	"entente/prm/fault"
)

// CertificateFile is a certificate as a person has it: a file, or the wish for a new
// one.
type CertificateFile struct {
	// File is PEM, DER, PKCS #7 or, where Private, PEM with the key or PKCS #12; or
	// base64 of any of them.
	File     []byte
	Password string
	Private  bool
	// Generate makes a new self-signed certificate with its key for this AS2 name, one
	// of the company's.
	Generate string
	Purpose  Purpose
	UseFrom  time.Time
}

// lifetime is how long a certificate made here is valid.
const lifetime = 3 * 365 * 24 * time.Hour

// AddFile reads or makes a certificate and adds it (AddCertificate).
// Codes: NotFound, Forbidden, Invalid (what is wrong with the file), Conflict.
func (s *Service) AddFile(ctx context.Context, actor access.Actor, f CertificateFile) (Certificate, error) {
	if err := access.Check(actor, access.StationManage, access.Own(actor.Org)); err != nil {
		return Certificate{}, err
	}
	cmd := CertificateCmd{Purpose: f.Purpose, UseFrom: f.UseFrom}
	switch {
	case f.Generate != "":
		if err := s.isOwn(ctx, actor.Org, f.Generate); err != nil {
			return Certificate{}, err
		}
		now := s.DB.Clock().Truncate(time.Second)
		id, err := as2.Generate(f.Generate, now.Add(-time.Hour), now.Add(lifetime))
		if err != nil {
			return Certificate{}, fault.InvalidField("generate", "courier.name")
		}
		cmd.Certificate, cmd.Key = id.Certificate, id.Key
	case f.Private:
		id, _, err := as2.ParseIdentity(decoded(f.File), f.Password)
		if err != nil {
			return Certificate{}, fileFault(err)
		}
		cmd.Certificate, cmd.Key = id.Certificate, id.Key
	default:
		if bytes.Contains(f.File, []byte("PRIVATE KEY")) {
			// A key that was meant for nobody's eyes is not kept by accident.
			return Certificate{}, fault.InvalidField("certificate", "courier.holds_key")
		}
		certs, err := as2.ParseCertificates(f.File)
		if err != nil {
			return Certificate{}, fileFault(err)
		}
		cmd.Certificate = certs[0]
		for _, c := range certs { // of a chain, the one that is no authority
			if !c.IsCA {
				cmd.Certificate = c
				break
			}
		}
	}
	return s.AddCertificate(ctx, actor, cmd)
}

// isOwn refuses a name that is none of the company's AS2 names: partners compare what a
// certificate says with the name they know.
func (s *Service) isOwn(ctx context.Context, org, name string) error {
	own, err := s.Names.Own(ctx, org)
	switch {
	case err != nil:
		return err
	case len(own) == 0:
		return fault.InvalidField("generate", "courier.no_name")
	case !slices.Contains(own, name):
		return fault.InvalidField("generate", "courier.name_not_yours", "Value", name, "Names", strings.Join(own, ", "))
	}
	return nil
}

// decoded takes base64 off a binary file that came as text.
func decoded(b []byte) []byte {
	if bytes.Contains(b, []byte("-----BEGIN")) || len(b) > 0 && b[0] == 0x30 {
		return b
	}
	out, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(b)), ""))
	if err != nil {
		return b
	}
	return out
}

func fileFault(err error) error {
	key := "courier.file_unread"
	switch {
	case errors.Is(err, as2.ErrPassword):
		return fault.InvalidField("password", "courier.password")
	case errors.Is(err, as2.ErrNoKey):
		key = "courier.no_key_in_file"
	case errors.Is(err, as2.ErrKeyEncrypted):
		key = "courier.key_encrypted"
	case errors.Is(err, as2.ErrNoMatch):
		key = "courier.key_differs"
	case errors.Is(err, as2.ErrNoCertificate):
		key = "courier.certificate_missing"
	}
	return fault.InvalidField("certificate", key)
}

// PEM is the certificate as text that other programs take.
func (c Certificate) PEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER}))
}

// Limit is the largest message taken, in bytes.
func (s *Service) Limit() int64 { return s.opt.Limit }
