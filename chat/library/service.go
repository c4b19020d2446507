package library

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"entente/chat/attach"
	"entente/chat/text"
	"entente/db"
	"entente/db/audit"
	"entente/db/blob"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// Circle tells with whom a company works and how they stand to each other. It is a port.
type Circle interface {
	// Partners are the companies that a company may address.
	Partners(ctx context.Context, owner string) ([]Partner, error)
	// Publishers are the companies that may address a company.
	Publishers(ctx context.Context, org string) ([]Standing, error)
	// Tiers are those that a company gives its partners.
	Tiers(ctx context.Context, owner string) ([]string, error)
	// Today is the civil date of a company.
	Today(ctx context.Context, org string) (string, error)
}

// Events takes events in the caller's transaction; *job.Jobs is one.
type Events interface {
	Publish(ctx context.Context, e job.Event) error
}

// The events of the library.
const (
	EventPublished = "library.Published" // a document, or to whom it was not addressed before
	EventChanged   = "library.Changed"   // a new version
	EventReminded  = "library.Reminded"  // who has not confirmed
)

// Told is the payload of the events: ids only.
type Told struct {
	Document ID     `json:"document"`
	Version  int    `json:"version"`
	Owner    string `json:"owner"`
	Person   string `json:"person,omitempty"` // who did it
}

// Service keeps the library. What is not addressed to the actor's company is NotFound.
type Service struct {
	db     *db.DB
	circle Circle
	events Events
	blobs  *blob.Store
	scan   attach.Scanner
}

// New makes the service. scan may be nil: then files are not scanned.
func New(d *db.DB, circle Circle, events Events, blobs *blob.Store, scan attach.Scanner) *Service {
	return &Service{db: d, circle: circle, events: events, blobs: blobs, scan: scan}
}

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

func (s *Service) view(ctx context.Context, actor access.Actor, fn func(context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, actor.Org), fn)
}

func (s *Service) change(ctx context.Context, actor access.Actor, fn func(context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), fn)
}

// load reads a document as the actor's company sees it and checks what is wanted of it.
// standings are what the company is to those that may address it.
func load(ctx context.Context, actor access.Actor, act access.Action, id ID, standings []Standing) (documentRow, error) {
	row, err := readDocument(ctx, id)
	if err != nil {
		return row, err
	}
	res := access.Own(row.OwnerID)
	if row.OwnerID != actor.Org {
		ok, err := addressed(ctx, actor.Org, id, standings)
		if err != nil {
			return row, err
		}
		if !ok {
			return row, notFound()
		}
		res.Members = []string{actor.Org}
	}
	if row.Kind == Prices && !access.Allowed(actor, access.LibraryPrices, res) {
		return row, notFound()
	}
	return row, access.Check(actor, act, res)
}

// owned reads a document of the actor's own company.
func owned(ctx context.Context, actor access.Actor, act access.Action, id ID) (documentRow, error) {
	return load(ctx, actor, act, id, nil)
}

// may checks what is wanted of a document of the actor's own company, before anything else
// is read for it.
func (s *Service) may(ctx context.Context, actor access.Actor, act access.Action, id ID) error {
	return s.view(ctx, actor, func(ctx context.Context) error {
		_, err := owned(ctx, actor, act, id)
		return err
	})
}

// held is a document of the actor's own company that is to be changed, with its lock.
func held(ctx context.Context, actor access.Actor, id ID) (documentRow, error) {
	if err := lock(ctx, id); err != nil {
		return documentRow{}, err
	}
	return owned(ctx, actor, access.LibraryManage, id)
}

// List lists the documents that the actor may read, the latest change first, and the cursor
// of the next part.
// Codes: Unauthenticated, Forbidden, Invalid.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) ([]Document, string, error) {
	scope, err := access.List(actor, access.LibraryRead)
	if err != nil {
		return nil, "", err
	}
	if f.Limit == 0 {
		f.Limit = pageRows
	}
	if f.Limit < 1 || f.Limit > mostRows {
		return nil, "", fault.InvalidField("limit", "form.out_of_range")
	}
	standings, today, err := s.standings(ctx, scope.Org(), f.Own)
	if err != nil {
		return nil, "", err
	}
	var out []Document
	next := ""
	err = s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := list(ctx, scope.Org(), actor.Person, f, standings, access.Allowed(actor, access.LibraryPrices, access.Own(actor.Org)), f.Limit+1)
		if err != nil {
			return err
		}
		if len(rows) > f.Limit {
			rows = rows[:f.Limit]
			last := rows[f.Limit-1]
			next = db.Cursor(last.Changed, last.ID)
		}
		out, err = dress(ctx, actor, rows, today)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return out, next, nil
}

// standings are what the company is to others, or of its own documents the date.
func (s *Service) standings(ctx context.Context, org string, own bool) (all []Standing, today string, err error) {
	if own {
		today, err = s.circle.Today(ctx, org)
		return nil, today, err
	}
	all, err = s.circle.Publishers(ctx, org)
	return all, "", err
}

// dress turns rows into documents as the actor sees them, with one read of files, readings
// and targets each.
func dress(ctx context.Context, actor access.Actor, rows []documentRow, today string) ([]Document, error) {
	ids := make([]string, len(rows))
	own := false
	for i, r := range rows {
		ids[i] = r.ID
		own = own || r.OwnerID == actor.Org
	}
	files, err := currentOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	read, err := readBy(ctx, actor.Org, actor.Person, ids)
	if err != nil {
		return nil, err
	}
	targets := map[string]Audience{}
	if own {
		if targets, err = audiencesOf(ctx, ids); err != nil {
			return nil, err
		}
	}
	out := make([]Document, len(rows))
	for i, r := range rows {
		v := files[r.ID]
		d := Document{ID: ID(r.ID), Owner: r.OwnerID, Title: r.Title, About: r.About, Kind: r.Kind, Language: r.Language, ValidFrom: r.ValidFrom, Expires: r.Expires,
			Confirm: r.Confirm != 0, Version: int(r.Version), File: v.file(), Note: v.Note, Changed: db.FromMicros(v.Made)}
		if r.OwnerID == actor.Org {
			d.Audience, d.MadeBy, d.State = targets[r.ID], r.MadeBy, r.state(today)
			d.Audience.Everyone = r.Everyone != 0
			d.CanManage = access.Allowed(actor, access.LibraryManage, access.Own(r.OwnerID))
		} else {
			mine := read[r.ID]
			switch {
			case mine.Last == 0:
				d.Mark = MarkNew
			case mine.Last < r.Version:
				d.Mark = MarkChanged
			}
			if mine.Last == r.Version {
				d.Confirmed = db.FromMicros(mine.Confirmed)
			}
			d.CanConfirm = d.Confirm && d.Confirmed.IsZero() && actor.Person != "" && access.Allowed(actor, access.LibraryConfirm, access.Resource{Owner: r.OwnerID, Members: []string{actor.Org}})
		}
		out[i] = d
	}
	return out, nil
}

// Read returns a document; of a reader it notes in the register that the page was opened.
// Mark is what it was before.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Read(ctx context.Context, actor access.Actor, id ID) (Document, error) {
	if _, err := access.List(actor, access.LibraryRead); err != nil {
		return Document{}, err
	}
	standings, today, err := s.both(ctx, actor.Org)
	if err != nil {
		return Document{}, err
	}
	var d Document
	note := false
	err = s.view(ctx, actor, func(ctx context.Context) error {
		row, err := load(ctx, actor, access.LibraryRead, id, standings)
		if err != nil {
			return err
		}
		got, err := dress(ctx, actor, []documentRow{row}, today)
		if err == nil {
			d = got[0]
			note = d.Mark != "" && actor.Person != ""
		}
		return err
	})
	if err == nil && note {
		err = s.change(ctx, actor, func(ctx context.Context) error {
			return noteReading(ctx, readingRow{DocumentID: string(id), Number: int64(d.Version), OrgID: actor.Org, PersonID: actor.Person, Seen: db.Micros(db.Now(ctx))})
		})
	}
	if err != nil {
		return Document{}, err
	}
	return d, nil
}

// Visible are those of some documents that Read would find, without a note in their register:
// however many they are, the company's standings are asked once.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Visible(ctx context.Context, actor access.Actor, ids []ID) (map[ID]bool, error) {
	if _, err := access.List(actor, access.LibraryRead); err != nil || len(ids) == 0 {
		return nil, err
	}
	standings, err := s.circle.Publishers(ctx, actor.Org)
	if err != nil {
		return nil, err
	}
	out := map[ID]bool{}
	err = s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := visible(ctx, actor.Org, ids, standings)
		for _, r := range rows {
			res := access.Own(r.OwnerID)
			if r.OwnerID != actor.Org {
				res.Members = []string{actor.Org}
			}
			if (r.Kind != Prices || access.Allowed(actor, access.LibraryPrices, res)) && access.Allowed(actor, access.LibraryRead, res) {
				out[ID(r.ID)] = true
			}
		}
		return err
	})
	return out, err
}

// both are the standings of a company and its own date.
func (s *Service) both(ctx context.Context, org string) ([]Standing, string, error) {
	standings, err := s.circle.Publishers(ctx, org)
	if err != nil {
		return nil, "", err
	}
	today, err := s.circle.Today(ctx, org)
	return standings, today, err
}

// Open gives the file of a version: to a reader the current one only, 0 is that. The
// register notes it.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Open(ctx context.Context, actor access.Actor, id ID, number int) (File, io.ReadSeekCloser, error) {
	if _, err := access.List(actor, access.LibraryRead); err != nil {
		return File{}, nil, err
	}
	standings, err := s.circle.Publishers(ctx, actor.Org)
	if err != nil {
		return File{}, nil, err
	}
	var f File
	note := int64(0)
	err = s.view(ctx, actor, func(ctx context.Context) error {
		row, err := load(ctx, actor, access.LibraryRead, id, standings)
		if err != nil {
			return err
		}
		if number == 0 {
			number = int(row.Version)
		}
		if row.OwnerID != actor.Org {
			if int64(number) != row.Version {
				return notFound()
			}
			note = row.Version
		}
		v, err := readVersion(ctx, id, number)
		f = v.file()
		return err
	})
	if err == nil && note != 0 && actor.Person != "" {
		err = s.change(ctx, actor, func(ctx context.Context) error {
			now := db.Micros(db.Now(ctx))
			return noteReading(ctx, readingRow{DocumentID: string(id), Number: note, OrgID: actor.Org, PersonID: actor.Person, Seen: now, Fetched: now, Fetches: 1})
		})
	}
	if err != nil {
		return File{}, nil, err
	}
	body, err := s.blobs.Open(ctx, f.Hash)
	return f, body, err
}

// Confirm notes that the actor has read a version of a document that asks for it. Safe to
// repeat.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (there is a newer version, or
// nothing to confirm).
func (s *Service) Confirm(ctx context.Context, actor access.Actor, id ID, version int) error {
	if _, err := access.List(actor, access.LibraryRead); err != nil {
		return err
	}
	standings, err := s.circle.Publishers(ctx, actor.Org)
	if err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		row, err := load(ctx, actor, access.LibraryConfirm, id, standings)
		switch {
		case err != nil:
			return err
		case actor.Person == "" || row.OwnerID == actor.Org:
			return notFound()
		case row.Confirm == 0:
			return fault.New(fault.Conflict, "library.nothing_to_confirm")
		case int64(version) != row.Version:
			return fault.New(fault.Conflict, "library.newer")
		}
		now := db.Micros(db.Now(ctx))
		if err := noteReading(ctx, readingRow{DocumentID: string(id), Number: row.Version, OrgID: actor.Org, PersonID: actor.Person, Seen: now, Confirmed: now}); err != nil {
			return err
		}
		return note(ctx, actor, "library.confirmed", row.ID)
	})
}

func note(ctx context.Context, actor access.Actor, action, id string) error {
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "document", SubjectID: id, Outcome: audit.Done})
}

// check is what is wrong with a document, as far as its text tells.
func (cmd *Cmd) check(c Choices, had Audience) *fault.Error {
	bad := fault.New(fault.Invalid, "form.invalid")
	cmd.Title, cmd.About = strings.TrimSpace(cmd.Title), text.Clean(cmd.About)
	text.Check(bad, "title", cmd.Title, 1, maxTitle, false)
	text.Check(bad, "about", cmd.About, 0, maxAbout, true)
	if !slices.Contains(Kinds, cmd.Kind) {
		bad.With("kind", "form.choice_wrong")
	}
	if cmd.Language != "" && !slices.Contains(Languages, cmd.Language) {
		bad.With("language", "form.choice_wrong")
	}
	for _, d := range []struct{ name, value string }{{"valid_from", cmd.ValidFrom}, {"expires", cmd.Expires}} {
		if _, err := time.Parse(time.DateOnly, d.value); d.value != "" && err != nil {
			bad.With(d.name, "error.date", "value", d.value)
		}
	}
	if cmd.Expires != "" && cmd.Expires < cmd.ValidFrom {
		bad.With("expires", "library.ends_first")
	}
	a := &cmd.Audience
	for _, l := range []*[]string{&a.Tiers, &a.Countries, &a.Orgs} {
		slices.Sort(*l)
		*l = slices.Compact(*l)
	}
	switch {
	case len(a.Tiers)+len(a.Countries)+len(a.Orgs) > maxTargets:
		bad.With("audience", "form.too_many", "most", maxTargets)
	case !a.Everyone && len(a.Orgs) == 0:
		bad.With("audience", "library.nobody")
	}
	if !a.Everyone {
		a.Tiers, a.Countries = nil, nil
	}
	for _, t := range a.Tiers {
		if !slices.Contains(c.Tiers, t) && !slices.Contains(had.Tiers, t) {
			bad.With("audience", "form.choice_wrong")
		}
	}
	for _, t := range a.Countries {
		if len(t) != 2 || t != strings.ToUpper(t) || strings.ContainsFunc(t, func(r rune) bool { return r < 'A' || r > 'Z' }) {
			bad.With("audience", "form.choice_wrong")
		}
	}
	for _, o := range a.Orgs { // whom it was addressed to before may stay
		if !slices.ContainsFunc(c.Partners, func(p Partner) bool { return p.Org == o }) && !slices.Contains(had.Orgs, o) {
			bad.With("audience", "forum.not_partner")
		}
	}
	return bad
}

// Choices are what the actor's company may address.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Choices(ctx context.Context, actor access.Actor) (Choices, error) {
	if err := access.Check(actor, access.LibraryManage, access.Own(actor.Org)); err != nil {
		return Choices{}, err
	}
	return s.choices(ctx, actor.Org)
}

func (s *Service) choices(ctx context.Context, org string) (c Choices, err error) {
	if c.Partners, err = s.circle.Partners(ctx, org); err != nil {
		return c, err
	}
	c.Tiers, err = s.circle.Tiers(ctx, org)
	return c, err
}
