package gateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/db/job"
	"entente/edi/sftp"
	"entente/prm/access"
	"entente/prm/fault"
)

// remoteSource is the folder we fetch from.
type remoteSource struct {
	c *sftp.Client
	r *remoteRow
}

func (s remoteSource) list(ctx context.Context, wanted func(sftp.File) bool) ([]sftp.File, error) {
	return s.c.List(ctx, s.r.InPath, maxPicked+1, wanted)
}

func (s remoteSource) at(name string) string { return path.Join(s.r.InPath, name) }

func (s remoteSource) stat(name string) (sftp.File, error) { return s.c.Stat(s.at(name)) }

func (s remoteSource) get(name string, w io.Writer, limit int64) (int64, error) {
	return s.c.Get(s.at(name), w, limit)
}

func (s remoteSource) done(name string) error {
	if s.r.Leaves {
		return errStays
	}
	if s.r.DonePath == "" {
		return s.c.Remove(s.at(name))
	}
	return s.c.Move(s.at(name), path.Join(s.r.DonePath, name))
}

// refused leaves the file: it is the company's to mend, and the reason stands in its
// mailbox.
func (remoteSource) refused(string, string) error { return nil }

// PickupName is the name of the drain that looks into others' servers, FolderName of the one
// that looks into the operator's folder: one that lies on a slow network delays no server.
const (
	PickupName = "edi-pickup"
	FolderName = "edi-folder"
)

// Pickup fetches from and delivers to companies' own servers, and takes files from
// the operator's folder.
type Pickup struct {
	*Remotes
	s      *Service
	box    *Mailbox
	orgs   Companies
	folder string
	temp   string
	looked time.Time // when the folder was looked at; its drain's own
	span   time.Duration
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

// NewPickup binds the drains; call it before Jobs.Start.
func NewPickup(s *Service, box *Mailbox, c PickupConfig) *Pickup {
	p := &Pickup{Remotes: c.Remotes, s: s, box: box, orgs: c.Companies, folder: c.Folder, temp: c.Temp, span: remoteTime}
	s.jobs.Drain(PickupName, p.drain)
	s.jobs.Drain(FolderName, func(ctx context.Context) (bool, error) { return false, p.lookIntoFolder(ctx) })
	return p
}

// drain works through the remotes that are due, some at
// once: a server that answers slowly delays nobody. It returns when none is at work.
func (p *Pickup) drain(ctx context.Context) (bool, error) {
	running := 0
	return false, job.Crew(ctx, p.s.log, nil, func(begin func(work, ended func())) error {
		claimed, err := p.claim(ctx, remotesAtOnce-running)
		for i := range claimed {
			running++
			begin(func() { p.turn(ctx, &claimed[i]) }, func() { running-- })
		}
		return err
	})
}

// claim takes what is due; a claim lapses when whoever held it died.
func (p *Pickup) claim(ctx context.Context, room int) (out []remoteRow, err error) {
	if room <= 0 {
		return nil, nil
	}
	now := p.db.Clock()
	until := db.Micros(now.Add(fail.Pace(remoteLease)))
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
			ok, err := changeRemote(ctx, &r, map[string]any{"fence": r.Fence + 1, "next_at": until, "held_until": until})
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
	if err != nil {
		return nil, err // nobody knows whether they are ours
	}
	return out, nil
}

// turn fetches and delivers once, and settles when the next one is: at once where there is
// more, at the pace agreed on, or after a failure with growing pauses.
func (p *Pickup) turn(ctx context.Context, r *remoteRow) {
	held, stop := p.db.Renew(ctx, p.s.log.With(slog.String("remote", r.ID)), fail.Pace(remoteLease), func(ctx context.Context, until int64) (bool, error) {
		return changeRemote(ctx, r, map[string]any{"next_at": until, "held_until": until})
	})
	got, err := p.visit(held, r)
	if ours := stop(); !ours || ctx.Err() != nil {
		return // its sign-in was changed, or it is gone; or we are stopping, and the claim lapses
	}
	now := p.db.Clock()
	every := time.Duration(r.Every) * time.Second
	var told *RemoteEvent
	values := map[string]any{"attempts": 0, "last_error": "", "checked": db.Micros(now), "next_at": db.Micros(now.Add(every)), "held_until": 0}
	if got.more && got.did > 0 {
		values["next_at"] = db.Micros(now)
	}
	if err != nil {
		key := fault.KeyOf(err)
		if key == "" {
			key = "error.internal"
		}
		p.s.log.Warn("a company's server could not be served", slog.String("remote", r.ID), slog.String("reason", key), slog.Any("cause", err))
		wait := every
		if got.well == 0 && !ofDocument(err) { // what a server that works says no to delays nothing else
			wait = min(every<<min(r.Attempts, 12), maxBackoff)
		}
		refused := key == "sftp.signin_refused" || key == "sftp.host_key_other"
		if refused { // who comes with a wrong password again and again has the account locked
			wait = maxBackoff
		}
		if first := r.LastError != key; refused && first || !refused && r.Attempts+1 == toldTries {
			told = &RemoteEvent{Org: r.OrgID, Remote: r.ID, Name: r.Name, Reason: key, Refused: refused}
		}
		values = map[string]any{"attempts": r.Attempts + 1, "last_error": key, "next_at": db.Micros(now.Add(p.s.opt.stretched(max(wait, every)))), "held_until": 0}
	}
	settle, end := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer end()
	if err := p.db.InTx(settle, func(ctx context.Context) error {
		ok, err := changeRemote(ctx, r, values)
		if err != nil || !ok || told == nil {
			return err
		}
		return p.s.jobs.Publish(ctx, job.Event{Kind: EventRemote, Version: 1, Orgs: []string{r.OrgID}, Object: r.ID, Payload: told})
	}); err != nil {
		p.s.log.Error("a remote could not be settled", slog.String("remote", r.ID), slog.Any("cause", err))
	}
}

// visit delivers what waits and then fetches what lies there: what goes out is not to wait
// for what comes in. Each has its own time, at the end of which nothing more is begun.
func (p *Pickup) visit(ctx context.Context, r *remoteRow) (got progress, err error) {
	c, err := p.connect(ctx, r)
	if err != nil {
		return got, err
	}
	defer c.Close()
	actor := access.Station("remote:"+r.ID, r.OrgID)
	delivers, instead, err := p.delivers(ctx, r)
	if err != nil {
		return got, err
	}
	if delivers {
		to := p.push(actor, instead)
		if r.Network {
			to = p.mail(actor, r.Name)
		}
		to.put = func(name string, body io.Reader, size int64) error {
			return c.Put(path.Join(r.OutPath, name), body, size)
		}
		got, err = p.deliver(ctx, actor, to, time.Now().Add(p.span))
	}
	if got.gone && r.InPath != "" { // what broke the line keeps nothing from coming in
		c.Close()
		var failed error
		if c, failed = p.connect(ctx, r); failed != nil {
			return got, errors.Join(err, failed)
		}
		defer c.Close()
	}
	if r.InPath != "" {
		in, failed := p.pickup(ctx, actor, r.ID, remoteSource{c, r}, time.Now().Add(p.span))
		got.add(in)
		err = errors.Join(err, failed)
	}
	return got, err
}

// delivers says whether anything goes to a server, and whether that was to go to an older one.
func (p *Pickup) delivers(ctx context.Context, r *remoteRow) (delivers, instead bool, err error) {
	if !r.delivers() {
		return r.OutPath != "", false, nil
	}
	err = p.db.View(db.WithOrgs(ctx, r.OrgID), func(ctx context.Context) error {
		rows, err := remotesOf(ctx, r.OrgID)
		first := deliverer(rows)
		delivers = first != nil && first.ID == r.ID
		instead = slices.ContainsFunc(rows, func(o remoteRow) bool { return o.delivers() && o.dead() && o.older(r) })
		return err
	})
	return delivers, instead, err
}

func seenNow(org, source string, f sftp.File, state string, now time.Time) pickupRow {
	return pickupRow{OrgID: org, Source: source, Name: f.Name, Size: f.Size, Changed: db.Micros(f.At), State: state, Seen: db.Micros(now)}
}

// tellStuck tells a company once of each file that lies incomplete at its server.
func (p *Pickup) tellStuck(ctx context.Context, src source) error {
	remote, ok := src.(remoteSource)
	if !ok {
		return nil // the operator's
	}
	names, err := markTold(ctx, remote.r.OrgID, remote.r.ID)
	if err != nil || len(names) == 0 {
		return err
	}
	return p.s.jobs.Publish(ctx, job.Event{Kind: EventRemote, Version: 1, Orgs: []string{remote.r.OrgID}, Object: remote.r.ID, Payload: RemoteEvent{
		Org: remote.r.OrgID, Remote: remote.r.ID, Name: remote.r.Name, Reason: "sftp.incomplete", Files: SomeNames(names),
	}})
}

// SomeNames are names in a row, of many the first.
func SomeNames(names []string) string {
	const most = 5
	if len(names) > most {
		names = append(names[:most:most], "…")
	}
	return strings.Join(names, ", ")
}
