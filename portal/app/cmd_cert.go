package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"entente/edi/courier"
	"entente/prm/access"
)

// maxCertFile bounds a certificate file, in bytes.
const maxCertFile = 1 << 20

// certCmd keeps the certificates of companies' AS2 stations, beside a running server.
func certCmd(ctx context.Context, e *env, args []string) (int, error) {
	const synopsis = "list --org SLUG [--all]  |  add FILE --org SLUG [--private] [--password-file FILE] [--purpose P] [--use-from DATE]\n" +
		"    generate AS2_NAME --org SLUG [--purpose P] [--use-from DATE]  |  retire ID --org SLUG  |  unpin ID --org SLUG  |  export ID --org SLUG  |  expiry [--org SLUG] [--days N]"
	fs := e.flags("cert")
	register(fs, "data", "database-url", "key-file")
	org := fs.String("org", "", "short name of the company in addresses")
	all := fs.Bool("all", false, "list: retired ones too")
	private := fs.Bool("private", false, "add: the file holds the private key as well (PEM or PKCS #12), since the company's station lives here")
	password := fs.String("password-file", "", "add: file with the password of a PKCS #12; - reads standard input")
	purpose := fs.String("purpose", string(courier.ForBoth), "both, sign or encrypt; https for that of the HTTPS server")
	from := fs.String("use-from", "", "when we begin to sign with it, or to encrypt for it: 2026-12-01 or 2026-12-01T08:00:00Z; at once when left out")
	days := fs.Int("days", 30, "expiry: those that end within so many days")
	asJSON := fs.Bool("json", false, "print JSON")
	rest, err := e.parse(fs, synopsis, args)
	if err != nil {
		return exitUsage, err
	}
	usage := misuse("usage: entente cert %s", synopsis)
	if len(rest) == 0 {
		return exitUsage, usage
	}
	what, rest := rest[0], rest[1:]
	takes := map[string]int{"list": 0, "expiry": 0, "add": 1, "generate": 1, "retire": 1, "unpin": 1, "export": 1}
	if n, ok := takes[what]; !ok || n != len(rest) || *org == "" && what != "expiry" {
		return exitUsage, usage
	}
	if !slices.Contains([]string{string(courier.ForBoth), string(courier.ForSigning), string(courier.ForCipher), string(courier.ForServer)}, *purpose) {
		return exitUsage, misuse("--purpose %q: it is both, sign, encrypt or https", *purpose)
	}
	file := courier.CertificateFile{Private: *private, Purpose: courier.Purpose(*purpose)}
	if file.UseFrom, err = instantOf(*from); err != nil {
		return exitUsage, misuse("--use-from: %v", err)
	}
	switch what {
	case "generate":
		file.Generate = rest[0]
	case "add":
		if rest[0] == "-" && *password == "-" {
			return exitUsage, misuse("the file and the password cannot both come from standard input")
		}
		if file.File, err = e.slurp(rest[0]); err != nil {
			return exitUsage, misuse("the certificate cannot be read: %v", err)
		}
		if *password != "" {
			secret, err := e.slurp(*password)
			if err != nil {
				return exitUsage, misuse("the password cannot be read: %v", err)
			}
			file.Password = strings.TrimRight(string(secret), "\r\n")
		}
	}
	code := exitOK
	err = e.beside(ctx, fs, *org, func(a *App, actor access.Actor) error {
		switch what {
		case "add", "generate":
			if a.secrets == nil && (file.Private || file.Generate != "") {
				return fmt.Errorf("%s, which seals private keys, is not there; name the server's with --key-file or its folder with --data", a.cfg.keyFile())
			}
			c, err := a.courier.AddFile(ctx, actor, file)
			if err != nil {
				return say(err)
			}
			return e.certificates([]courier.Certificate{c}, nil, *asJSON)
		case "retire":
			if err := a.courier.RetireCertificate(ctx, actor, rest[0]); err != nil {
				return say(err)
			}
			if *asJSON {
				return json.NewEncoder(e.out).Encode(map[string]string{"id": rest[0], "done": "retired"})
			}
			_, err := fmt.Fprintln(e.out, "it is out of use; what it signed is no longer taken")
			return err
		case "unpin":
			if err := a.courier.Unpin(ctx, actor, rest[0]); err != nil {
				return say(err)
			}
			if *asJSON {
				return json.NewEncoder(e.out).Encode(map[string]string{"id": rest[0], "done": "unpinned"})
			}
			_, err := fmt.Fprintln(e.out, "it is pinned for the HTTPS server no longer; for messages it stays what it was")
			return err
		case "expiry":
			var found int
			found, err := e.expiring(ctx, a, *org, *days, *asJSON)
			if found > 0 {
				code = exitFailed
			}
			return err
		}
		_, certs, err := a.courier.Station(ctx, actor, "", actor.Org)
		if err != nil {
			return say(err)
		}
		if what == "export" {
			for _, c := range certs {
				if c.ID == rest[0] || c.Fingerprint == strings.ToLower(rest[0]) {
					_, err := io.WriteString(e.out, c.PEM())
					return err
				}
			}
			return fmt.Errorf("%s has no certificate %q; entente cert list --all --org %s shows those it has", *org, rest[0], *org)
		}
		if !*all {
			certs = slices.DeleteFunc(certs, func(c courier.Certificate) bool { return !c.Retired.IsZero() })
		}
		return e.certificates(certs, nil, *asJSON)
	})
	return max(code, failed(err)), err
}

// slurp reads a small file, or standard input.
func (e *env) slurp(name string) ([]byte, error) {
	in := e.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	out, err := io.ReadAll(io.LimitReader(in, maxCertFile+1))
	if err == nil && len(out) > maxCertFile {
		err = fmt.Errorf("%s is larger than %d bytes", name, maxCertFile)
	}
	return out, err
}

// instantOf reads a day (its beginning in UTC) or an instant; empty is the zero time.
func instantOf(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither a day like 2026-12-01 nor an instant like 2026-12-01T08:00:00Z", s)
}

type listedCertificate struct {
	ID          string     `json:"id"`
	Company     string     `json:"company,omitempty"`
	State       string     `json:"state"` // in_use, coming, expired or retired
	Purpose     string     `json:"purpose"`
	HTTPS       bool       `json:"https,omitempty"` // the HTTPS server is called only where it shows it
	Private     bool       `json:"private"`         // its key lies here
	Subject     string     `json:"subject"`
	Algorithm   string     `json:"algorithm"`
	Fingerprint string     `json:"fingerprint"`
	NotAfter    time.Time  `json:"not_after"`
	DaysLeft    int        `json:"days_left"`
	UseFrom     time.Time  `json:"use_from"`
	Retired     *time.Time `json:"retired,omitempty"`
}

// certificates prints certificates, one a line. companies are the slugs beside them, nil
// where all are of one.
func (e *env) certificates(list []courier.Certificate, companies []string, asJSON bool) error {
	now := time.Now().UTC()
	rows := []listedCertificate{}
	for i, c := range list {
		r := listedCertificate{
			ID: c.ID, State: "in_use", Purpose: string(c.Purpose), HTTPS: c.Server, Private: c.Own, Subject: c.Subject, Algorithm: c.Algorithm, Fingerprint: c.Fingerprint,
			NotAfter: c.NotAfter, DaysLeft: int(c.NotAfter.Sub(now) / (24 * time.Hour)), UseFrom: c.UseFrom,
		}
		switch {
		case !c.Retired.IsZero():
			r.State, r.Retired = "retired", &c.Retired
		case now.After(c.NotAfter):
			r.State = "expired"
		case now.Before(c.UseFrom) || now.Before(c.NotBefore):
			r.State = "coming"
		}
		if companies != nil {
			r.Company = companies[i]
		}
		rows = append(rows, r)
	}
	if asJSON {
		return json.NewEncoder(e.out).Encode(rows)
	}
	for _, r := range rows {
		key := "certificate"
		if r.Private {
			key = "with key"
		}
		purpose := r.Purpose
		if r.HTTPS && purpose != string(courier.ForServer) {
			purpose += "+https"
		}
		company := ""
		if companies != nil {
			company = fmt.Sprintf("%-16s  ", r.Company)
		}
		if _, err := fmt.Fprintf(e.out, "%s%s  %-7s  %-7s  %-11s  %-10s  ends %s (%d days)  %.16s  %s\n", company, r.ID, r.State, purpose, key, r.Algorithm,
			r.NotAfter.Format(time.DateOnly), r.DaysLeft, r.Fingerprint, r.Subject); err != nil {
			return err
		}
	}
	return nil
}

// expiring prints the certificates in use of one company, or of all, that end within
// some days, and says how many they are.
func (e *env) expiring(ctx context.Context, a *App, slug string, days int, asJSON bool) (int, error) {
	orgs, err := a.accounts.PlatformOrgs(ctx, operator)
	if err != nil {
		return 0, say(err)
	}
	before := time.Now().AddDate(0, 0, days)
	var found []courier.Certificate
	companies := []string{}
	for _, o := range orgs {
		if slug != "" && o.Slug != slug {
			continue
		}
		_, certs, err := a.courier.Station(ctx, access.System("command", o.ID), "", o.ID)
		if err != nil {
			return 0, say(err)
		}
		for _, c := range certs {
			if c.Retired.IsZero() && c.NotAfter.Before(before) {
				found, companies = append(found, c), append(companies, o.Slug)
			}
		}
	}
	return len(found), e.certificates(found, companies, asJSON)
}
