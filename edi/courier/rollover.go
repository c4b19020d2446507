package courier

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"

	"entente/db"
	"entente/db/audit"
	"entente/edi/as2"
	"entente/prm/access"
	"entente/prm/fault"
)

// ConfirmCertificate says for the actor's company that it takes a certificate which the
// other company of a partnership announced: its people compared the fingerprint, or put it
// into their software. From then on, and from its date, it is the one of that partnership;
// the one before is believed until it is retired. Safe to repeat.
// Codes: NotFound, Forbidden, Conflict (it is retired).
func (s *Service) ConfirmCertificate(ctx context.Context, actor access.Actor, partnership, certificate string) (Certificate, error) {
	if _, err := access.List(actor, access.StationRead); err != nil {
		return Certificate{}, err
	}
	supplier, reseller, err := s.Names.Sides(ctx, actor, partnership)
	if err != nil {
		return Certificate{}, err
	}
	if err := access.Check(actor, access.StationManage, access.Own(actor.Org)); err != nil {
		return Certificate{}, err
	}
	other := supplier
	if actor.Org == supplier {
		other = reseller
	}
	var out Certificate
	err = s.DB.InTx(db.WithOrgs(ctx, supplier, reseller), func(ctx context.Context) error {
		rows, err := certificatesOf(ctx, true, other)
		if err != nil {
			return err
		}
		said, err := confirmationsOf(ctx, other, partnership, rows)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.ID != certificate {
				continue
			}
			out = said.on(r.certificate())
			if !out.Retired.IsZero() {
				return fault.New(fault.Conflict, "courier.retired")
			}
			if !out.Pending() {
				return nil
			}
			return s.confirm(ctx, partnership, supplier, reseller, &out, HowPerson, actor)
		}
		return notFound()
	})
	return out, err
}

// TryCertificate sends a test message that is signed with a certificate of the actor's
// company which waits to be confirmed. A signed receipt for it says that the partner's
// software takes the certificate, and confirms it there.
// Codes: NotFound, Forbidden, Conflict (see Echo; courier.retired; courier.no_key: its
// private key is not here).
func (s *Service) TryCertificate(ctx context.Context, actor access.Actor, partnership, certificate string) (Echo, error) {
	return s.echoWith(ctx, actor, partnership, certificate)
}

// confirm keeps that a certificate is taken in a partnership, in the transaction of ctx.
func (s *Service) confirm(ctx context.Context, partnership, supplier, reseller string, c *Certificate, how string, actor access.Actor) error {
	now := db.Now(ctx)
	isNew, err := insertConfirmation(ctx, &confirmationRow{
		OrgID: c.Org, CertificateID: c.ID, PartnershipID: partnership, SupplierID: supplier, ResellerID: reseller, How: how, PersonID: actor.Person, At: db.Micros(now),
	})
	if err != nil || !isNew {
		return err
	}
	c.Confirmed, c.How, c.ConfirmedBy = now, how, actor.Person
	line := audit.Entry{Org: c.Org, Via: "as2", Action: "as2.confirm", SubjectKind: "certificate", SubjectID: c.ID, Outcome: audit.Done}
	if actor.Org != "" {
		line.Org, line.Person, line.Via = actor.Org, actor.Person, actor.Via
	}
	if err := audit.Write(ctx, line); err != nil {
		return err
	}
	return s.publish(ctx, EventConfirmed, c.ID, Rollover{Org: c.Org, Certificate: c.ID, Partnership: partnership, Supplier: supplier, Reseller: reseller, How: how}, supplier, reseller)
}

// fingerprint is the SHA-256 of a certificate, in hex.
func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// witness confirms the certificate of a company with which a document or a receipt was
// signed, where it waits for that: the company has its key and uses it.
func (s *Service) witness(ctx context.Context, partnership, supplier, reseller, org string, cert *x509.Certificate, how string, actor access.Actor) error {
	if cert == nil || partnership == "" {
		return nil
	}
	r, err := pendingCertificate(ctx, org, partnership, fingerprint(cert))
	if err != nil || r == nil {
		return err
	}
	c := r.certificate()
	return s.confirm(ctx, partnership, supplier, reseller, &c, how, actor)
}

// signerOf is the pinned certificate that a message was verified with; nil where it was
// not signed.
func signerOf(got *as2.Received) *x509.Certificate {
	if got.Signature == nil {
		return nil
	}
	return got.Signature.Certificate
}

// signedWith replaces the key that signs by that of a certificate of our own.
func (s *Service) signedWith(ctx context.Context, org, partnership, certificate string, rel *as2.Relation) (Certificate, error) {
	var out Certificate
	err := s.DB.View(db.WithOrgs(ctx, org), func(ctx context.Context) error {
		all, err := certificatesOf(ctx, true, org)
		if err != nil {
			return err
		}
		ours, err := s.ringOf(ctx, org, partnership)
		if err != nil {
			return err
		}
		for _, p := range ours {
			if p.ID == certificate {
				if p.key == nil || !p.fits(ForSigning) {
					return fault.New(fault.Conflict, "courier.no_key")
				}
				out, rel.Keys.Sign = p.Certificate, as2.Identity{Certificate: p.x509, Key: p.key}
				return nil
			}
		}
		for _, r := range all {
			if r.ID == certificate {
				return fault.New(fault.Conflict, "courier.retired")
			}
		}
		return notFound()
	})
	return out, err
}
