package courier

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
)

// maxCertificates is how many a company may have in use at once.
const maxCertificates = 20

// Station gives how a company of a partnership, or the actor's own, is reached; of the other
// company of a closed Pair it is empty.
// Codes: NotFound.
func (s *Service) Station(ctx context.Context, actor access.Actor, partnership, org string) (Station, []Certificate, error) {
	if err := s.maySee(ctx, actor, partnership, org); err != nil {
		return Station{}, nil, err
	}
	if closed, err := s.closed(ctx, actor, partnership, org); err != nil || closed {
		return Station{Org: org}, nil, err
	}
	var st Station
	var out []Certificate
	err := s.DB.View(db.WithOrgs(ctx, actor.Org, org), func(ctx context.Context) (err error) {
		if st, err = stationOf(ctx, org); err != nil {
			return err
		}
		if org != actor.Org {
			st.User = "" // theirs to know
		}
		rows, err := certificatesOf(ctx, org == actor.Org, org)
		out = make([]Certificate, len(rows))
		if err != nil {
			return err
		}
		said, err := confirmationsOf(ctx, org, partnership, rows)
		for i := range rows {
			out[i] = said.on(rows[i].certificate())
		}
		return err
	})
	return st, out, err
}

// maySee says whether the actor may read the station of a company: its own, or that of
// the other side of a partnership.
func (s *Service) maySee(ctx context.Context, actor access.Actor, partnership, org string) error {
	if org == actor.Org {
		return access.Check(actor, access.StationRead, access.Own(org))
	}
	supplier, reseller, err := s.Names.Sides(ctx, actor, partnership)
	if err != nil {
		return err
	}
	if org != supplier && org != reseller {
		return notFound()
	}
	return access.Check(actor, access.StationRead, access.Shared(supplier, reseller))
}

// closed says that a company's station is none of the actor's business in a partnership.
func (s *Service) closed(ctx context.Context, actor access.Actor, partnership, org string) (bool, error) {
	if org == actor.Org {
		return false, nil
	}
	pairs, err := s.Names.SidesOf(ctx, actor, []string{partnership})
	return pairs[partnership].Closed, err
}

// StationCmd is where a company's own server takes messages, and what it asks of who calls.
type StationCmd struct {
	URL          string // http or https; empty: nowhere
	ReceiptHosts []string
	// Login is what the server asks of who calls it; nil: what was said before holds.
	Login *Login
}

// Login is a name and password for HTTP basic authentication (RFC 7617).
type Login struct {
	User     string // empty: none is asked for
	Password string // empty: that of before holds for the same User
}

// SetStation says where the actor's company takes messages: an http or https address,
// or none. hosts are further hosts to which it may ask for asynchronous receipts.
// Codes: NotFound, Forbidden, Invalid.
func (s *Service) SetStation(ctx context.Context, actor access.Actor, address string, hosts []string) (Station, error) {
	return s.SaveStation(ctx, actor, StationCmd{URL: address, ReceiptHosts: hosts})
}

// SaveStation is SetStation with the name and password that the company's server asks for.
// They are kept sealed and sent to that address alone, over https: who moves the address to
// another server says the password again, and who takes it away takes them away too.
// Codes: NotFound, Forbidden, Invalid.
func (s *Service) SaveStation(ctx context.Context, actor access.Actor, cmd StationCmd) (Station, error) {
	if err := access.Check(actor, access.StationManage, access.Own(actor.Org)); err != nil {
		return Station{}, err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	address := strings.TrimSpace(cmd.URL)
	if address != "" && !goodURL(address) {
		bad.With("url", "courier.url")
	}
	var clean []string
	for _, h := range cmd.ReceiptHosts {
		h = strings.ToLower(strings.TrimSpace(h))
		if h == "" {
			continue
		}
		if len(clean) == 20 || !goodHost(h) {
			bad.With("receipt_hosts", "courier.host", "Value", h)
			break
		}
		clean = append(clean, h)
	}
	if l := cmd.Login; l != nil {
		if !goodLogin(l.User) || strings.Contains(l.User, ":") {
			bad.With("http_user", "courier.http_user")
		}
		if !goodLogin(l.Password) {
			bad.With("http_password", "courier.http_password")
		}
	}
	if err := bad.OrNil(); err != nil {
		return Station{}, err
	}
	out := Station{Org: actor.Org, URL: address, ReceiptHosts: clean, ChangedBy: actor.Person}
	err := s.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		was, err := stationOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		sealed, err := stationSecret(ctx, actor.Org)
		if err != nil {
			return err
		}
		out.User = was.User
		if l := cmd.Login; l != nil {
			switch out.User = l.User; {
			case l.User == "":
				sealed = nil
			case l.Password != "":
				sealed = s.Secrets.Seal([]byte(l.Password), aboutLogin(actor.Org))
			case l.User != was.User:
				return fault.InvalidField("http_password", "courier.http_password_missing")
			}
		}
		fresh := cmd.Login != nil && cmd.Login.Password != ""
		if address == "" && !fresh { // there is nobody to say them to
			out.User, sealed = "", nil
		}
		if out.User != "" && !strings.HasPrefix(strings.ToLower(address), "https://") {
			return fault.InvalidField("url", "courier.http_plain")
		}
		if out.User != "" && !fresh && !sameOrigin(address, was.URL) {
			return fault.InvalidField("http_password", "courier.http_password_moved")
		}
		out.Changed = db.Now(ctx)
		if err := saveStation(ctx, out, sealed); err != nil {
			return err
		}
		if err := s.unlock(ctx, actor.Org, was.told, lockedReasons); err != nil {
			return err
		}
		return s.note(ctx, actor, "as2.station", "org", actor.Org, audit.Done)
	})
	return out, err
}

// goodLogin takes a name or password that fits into a header.
func goodLogin(s string) bool {
	return len(s) <= 200 && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// aboutLogin names a sealed password at a company's server.
func aboutLogin(org string) string { return "as2 login " + org }

func goodURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= 500 && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.Fragment == ""
}

// sameOrigin says whether two addresses name one server: scheme, host and port (RFC 6454 4).
func sameOrigin(a, b string) bool {
	x, err := url.Parse(a)
	y, err2 := url.Parse(b)
	if err != nil || err2 != nil {
		return false
	}
	port := func(u *url.URL) string {
		if u.Port() != "" {
			return u.Port()
		}
		return map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return x.Scheme == y.Scheme && strings.EqualFold(x.Hostname(), y.Hostname()) && port(x) == port(y)
}

// goodHost takes a host name or address, with or without a port.
func goodHost(s string) bool {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	return s != "" && len(s) <= 253 && !strings.ContainsAny(s, "/@, \t?#\\\"'<>")
}

// CertificateCmd is a certificate to be added for the actor's company. Key is its
// private key, where the company's station lives here.
type CertificateCmd struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
	Purpose     Purpose
	UseFrom     time.Time // zero: at once
}

// AddCertificate puts a certificate of the actor's company into use: it is trusted for
// what that company signs from now on. The first is used at once; one that follows another
// is announced to the partners (EventAnnounced), and signed with and encrypted for in a
// partnership from UseFrom on, once it is confirmed there (ConfirmCertificate). One that is
// there already is given back unchanged, but for a private key that it lacked.
// Codes: NotFound, Forbidden, Invalid (the key does not fit, expired, too weak),
// Conflict (too many).
func (s *Service) AddCertificate(ctx context.Context, actor access.Actor, cmd CertificateCmd) (Certificate, error) {
	if err := access.Check(actor, access.StationManage, access.Own(actor.Org)); err != nil {
		return Certificate{}, err
	}
	if cmd.Purpose == "" {
		cmd.Purpose = ForBoth
	}
	if !slices.Contains([]Purpose{ForBoth, ForSigning, ForCipher, ForServer}, cmd.Purpose) {
		return Certificate{}, fault.InvalidField("purpose", "courier.purpose")
	}
	if cmd.Purpose == ForServer { // counts at once, beside what is there
		if cmd.Key != nil {
			return Certificate{}, fault.InvalidField("certificate", "courier.holds_key")
		}
		cmd.UseFrom = time.Time{}
	}
	row, err := s.rowOf(actor, cmd)
	if err != nil {
		return Certificate{}, err
	}
	if len(row.Private) > 0 {
		row.Private = s.Secrets.Seal(row.Private, about(row.OrgID, row.Fingerprint))
	}
	var out certificateRow
	err = s.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = row // fn may run again
		now := db.Now(ctx)
		if now.After(db.FromMicros(row.NotAfter)) {
			return fault.InvalidField("certificate", "courier.expired", "On", db.FromMicros(row.NotAfter))
		}
		n, err := countCertificates(ctx, actor.Org)
		if err != nil {
			return err
		}
		if n >= maxCertificates {
			return fault.New(fault.Conflict, "courier.certificates_many", "most", maxCertificates)
		}
		out.ID, out.Created = db.NewID(), db.Micros(now)
		if out.UseFrom == 0 {
			out.UseFrom = out.Created
		}
		before, err := certificatesOf(ctx, false, actor.Org)
		if err != nil {
			return err
		}
		for _, r := range before {
			c := r.certificate()
			if c.Purpose == ForServer || cmd.Purpose == ForServer {
				continue
			}
			if c.Valid(now) && (c.fits(cmd.Purpose) || cmd.Purpose == ForBoth) {
				out.Announced = out.Created
			}
		}
		isNew, err := insertCertificate(ctx, &out)
		if err != nil {
			return err
		}
		if isNew && out.Announced > 0 {
			if err := s.publish(ctx, EventAnnounced, out.ID, Rollover{Org: actor.Org, Certificate: out.ID}, actor.Org); err != nil {
				return err
			}
		}
		if !isNew {
			fresh := out
			have, err := certificatesOf(ctx, true, actor.Org)
			for _, r := range have {
				if r.Fingerprint == row.Fingerprint {
					out = r
				}
			}
			if err == nil && out.Retired != 0 {
				err = fault.New(fault.Conflict, "courier.retired")
			}
			switch {
			case err != nil:
			case cmd.Purpose == ForServer && !out.certificate().Server:
				// That of the messages is the server's too: pinned from now on, else as it was.
				out.Purpose += andServer
				err = keepPurpose(ctx, out)
			case cmd.Purpose != ForServer && Purpose(out.Purpose) == ForServer:
				// That of the server signs or encrypts too, and stays the one of the server.
				out.Purpose, out.UseFrom, out.Announced = fresh.Purpose+andServer, fresh.UseFrom, fresh.Announced
				if err = keepPurpose(ctx, out); err == nil && out.Announced > 0 {
					err = s.publish(ctx, EventAnnounced, out.ID, Rollover{Org: actor.Org, Certificate: out.ID}, actor.Org)
				}
			}
			if err != nil || len(row.Private) == 0 || len(out.Private) > 0 {
				return err
			}
			out.Private = row.Private // the certificate was here, now its key came too
			if err := keepKey(ctx, actor.Org, out.ID, out.Private); err != nil {
				return err
			}
		}
		return s.note(ctx, actor, "as2.certificate", "certificate", out.ID, audit.Done)
	})
	return out.certificate(), err
}

// about names a sealed private key.
func about(org, fingerprint string) string { return "as2 key " + org + " " + fingerprint }

func (s *Service) rowOf(actor access.Actor, cmd CertificateCmd) (certificateRow, error) {
	c := cmd.Certificate
	if c == nil {
		return certificateRow{}, fault.InvalidField("certificate", "courier.certificate_missing")
	}
	algorithm, ok := strengthOf(c)
	if !ok {
		return certificateRow{}, fault.InvalidField("certificate", "courier.key_weak", "Algorithm", algorithm)
	}
	row := certificateRow{
		OrgID: actor.Org, Purpose: string(cmd.Purpose), Der: c.Raw, Fingerprint: fingerprint(c), Subject: nameOf(c.Subject.String()), Issuer: nameOf(c.Issuer.String()),
		Serial: fmt.Sprintf("%x", c.SerialNumber), Algorithm: algorithm, NotBefore: db.Micros(c.NotBefore), NotAfter: db.Micros(c.NotAfter), MadeBy: actor.Person,
	}
	if !cmd.UseFrom.IsZero() {
		row.UseFrom = db.Micros(cmd.UseFrom)
	}
	if cmd.Key != nil {
		if k, ok := cmd.Key.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !k.Equal(c.PublicKey) {
			return certificateRow{}, fault.InvalidField("key", "courier.key_differs")
		}
		der, err := x509.MarshalPKCS8PrivateKey(cmd.Key)
		if err != nil {
			return certificateRow{}, fault.InvalidField("key", "courier.key_kind")
		}
		row.Private = der
	}
	return row, nil
}

func nameOf(s string) string {
	if r := []rune(strings.ToValidUTF8(s, "?")); len(r) > 300 {
		return string(r[:300])
	}
	return strings.ToValidUTF8(s, "?")
}

// RetireCertificate takes a certificate of the actor's company out of use; what it
// signed is no longer taken. Safe to repeat.
// Codes: NotFound, Forbidden.
func (s *Service) RetireCertificate(ctx context.Context, actor access.Actor, id string) error {
	if err := access.Check(actor, access.StationManage, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		ok, err := retireCertificate(ctx, actor.Org, id)
		if err != nil || !ok {
			have, herr := certificatesOf(ctx, true, actor.Org)
			if err == nil {
				err = herr
			}
			if err == nil && !slices.ContainsFunc(have, func(r certificateRow) bool { return r.ID == id }) {
				err = notFound()
			}
			return err
		}
		return s.note(ctx, actor, "as2.retire", "certificate", id, audit.Done)
	})
}
