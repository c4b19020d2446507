package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"net"
	"path"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/db/fail"
	"entente/db/secret"
	"entente/edi/sftp"
	"entente/prm/access"
	"entente/prm/fault"
)

// Remote is a company's own SFTP server: we fetch what it sends from In and deliver
// what waits for it to Out.
type Remote struct {
	ID, Name    string
	Addr, Login string
	HostKey     string // as agreed on, see sftp.Remote
	In          string // folder to fetch from; empty: none
	Done        string // where files go that were taken; empty: they are removed
	Leave       bool   // they stay where they are
	Out         string // folder to deliver to; empty: none
	Network     bool   // an account at a network (VAN), called Name in agreements
	Every       time.Duration
	Failing     string    // key of the last failure; empty when it worked
	Checked     time.Time // when it last worked
	Next        time.Time
	Left        int // files that we have and it lets us neither move nor remove
}

// RemoteCmd describes a Remote. A password or a private key (PEM), or both.
type RemoteCmd struct {
	Name, Addr, Login string
	Password, Key     string
	HostKey           string
	In, Done, Out     string
	Leave             bool // taken files stay in In; not with Done
	Network           bool
	Every             time.Duration // default a minute, at least 15 s
}

// remoteSecret is what is sealed of a Remote.
type remoteSecret struct {
	Password string `json:"password,omitempty"`
	Key      string `json:"key,omitempty"`
}

// Bounds of remotes.
const (
	maxRemotes    = 10 // of one company
	minEvery      = 15 * time.Second
	remoteTime    = 2 * time.Minute // each way in one turn at one server, beyond which nothing is begun
	remoteLease   = 4 * time.Minute // of a turn, renewed while it lasts
	remotesAtOnce = 8
	maxBackoff    = time.Hour
	toldTries     = 5 // turns that fail before the company is told, unless it is refused
)

func (c *RemoteCmd) check() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	c.Name, c.Addr, c.Login = strings.TrimSpace(c.Name), strings.TrimSpace(c.Addr), strings.TrimSpace(c.Login)
	if c.Name == "" || len(c.Name) > 60 || text(c.Name, 60) != c.Name {
		bad.With("name", "form.invalid")
	}
	if host, port, err := net.SplitHostPort(c.Addr); err != nil || host == "" || port == "" || len(c.Addr) > 300 {
		bad.With("addr", "sftp.addr_wrong")
	}
	if key, err := sftp.CheckHostKey(c.HostKey); err != nil {
		bad.With("host_key", "sftp.host_key_wrong")
	} else {
		c.HostKey = key
	}
	c.signIn(bad)
	for name, p := range map[string]*string{"in": &c.In, "done": &c.Done, "out": &c.Out} {
		if *p = strings.TrimSpace(*p); *p == "" {
			continue
		}
		if len(*p) > 300 || text(*p, 300) != *p {
			bad.With(name, "form.invalid")
		}
		*p = path.Clean(*p)
	}
	if c.In == "" && c.Out == "" || c.In != "" && (c.In == c.Out || c.In == c.Done) {
		bad.With("in", "sftp.folders_wrong")
	}
	if c.Leave && c.Done != "" {
		bad.With("done", "sftp.done_and_leave")
	}
	if c.Every <= 0 {
		c.Every = time.Minute
	}
	c.Every = max(c.Every, fail.Pace(minEvery))
	return bad.OrNil()
}

// signIn notes what is wrong with the name and the secrets.
func (c *RemoteCmd) signIn(bad *fault.Error) {
	if c.Login == "" || len(c.Login) > 120 {
		bad.With("login", "form.invalid")
	}
	if c.Password == "" && c.Key == "" {
		bad.With("password", "sftp.secret_missing")
	}
	if err := sftp.CheckKey([]byte(c.Key)); c.Key != "" && err != nil {
		bad.With("key", "sftp.key_wrong")
	}
}

// Remotes keeps companies' own servers.
type Remotes struct {
	db      *db.DB
	secrets *secret.Box
	dialer  sftp.Dialer
}

// NewRemotes makes the service of companies' own servers.
func NewRemotes(d *db.DB, box *secret.Box, dialer sftp.Dialer) *Remotes {
	return &Remotes{d, box, dialer}
}

func about(org, id string) string { return "edi_remote " + org + " " + id }

// Add makes a remote of the actor's company; it is looked at soon. What waits for a company
// is delivered to one server.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (also a second one to deliver to),
// Conflict (the name is taken, or too many).
func (s *Remotes) Add(ctx context.Context, actor access.Actor, cmd RemoteCmd) (Remote, error) {
	if err := access.Check(actor, access.EDIDoors, access.Own(actor.Org)); err != nil {
		return Remote{}, err
	}
	if err := cmd.check(); err != nil {
		return Remote{}, err
	}
	r := remoteRow{
		OrgID: actor.Org, ID: db.NewID(), Name: cmd.Name, Addr: cmd.Addr, Login: cmd.Login, HostKey: cmd.HostKey, InPath: cmd.In, DonePath: cmd.Done,
		OutPath: cmd.Out, Leaves: cmd.Leave, Network: cmd.Network, Every: int64(cmd.Every / time.Second), MadeBy: actor.Person,
	}
	r.Sealed = s.secrets.Seal([]byte(db.Text(remoteSecret{cmd.Password, cmd.Key})), about(r.OrgID, r.ID))
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := lockCounter(ctx, "edi remotes "+actor.Org); err != nil {
			return err
		}
		there, err := remotesOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		if len(there) >= maxRemotes {
			return fault.New(fault.Conflict, "sftp.remotes_many", "Most", maxRemotes)
		}
		r.Created = db.Micros(db.Now(ctx))
		r.NextAt = r.Created
		fresh, err := insertRemote(ctx, &r)
		if err != nil {
			return err
		}
		if !fresh {
			return fault.New(fault.Conflict, "sftp.remote_taken", "Name", r.Name)
		}
		if i := slices.IndexFunc(there, func(o remoteRow) bool { return o.delivers() }); r.delivers() && i >= 0 {
			return fault.InvalidField("out", "sftp.out_taken", "Name", there[i].Name)
		}
		if r.Network && r.OutPath != "" {
			if err := freeForAccount(ctx, actor.Org, r.Name); err != nil {
				return err
			}
		}
		return noteRemote(ctx, actor, "edi.remote.add", r.ID)
	})
	return r.view(), err
}

func noteRemote(ctx context.Context, actor access.Actor, action, id string) error {
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "edi_remote", SubjectID: id, Outcome: audit.Done})
}

// List gives the remotes of the actor's company, by name; secrets are never given.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Remotes) List(ctx context.Context, actor access.Actor) ([]Remote, error) {
	if err := access.Check(actor, access.EDIDoors, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Remote
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = nil
		rows, err := remotesOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		left, err := leftOf(ctx, actor.Org)
		for i := range rows {
			out = append(out, rows[i].view())
			if !rows[i].Leaves {
				out[i].Left = left[rows[i].ID]
			}
		}
		return err
	})
	return out, err
}

// Remove ends a remote. What still waits for the mailbox of a network is held, until there
// is an account of that name again or it is released another way. Codes: Unauthenticated, NotFound, Forbidden.
func (s *Remotes) Remove(ctx context.Context, actor access.Actor, id string) error {
	if err := access.Check(actor, access.EDIDoors, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := remoteByID(ctx, actor.Org, id)
		if err != nil {
			return err
		}
		gone, err := deleteRemote(ctx, actor.Org, id)
		if err != nil {
			return err
		}
		if !gone {
			return notFound()
		}
		if r.Network {
			if err := holdForAccount(ctx, actor.Org, r.Name); err != nil {
				return err
			}
		}
		return noteRemote(ctx, actor, "edi.remote.remove", id)
	})
}

// Check signs in at a remote, looks into its folders, and writes a hidden file to the one that
// we deliver to and removes it: it may allow to look and no more. Where it works and a turn
// had failed, the next turn is at once.
// Codes: Unauthenticated, NotFound, Forbidden, and what sftp.Connect says, with a
// sentence for each.
func (s *Remotes) Check(ctx context.Context, actor access.Actor, id string) error {
	if err := access.Check(actor, access.EDIDoors, access.Own(actor.Org)); err != nil {
		return err
	}
	var r remoteRow
	if err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		r, err = remoteByID(ctx, actor.Org, id)
		return err
	}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	c, err := s.connect(ctx, &r)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, dir := range []string{r.InPath, r.DonePath, r.OutPath} {
		if dir == "" {
			continue
		}
		if _, err := c.List(ctx, dir, 1, nil); err != nil {
			return err
		}
	}
	if r.OutPath != "" {
		if err := c.Try(r.OutPath); err != nil {
			return err
		}
	}
	if r.LastError == "" {
		return nil
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		now := db.Micros(db.Now(ctx))
		if r, err = remoteByID(ctx, actor.Org, id); err != nil || r.HeldUntil > now { // the turn at work says how it is
			return err
		}
		_, err := changeRemote(ctx, &r, again(now))
		return err
	})
}

// SignIn says how a company's server is signed in to from now on: a name, and a password or a
// private key (PEM) or both. It is looked at at once, or when a turn that is at work has learnt that its
// sign-in is of the past; files that were taken stay remembered.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid.
func (s *Remotes) SignIn(ctx context.Context, actor access.Actor, id string, login, password, key string) error {
	if err := access.Check(actor, access.EDIDoors, access.Own(actor.Org)); err != nil {
		return err
	}
	cmd := RemoteCmd{Login: strings.TrimSpace(login), Password: password, Key: key}
	bad := fault.New(fault.Invalid, "form.invalid")
	if cmd.signIn(bad); bad.OrNil() != nil {
		return bad
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := remoteByID(ctx, actor.Org, id)
		if err != nil {
			return err
		}
		sealed := s.secrets.Seal([]byte(db.Text(remoteSecret{cmd.Password, cmd.Key})), about(r.OrgID, r.ID))
		now := db.Now(ctx)
		values := again(db.Micros(now))
		if r.HeldUntil > db.Micros(now) {
			values["next_at"] = min(r.HeldUntil, db.Micros(now.Add(fail.Pace(remoteLease)/2)))
		}
		values["login"], values["sealed"], values["fence"] = cmd.Login, sealed, r.Fence+1 // a turn under way settles nothing
		if ok, err := changeRemote(ctx, &r, values); err != nil || !ok {
			return cmp.Or(err, error(fault.New(fault.Conflict, "error.conflict")))
		}
		return noteRemote(ctx, actor, "edi.remote.sign_in", id)
	})
}

// again has a remote looked at at once, as if nothing had failed.
func again(now int64) map[string]any {
	return map[string]any{"attempts": 0, "last_error": "", "next_at": now}
}

func (s *Remotes) connect(ctx context.Context, r *remoteRow) (*sftp.Client, error) {
	plain, err := s.secrets.Open(r.Sealed, about(r.OrgID, r.ID))
	if err != nil {
		return nil, err
	}
	var sec remoteSecret
	if err := json.Unmarshal(plain, &sec); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "error.internal")
	}
	return sftp.Connect(ctx, s.dialer, sftp.Remote{Addr: r.Addr, User: r.Login, Password: sec.Password, Key: []byte(sec.Key), HostKey: r.HostKey})
}

// delivers says that what waits for its company goes there.
func (r *remoteRow) delivers() bool { return !r.Network && r.OutPath != "" }

func (r *remoteRow) view() Remote {
	return Remote{
		ID: r.ID, Name: r.Name, Addr: r.Addr, Login: r.Login, HostKey: r.HostKey, In: r.InPath, Done: r.DonePath, Out: r.OutPath, Leave: r.Leaves, Network: r.Network,
		Every: time.Duration(r.Every) * time.Second, Failing: r.LastError, Checked: instant(r.Checked), Next: instant(r.NextAt),
	}
}
