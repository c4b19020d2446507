package courier

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"time"

	"entente/db"
	"entente/prm/fault"
)

// strengthOf names the key of a certificate and says whether it is taken: RSA of 1024
// bits (old partners have them) to 8192, or ECDSA.
func strengthOf(c *x509.Certificate) (string, bool) {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		n := k.N.BitLen()
		return fmt.Sprintf("RSA %d", n), n >= 1024 && n <= 8192
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Curve.Params().Name, true
	}
	return c.PublicKeyAlgorithm.String(), false
}

// pair is a certificate ready to work with; key is nil for a partner's.
type pair struct {
	Certificate
	x509 *x509.Certificate
	key  crypto.Signer
}

// ring are the certificates of one company at one instant, oldest first.
type ring []pair

// ringOf opens the certificates of a company that are in use, as they stand in a
// partnership, in the transaction of ctx.
func (s *Service) ringOf(ctx context.Context, org, partnership string) (ring, error) {
	rows, err := certificatesOf(ctx, false, org)
	if err != nil {
		return nil, err
	}
	said, err := confirmationsOf(ctx, org, partnership, rows)
	if err != nil {
		return nil, err
	}
	var out ring
	for _, r := range rows {
		c, err := x509.ParseCertificate(r.Der)
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal, "error.internal")
		}
		p := pair{Certificate: said.on(r.certificate()), x509: c}
		if len(r.Private) > 0 {
			der, err := s.Secrets.Open(r.Private, about(r.OrgID, r.Fingerprint))
			if err != nil {
				return nil, err
			}
			k, err := x509.ParsePKCS8PrivateKey(der)
			if err != nil {
				return nil, fault.Wrap(err, fault.Internal, "error.internal")
			}
			p.key, _ = k.(crypto.Signer)
		}
		out = append(out, p)
	}
	return out, nil
}

// own says whether the company's station lives here: one of its private keys does.
func (r ring) own() bool {
	for _, p := range r {
		if p.key != nil {
			return true
		}
	}
	return false
}

// newest is the certificate to begin something with (InUse). own asks for one whose
// private key is here.
func (r ring) newest(p Purpose, own bool, at time.Time, dated bool) (pair, bool) {
	var list []Certificate
	for _, c := range r {
		if !own || c.key != nil {
			list = append(list, c.Certificate)
		}
	}
	best, ok := InUse(list, p, at, dated)
	for _, c := range r {
		if ok && c.ID == best.ID {
			return c, true
		}
	}
	return pair{}, false
}

// all are the certificates that count for a purpose: what comes in may still use an old
// one, or already the next.
func (r ring) all(p Purpose, at time.Time) []pair {
	var out []pair
	for _, c := range r {
		if c.Valid(at) && c.fits(p) {
			out = append(out, c)
		}
	}
	return out
}

// Days before a certificate ends at which its company is told.
var noticeDays = []int64{30, 14, 7, 1}

// Expiring is told for a certificate that ends soon.
type Expiring struct {
	Org         string `json:"org"`
	Certificate string `json:"certificate"`
	Days        int64  `json:"days"`
	// Server says that it is that of the company's HTTPS server.
	Server bool `json:"server,omitempty"`
}

// Expire publishes EventExpiring for every certificate that comes within 30, 14, 7 or 1
// days of its end, once for each, and lets go of old counts of refusals. It is run daily.
func (s *Service) Expire(ctx context.Context) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		now := db.Now(ctx)
		if err := sweepRefused(ctx, db.Micros(now.AddDate(0, 0, -refusalDays))); err != nil {
			return err
		}
		for _, days := range noticeDays {
			rows, err := expiring(ctx, now.AddDate(0, 0, int(days)), days)
			if err != nil {
				return err
			}
			for _, r := range rows {
				left := int64(db.FromMicros(r.NotAfter).Sub(now).Hours()) / 24
				step := days
				for _, d := range noticeDays {
					if left < d {
						step = d
					}
				}
				if err := warned(ctx, r.OrgID, r.ID, step); err != nil {
					return err
				}
				if err := s.publish(ctx, EventExpiring, r.ID, Expiring{Org: r.OrgID, Certificate: r.ID, Days: max(left, 0), Server: r.certificate().Server}, r.OrgID); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
