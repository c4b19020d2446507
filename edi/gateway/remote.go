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
	Left        int      // files that we have and it lets us neither move nor remove
	Stuck       []string // names of files that lie there incomplete
	Idle        string   // the server of its company to which is delivered what this one was to get; empty: none
}

// RemoteCmd describes a Remote. A password or a private key (PEM), or both; of one that is
// changed neither, where those of before hold.
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

// check says what is wrong with a server. Where it keeps its secrets, none is needed: those of
// before hold.
func (c *RemoteCmd) check(keeps bool) error {
	bad := fault.New(fault.Invalid, "form.invalid")
	c.Name, c.Addr, c.Login = strings.TrimSpace(c.Name), strings.TrimSpace(c.Addr), strings.TrimSpace(c.Login)
	if c.Name == "" || len(c.Name) > 60 || text(c.Name, 60) != c.Name {
		bad.With("name", "form.invalid")
	}
	if !validAddr(c.Addr) {
		bad.With("addr", "sftp.addr_wrong")
	}
	if key, err := sftp.CheckHostKey(c.HostKey); err != nil {
		bad.With("host_key", "sftp.host_key_wrong")
	} else {
		c.HostKey = key
	}
	c.signIn(bad, keeps)
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

func validAddr(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	return err == nil && host != "" && port != "" && len(addr) <= 300
}

// signIn notes what is wrong with the name and the secrets.
func (c *RemoteCmd) signIn(bad *fault.Error, keeps bool) {
	if c.Login == "" || len(c.Login) > 120 {
		bad.With("login", "form.invalid")
	}
	if !keeps && !c.secret() {
		bad.With("password", "sftp.secret_missing")
	}
	if err := sftp.CheckKey([]byte(c.Key)); c.Key != "" && err != nil {
		bad.With("key", "sftp.key_wrong")
	}
}

func (c *RemoteCmd) secret() bool { return c.Password != "" || c.Key != "" }

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
	if err := cmd.check(false); err != nil {
		return Remote{}, err
	}
	r := remoteRow{OrgID: actor.Org, ID: db.NewID(), MadeBy: actor.Person}
	s.fill(&r, cmd)
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
		if err := r.alone(there); err != nil {
			return err
		}
		if err := moveAccount(ctx, actor.Org, "", r.account()); err != nil {
			return err
		}
		return noteRemote(ctx, actor, "edi.remote.add", r.ID)
	})
	return r.view(), err
}

// fill puts into a row what a company says of its server; a secret that is not given stays.
func (s *Remotes) fill(r *remoteRow, cmd RemoteCmd) {
	r.Name, r.Addr, r.Login, r.HostKey, r.InPath, r.DonePath, r.OutPath = cmd.Name, cmd.Addr, cmd.Login, cmd.HostKey, cmd.In, cmd.Done, cmd.Out
	r.Leaves, r.Network, r.Every = cmd.Leave, cmd.Network, int64(cmd.Every/time.Second)
	if cmd.secret() {
		r.Sealed = s.secrets.Seal([]byte(db.Text(remoteSecret{cmd.Password, cmd.Key})), about(r.OrgID, r.ID))
	}
}

// alone says that no other server of its company takes what this one would.
func (r *remoteRow) alone(there []remoteRow) error {
	for i := range there {
		if o := &there[i]; o.ID != r.ID && o.delivers() && r.delivers() {
			return fault.InvalidField("out", "sftp.out_taken", "Name", o.Name)
		}
	}
	return nil
}

// account is what agreements call the network into whose mailbox it puts what is for others;
// empty: none.
func (r *remoteRow) account() string {
	if !r.Network || r.OutPath == "" {
		return ""
	}
	return r.Name
}

// moveAccount holds what waits for an account that ends, and lets go what waited for one that begins.
func moveAccount(ctx context.Context, org, from, to string) error {
	if from == to {
		return nil
	}
	if from != "" {
		if err := holdForAccount(ctx, org, from); err != nil {
			return err
		}
	}
	if to == "" {
		return nil
	}
	return freeForAccount(ctx, org, to)
}

func noteRemote(ctx context.Context, actor access.Actor, action, id string) error {
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "edi_remote", SubjectID: id, Outcome: audit.Done})
}

// List gives the remotes of the actor's company, by name; secrets are never given.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Remotes) List(ctx context.Context, actor access.Actor) ([]Remote, error) {
	if err := access.Check(actor, access.EDIDoorsRead, access.Own(actor.Org)); err != nil {
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
		if err != nil {
			return err
		}
		stuck, err := incompleteOf(ctx, actor.Org)
		first := deliverer(rows)
		for i := range rows {
			out = append(out, rows[i].view())
			out[i].Stuck = stuck[rows[i].ID]
			if rows[i].delivers() && rows[i].ID != first.ID {
				out[i].Idle = first.Name
			}
			if !rows[i].Leaves {
				out[i].Left = left[rows[i].ID]
			}
		}
		return err
	})
	return out, err
}

// Get gives one of them. Codes: Unauthenticated, NotFound, Forbidden.
func (s *Remotes) Get(ctx context.Context, actor access.Actor, id string) (Remote, error) {
	list, err := s.List(ctx, actor)
	if i := slices.IndexFunc(list, func(r Remote) bool { return r.ID == id }); err == nil && i >= 0 {
		return list[i], nil
	}
	return Remote{}, cmp.Or(err, error(notFound()))
}

// Change makes a remote all that cmd says. It is looked at at once, or when a turn that is at
// work has learnt that it is of the past; files that were taken stay remembered. Without a
// password and a key those of before hold, unless the server is to show another host key:
// what one server was trusted with is told no other.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (also a second one to deliver to),
// Conflict (the name is taken).
func (s *Remotes) Change(ctx context.Context, actor access.Actor, id string, cmd RemoteCmd) (Remote, error) {
	if err := access.Check(actor, access.EDIDoors, access.Own(actor.Org)); err != nil {
		return Remote{}, err
	}
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := lockCounter(ctx, "edi remotes "+actor.Org); err != nil {
			return err
		}
		r, err := remoteByID(ctx, actor.Org, id)
		if err != nil {
			return err
		}
		cmd := cmd
		shown, _ := sftp.CheckHostKey(cmd.HostKey) // check says what is wrong with it
		if err := cmd.check(shown == "" || shown == r.HostKey); err != nil {
			return err
		}
		there, err := remotesOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		for i := range there {
			if o := &there[i]; o.ID != r.ID && o.Name == cmd.Name {
				return fault.New(fault.Conflict, "sftp.remote_taken", "Name", o.Name)
			}
		}
		was := r
		if s.fill(&r, cmd); !was.delivers() || r.OutPath != was.OutPath { // one of two from before may be mended otherwise
			if err := r.alone(there); err != nil {
				return err
			}
		}
		if err := moveAccount(ctx, actor.Org, was.account(), r.account()); err != nil {
			return err
		}
		now := db.Now(ctx)
		values := again(db.Micros(now))
		if r.HeldUntil > db.Micros(now) {
			values["next_at"] = min(r.HeldUntil, db.Micros(now.Add(fail.Pace(remoteLease)/2)))
		}
		values["fence"] = r.Fence + 1 // a turn under way settles nothing
		for name, v := range map[string]any{
			"name": r.Name, "addr": r.Addr, "login": r.Login, "sealed": r.Sealed, "host_key": r.HostKey, "in_path": r.InPath, "done_path": r.DonePath, "out_path": r.OutPath,
			"leaves": r.Leaves, "network": r.Network, "every": r.Every,
		} {
			values[name] = v
		}
		if ok, err := changeRemote(ctx, &was, values); err != nil || !ok {
			return cmp.Or(err, error(fault.New(fault.Conflict, "error.conflict")))
		}
		return noteRemote(ctx, actor, "edi.remote.change", id)
	})
	if err != nil {
		return Remote{}, err
	}
	return s.Get(ctx, actor, id)
}

// HostKey asks a server for its key, as a line and as a fingerprint, without signing in: for
// two people to compare before it is agreed on.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (the address), and what sftp.HostKey says.
func (s *Remotes) HostKey(ctx context.Context, actor access.Actor, addr string) (line, fingerprint string, err error) {
	if err := access.Check(actor, access.EDIDoors, access.Own(actor.Org)); err != nil {
		return "", "", err
	}
	if !validAddr(addr) {
		return "", "", fault.InvalidField("addr", "sftp.addr_wrong")
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return sftp.HostKey(ctx, s.dialer, addr)
}

// Remove ends a remote. What still waits for the mailbox of a network is held, until there
// is an account of that name again or it is released another way. Codes: Unauthenticated, NotFound, Forbidden.
func (s *Remotes) Remove(ctx context.Context, actor access.Actor, id string) error {
	if err := access.Check(actor, access.EDIDoors, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := lockCounter(ctx, "edi remotes "+actor.Org); err != nil { // its name as it is when it ends
			return err
		}
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
		if err := moveAccount(ctx, actor.Org, r.account(), ""); err != nil {
			return err
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

// ServerSaid says of a failure of Check that it is the server's, or of the way to it, for its
// company to mend.
func ServerSaid(err error) bool {
	f := fault.As(err)
	return slices.Contains([]fault.Code{fault.Unavailable, fault.Invalid, fault.Conflict}, f.Code) || strings.HasPrefix(f.Key, "sftp.") // what it denies too
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

// deliverer is the server to which what waits for a company goes: of several from before, when
// they were not refused, the oldest that works, so that a program that reads there misses
// nothing; where none does, the oldest. nil: none.
func deliverer(rows []remoteRow) (first *remoteRow) {
	for i := range rows {
		if r := &rows[i]; r.delivers() && (first == nil || r.before(first)) {
			first = r
		}
	}
	return first
}

func (r *remoteRow) before(o *remoteRow) bool {
	if r.dead() != o.dead() {
		return o.dead()
	}
	return r.older(o)
}

func (r *remoteRow) older(o *remoteRow) bool {
	return r.Created < o.Created || r.Created == o.Created && r.ID < o.ID
}

// dead says that nothing is to be expected of a server: it failed so often that its company was
// told. One that says no to something works, and its company mends that.
func (r *remoteRow) dead() bool {
	return r.Attempts >= toldTries && !slices.Contains(serverSaid, r.LastError)
}

func (r *remoteRow) view() Remote {
	return Remote{
		ID: r.ID, Name: r.Name, Addr: r.Addr, Login: r.Login, HostKey: r.HostKey, In: r.InPath, Done: r.DonePath, Out: r.OutPath, Leave: r.Leaves, Network: r.Network,
		Every: time.Duration(r.Every) * time.Second, Failing: r.LastError, Checked: instant(r.Checked), Next: instant(r.NextAt),
	}
}
