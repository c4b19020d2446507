package account

import (
	"context"
	"crypto/rsa"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
)

// Limits of the SFTP door's logins.
const (
	maxSFTPUsers = 20 // of one company
	maxSFTPKeys  = 10 // of one login
	minRSABits   = 2048
)

// SFTPUser is a login of a company's own system at the SFTP door.
type SFTPUser struct {
	ID, Org, Name string
	Keys          []SSHKey
	Password      bool // it may sign in by password
	Created, Used time.Time
}

// SSHKey is a public key that may sign in.
type SSHKey struct {
	Fingerprint string // "SHA256:…"
	Comment     string
}

// SFTPUserCmd asks for a login. The name is what the client signs in with, unique on
// the server. PasswordHash is a stored form (HashPassword); without one and without
// KeyOnly a password is made.
type SFTPUserCmd struct {
	Name         string
	Keys         []string // lines of an authorized_keys file
	KeyOnly      bool
	PasswordHash string
}

var sftpName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// check reads the keys. A company chooses names below its own short name: so none
// learns, by being refused one, who else is here.
func (c *SFTPUserCmd) check(actor access.Actor, slug string) ([]string, error) {
	bad := fault.New(fault.Invalid, "form.invalid")
	c.Name = strings.TrimSpace(c.Name)
	if !sftpName.MatchString(c.Name) || !system(actor) && c.Name != slug && !strings.HasPrefix(c.Name, slug+".") {
		bad.With("name", "account.sftp_name_wrong", "slug", slug)
	}
	keys, err := parseKeys(c.Keys)
	addFields(bad, err)
	if c.KeyOnly && len(keys) == 0 && err == nil {
		bad.With("key", "account.ssh_key_missing")
	}
	if _, _, _, err := decode(c.PasswordHash); c.PasswordHash != "" && (err != nil || !system(actor)) {
		bad.With("password", "account.password_known")
	}
	return keys, bad.OrNil()
}

// parseKeys gives the keys in their one stored form.
func parseKeys(lines []string) ([]string, error) {
	var out []string
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		key, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(l))
		if err != nil || len(options) > 0 || !strong(key) {
			return nil, fault.InvalidField("key", "account.ssh_key_wrong")
		}
		stored := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
		if comment = cleanComment(comment); comment != "" {
			stored += " " + comment
		}
		out = append(out, stored)
	}
	if len(out) > maxSFTPKeys {
		return nil, fault.InvalidField("key", "account.ssh_keys_many", "most", maxSFTPKeys)
	}
	return out, nil
}

// strong refuses what is no longer worth calling a key.
func strong(key ssh.PublicKey) bool {
	switch key.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256:
		return true
	case ssh.KeyAlgoRSA:
		c, ok := key.(ssh.CryptoPublicKey)
		if !ok {
			return false
		}
		k, ok := c.CryptoPublicKey().(*rsa.PublicKey)
		return ok && k.N.BitLen() >= minRSABits
	}
	return false
}

func cleanComment(s string) string {
	return cut(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }), " "), maxName)
}

// CreateSFTPUser makes a login of the actor's company and returns its password, which
// is shown once; empty with KeyOnly.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (the name is taken, or
// too many).
func (s *Service) CreateSFTPUser(ctx context.Context, actor access.Actor, cmd SFTPUserCmd) (string, SFTPUser, error) {
	if err := s.own(ctx, actor, access.EDIDoors); err != nil {
		return "", SFTPUser{}, err
	}
	var o Org
	if err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		o, err = readOrg(ctx, actor.Org)
		return err
	}); err != nil {
		return "", SFTPUser{}, err
	}
	return s.makeSFTPUser(ctx, actor, o, cmd)
}

// CreateSFTPUserFor makes a login of a company named by its slug. For the machine's own
// commands and demo data: system actors.
// Codes: as CreateSFTPUser.
func (s *Service) CreateSFTPUserFor(ctx context.Context, actor access.Actor, slug string, cmd SFTPUserCmd) (string, SFTPUser, error) {
	if !system(actor) {
		return "", SFTPUser{}, s.denied(ctx, actor, "sftp.create_for", orSignedOut(actor))
	}
	o, err := s.Directory().OrgBySlug(ctx, slug)
	if err != nil {
		return "", SFTPUser{}, err
	}
	actor.Org = o.ID
	return s.makeSFTPUser(ctx, actor, o, cmd)
}

func (s *Service) makeSFTPUser(ctx context.Context, actor access.Actor, o Org, cmd SFTPUserCmd) (string, SFTPUser, error) {
	keys, err := cmd.check(actor, o.Slug)
	if err != nil {
		return "", SFTPUser{}, err
	}
	secret, hash := "", cmd.PasswordHash
	if hash == "" && !cmd.KeyOnly {
		secret = lowerBase32.EncodeToString(randomBytes(20))
		if hash, err = s.hasher.hash(ctx, secret); err != nil {
			return "", SFTPUser{}, err
		}
	}
	r := sftpUserRow{OrgID: o.ID, ID: db.NewID(), Name: cmd.Name, Password: hash, PublicKeys: strings.Join(keys, "\n"), MadeBy: actor.Person}
	err = s.db.InTx(db.WithOrgs(ctx, o.ID), func(ctx context.Context) error {
		if err := lockOrg(ctx, o.ID); err != nil {
			return err
		}
		there, err := sftpUsersOf(ctx, o.ID)
		if err != nil {
			return err
		}
		if len(there) >= maxSFTPUsers {
			return fault.New(fault.Conflict, "account.sftp_users_many", "most", maxSFTPUsers)
		}
		r.Created = db.Micros(db.Now(ctx))
		fresh, err := insertSFTPUser(ctx, &r)
		if err != nil {
			return err
		}
		if !fresh {
			return fault.New(fault.Conflict, "account.sftp_name_taken", "name", cmd.Name)
		}
		return trail(ctx, actor, "sftp.make", "sftp_user", r.ID)
	})
	if err != nil {
		return "", SFTPUser{}, err
	}
	return secret, r.user(), nil
}

// SFTPUsers lists the logins of the actor's company, by name.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) SFTPUsers(ctx context.Context, actor access.Actor) ([]SFTPUser, error) {
	if err := access.Check(actor, access.EDIDoors, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []SFTPUser
	err := s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := sftpUsersOf(ctx, actor.Org)
		for _, r := range rows {
			out = append(out, r.user())
		}
		return err
	})
	return out, err
}

// RemoveSFTPUser ends a login; what it has open ends with its next request.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) RemoveSFTPUser(ctx context.Context, actor access.Actor, id string) error {
	if err := s.own(ctx, actor, access.EDIDoors); err != nil {
		return err
	}
	return s.tx(ctx, actor, func(ctx context.Context) error {
		gone, err := deleteSFTPUser(ctx, actor.Org, id)
		if err != nil {
			return err
		}
		if !gone {
			return errNotFound
		}
		return trail(ctx, actor, "sftp.remove", "sftp_user", id)
	})
}

// SFTPByPassword proves a login by its password. Before sign-in: an unknown name, a
// login without a password, a wrong password and a running pause get the same answer;
// all but the pause after the same work. Tries are counted by name and address
// together, so that a stranger elsewhere cannot lock a company's system out, and by
// address (Origin). Codes: Unauthenticated, Unavailable (too many at once).
func (s *Service) SFTPByPassword(ctx context.Context, name, password string) (access.Actor, error) {
	addr := addressKey(OriginOf(ctx).Addr)
	keys := []string{accountKey("sftp " + name + " " + addr), addr}
	if err := s.attempt(ctx, keys...); err != nil {
		if fault.CodeOf(err) == fault.RateLimited {
			err = wrong(SFTPPaused)
		}
		return access.Actor{}, err
	}
	r, err := s.sftpUser(ctx, name)
	if err != nil {
		return access.Actor{}, err
	}
	ok, err := s.hasher.verify(ctx, password, r.Password)
	if err != nil {
		return access.Actor{}, err
	}
	why := SFTPReason("")
	switch {
	case !ok && r.ID != "" && r.Password == "":
		why = SFTPNoPassword
	case !ok:
		why = SFTPPassword
	}
	return s.sftpIn(ctx, r, why, keys...)
}

// SFTPKnows says whether a public key, in its wire form, may sign in under a name.
// It proves nothing yet. Codes: Unauthenticated.
func (s *Service) SFTPKnows(ctx context.Context, name string, key []byte) error {
	r, err := s.sftpUser(ctx, name)
	switch {
	case err != nil:
		return err
	case r.ID == "":
		return wrong(SFTPUnknown)
	case !r.has(key):
		return wrong(SFTPKey)
	}
	return nil
}

// SFTPByKey opens the door to a login whose client proved to hold a public key, given
// in its wire form. Codes: Unauthenticated.
func (s *Service) SFTPByKey(ctx context.Context, name string, key []byte) (access.Actor, error) {
	r, err := s.sftpUser(ctx, name)
	if err != nil {
		return access.Actor{}, err
	}
	why := SFTPReason("")
	if !r.has(key) {
		why = SFTPKey
	}
	return s.sftpIn(ctx, r, why)
}

// SFTPStill says whether a login made by SFTPBy… may go on.
// Codes: Unauthenticated (removed, or its company is).
func (s *Service) SFTPStill(ctx context.Context, actor access.Actor) error {
	id, ok := strings.CutPrefix(actor.Via, "station:sftp:")
	if !ok {
		return errSignedOut
	}
	return s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := findSFTPUser(ctx, "id", id)
		if err == nil && (r.ID == "" || r.OrgID != actor.Org || !r.active) {
			err = errSignedOut
		}
		return err
	})
}

func (s *Service) sftpUser(ctx context.Context, name string) (r sftpUserRow, err error) {
	if !sftpName.MatchString(name) {
		return r, nil
	}
	err = s.db.View(ctx, func(ctx context.Context) error {
		r, err = findSFTPUser(ctx, "name", name)
		return err
	})
	return r, err
}

// quiet is how long good sign-ins of one login are not written down again: systems
// poll.
const quiet = time.Hour

// sftpIn lets a login in unless why says that its proof failed. A good sign-in is written
// down here, a bad one where the door tells of it (SFTPRefused).
func (s *Service) sftpIn(ctx context.Context, r sftpUserRow, why SFTPReason, keys ...string) (access.Actor, error) {
	switch {
	case r.ID == "":
		return access.Actor{}, wrong(SFTPUnknown)
	case why != "":
		return access.Actor{}, wrong(why)
	case !r.active:
		return access.Actor{}, wrong(SFTPDisabled)
	}
	line := audit.Entry{Org: r.OrgID, Via: "sftp", Action: "sftp.start", SubjectKind: "sftp_user", SubjectID: r.ID, Outcome: audit.Done, Addr: OriginOf(ctx).Addr}
	in := false
	err := s.db.InTx(db.WithOrgs(ctx, r.OrgID), func(ctx context.Context) (err error) {
		if in, err = touchSFTPUser(ctx, r, db.Micros(db.Now(ctx))); err != nil || !in {
			return err
		}
		if err := succeeded(ctx, slices.Clone(keys)...); err != nil || db.Now(ctx).Sub(db.FromMicros(r.Used)) < quiet {
			return err
		}
		return audit.Write(ctx, line)
	})
	if err != nil {
		return access.Actor{}, err
	}
	if !in {
		return access.Actor{}, wrong(SFTPUnknown)
	}
	return access.Station("sftp:"+r.ID, r.OrgID), nil
}
