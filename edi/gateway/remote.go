package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"path"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
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
	Out         string // folder to deliver to; empty: none
	Every       time.Duration
	Failing     string    // key of the last failure; empty when it worked
	Checked     time.Time // when it last worked
	Next        time.Time
}

// RemoteCmd describes a Remote. A password or a private key (PEM), or both.
type RemoteCmd struct {
	Name, Addr, Login string
	Password, Key     string
	HostKey           string
	In, Done, Out     string
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
	remoteTime    = 2 * time.Minute // one turn at one server
	remotesAtOnce = 4
	maxBackoff    = time.Hour
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
	if c.Login == "" || len(c.Login) > 120 {
		bad.With("login", "form.invalid")
	}
	if key, err := sftp.CheckHostKey(c.HostKey); err != nil {
		bad.With("host_key", "sftp.host_key_wrong")
	} else {
		c.HostKey = key
	}
	if c.Password == "" && c.Key == "" {
		bad.With("password", "sftp.secret_missing")
	}
	if err := sftp.CheckKey([]byte(c.Key)); c.Key != "" && err != nil {
		bad.With("key", "sftp.key_wrong")
	}
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
	if c.Every <= 0 {
		c.Every = time.Minute
	}
	c.Every = max(c.Every, minEvery)
	return bad.OrNil()
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

// Add makes a remote of the actor's company; it is looked at soon.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (the name is taken, or
// too many).
func (s *Remotes) Add(ctx context.Context, actor access.Actor, cmd RemoteCmd) (Remote, error) {
	if err := access.Check(actor, access.EDIDoors, access.Own(actor.Org)); err != nil {
		return Remote{}, err
	}
	if err := cmd.check(); err != nil {
		return Remote{}, err
	}
	r := remoteRow{
		OrgID: actor.Org, ID: db.NewID(), Name: cmd.Name, Addr: cmd.Addr, Login: cmd.Login, HostKey: cmd.HostKey, InPath: cmd.In, DonePath: cmd.Done,
		OutPath: cmd.Out, Every: int64(cmd.Every / time.Second), MadeBy: actor.Person,
	}
	r.Sealed = s.secrets.Seal([]byte(asJSON(remoteSecret{cmd.Password, cmd.Key})), about(r.OrgID, r.ID))
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
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
		rows, err := remotesOf(ctx, actor.Org)
		for i := range rows {
			out = append(out, rows[i].view())
		}
		return err
	})
	return out, err
}

// Remove ends a remote. Codes: Unauthenticated, NotFound, Forbidden.
func (s *Remotes) Remove(ctx context.Context, actor access.Actor, id string) error {
	if err := access.Check(actor, access.EDIDoors, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		gone, err := deleteRemote(ctx, actor.Org, id)
		if err != nil {
			return err
		}
		if !gone {
			return notFound()
		}
		return noteRemote(ctx, actor, "edi.remote.remove", id)
	})
}

// Check signs in at a remote and looks into its folders, and changes nothing there.
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
		if _, err := c.List(ctx, dir, 1); err != nil {
			return err
		}
	}
	return nil
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

func (r *remoteRow) view() Remote {
	return Remote{
		ID: r.ID, Name: r.Name, Addr: r.Addr, Login: r.Login, HostKey: r.HostKey, In: r.InPath, Done: r.DonePath, Out: r.OutPath,
		Every: time.Duration(r.Every) * time.Second, Failing: r.LastError, Checked: instant(r.Checked), Next: instant(r.NextAt),
	}
}

// remoteSource is the folder we fetch from.
type remoteSource struct {
	c *sftp.Client
	r *remoteRow
}

func (s remoteSource) list(ctx context.Context) ([]sftp.File, error) {
	return s.c.List(ctx, s.r.InPath, maxPicked+1)
}

func (s remoteSource) at(name string) string { return path.Join(s.r.InPath, name) }

func (s remoteSource) stat(name string) (sftp.File, error) { return s.c.Stat(s.at(name)) }

func (s remoteSource) get(name string, w io.Writer, limit int64) (int64, error) {
	return s.c.Get(s.at(name), w, limit)
}

func (s remoteSource) done(name string) error {
	if s.r.DonePath == "" {
		return s.c.Remove(s.at(name))
	}
	return s.c.Move(s.at(name), path.Join(s.r.DonePath, name))
}

// refused leaves the file: it is the company's to mend, and the reason stands in its
// mailbox.
func (remoteSource) refused(string, string) error { return nil }

// PickupName is the name of the drain that looks into others' servers and folders.
const PickupName = "edi-pickup"

// Pickup fetches from and delivers to companies' own servers, and takes files from
// the operator's folder.
type Pickup struct {
	*Remotes
	s      *Service
	box    *Mailbox
	orgs   Companies
	folder string
	temp   string
	looked time.Time // when the folder was looked at; the drain's own
}

// Companies finds a company by its short name; empty when there is none. It is
// implemented by portal/app.
type Companies interface {
	CompanyOf(ctx context.Context, slug string) (id string, err error)
}

// PickupConfig is what a Pickup works with.
type PickupConfig struct {
	Remotes   *Remotes
	Companies Companies
	Folder    string // the operator's; empty: none
	Temp      string // folder for what is being fetched
}

// NewPickup binds the drain; call it before Jobs.Start.
func NewPickup(s *Service, box *Mailbox, c PickupConfig) *Pickup {
	p := &Pickup{Remotes: c.Remotes, s: s, box: box, orgs: c.Companies, folder: c.Folder, temp: c.Temp}
	s.jobs.Drain(PickupName, p.drain)
	return p
}

// drain looks into the folder and works through the remotes that are due, some at
// once: a server that answers slowly delays nobody. It returns when none is at work.
func (p *Pickup) drain(ctx context.Context) (bool, error) {
	var running int
	ended := make(chan struct{})
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	stopping := ctx.Done()
	var failure error
	for {
		if ctx.Err() == nil && failure == nil {
			folder := p.lookIntoFolder(ctx)
			claimed, err := p.claim(ctx, remotesAtOnce-running)
			failure = errors.Join(folder, err)
			for i := range claimed {
				running++
				go func() {
					p.turn(ctx, &claimed[i])
					ended <- struct{}{}
				}()
			}
		}
		if running == 0 {
			return false, failure
		}
		select {
		case <-ended:
			running--
		case <-tick.C:
		case <-stopping:
			stopping = nil // wait for them; their connections end with ctx
		}
	}
}

// claim takes what is due; a claim lapses when whoever held it died.
func (p *Pickup) claim(ctx context.Context, room int) (out []remoteRow, err error) {
	if room <= 0 {
		return nil, nil
	}
	now := p.db.Clock()
	var due []remoteRow
	if err := p.db.View(ctx, func(ctx context.Context) (err error) {
		due, err = remotesDue(ctx, db.Micros(now), room)
		return err
	}); err != nil || len(due) == 0 {
		return nil, err
	}
	err = p.db.InTx(ctx, func(ctx context.Context) error {
		out = nil
		for _, r := range due {
			ok, err := changeRemote(ctx, &r, map[string]any{"fence": r.Fence + 1, "next_at": db.Micros(now.Add(2 * remoteTime))})
			if err != nil {
				return err
			}
			if ok {
				r.Fence++
				out = append(out, r)
			}
		}
		return nil
	})
	return out, err
}

// turn fetches and delivers once, and settles when the next one is: at the pace agreed
// on, or after a failure with growing pauses.
func (p *Pickup) turn(ctx context.Context, r *remoteRow) {
	err := p.visit(ctx, r)
	if ctx.Err() != nil {
		return // stopping: the claim lapses
	}
	now := p.db.Clock()
	every := time.Duration(r.Every) * time.Second
	values := map[string]any{"attempts": 0, "last_error": "", "checked": db.Micros(now), "next_at": db.Micros(now.Add(every))}
	if err != nil {
		key := fault.KeyOf(err)
		if key == "" {
			key = "error.internal"
		}
		p.s.log.Warn("a company's server could not be served", slog.String("remote", r.ID), slog.String("reason", key))
		wait := min(every<<min(r.Attempts, 12), maxBackoff)
		values = map[string]any{"attempts": r.Attempts + 1, "last_error": key, "next_at": db.Micros(now.Add(max(wait, every)))}
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if err := p.db.InTx(settle, func(ctx context.Context) error {
		_, err := changeRemote(ctx, r, values)
		return err
	}); err != nil {
		p.s.log.Error("a remote could not be settled", slog.String("remote", r.ID), slog.Any("cause", err))
	}
}

func (p *Pickup) visit(ctx context.Context, r *remoteRow) error {
	ctx, cancel := context.WithTimeout(ctx, remoteTime)
	defer cancel()
	c, err := p.connect(ctx, r)
	if err != nil {
		return err
	}
	defer c.Close()
	actor := access.Station("remote:"+r.ID, r.OrgID)
	if r.InPath != "" {
		err = p.pickup(ctx, actor, r.ID, remoteSource{c, r})
	}
	if r.OutPath != "" {
		err = errors.Join(err, p.push(ctx, actor, func(name string, body io.Reader) error { return c.Put(path.Join(r.OutPath, name), body) }))
	}
	return err
}
