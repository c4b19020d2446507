package library

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"entente/chat/attach"
	"entente/chat/text"
	"entente/db"
	"entente/db/blob"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// stage takes a file that passes the rules, outside any transaction.
func (s *Service) stage(ctx context.Context, name string, body io.Reader) (File, *blob.Staged, error) {
	if body == nil {
		return File{}, nil, fault.InvalidField("file", "form.missing")
	}
	f := File{Name: attach.CleanName(name)}
	st, err := s.blobs.StageIf(ctx, body, attach.MaxFile, func(in io.ReadSeeker) (err error) {
		f.Type, err = attach.Pass(ctx, s.scan, f.Name, in)
		return err
	})
	if err != nil {
		return f, nil, err
	}
	f.Size, f.Hash = st.Size, st.Hash
	return f, st, nil
}

// Publish makes a document of the actor's company with its first version. Its partners are
// told when it is valid.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (too many), Invalid, TooLarge,
// Unavailable (not scanned).
func (s *Service) Publish(ctx context.Context, actor access.Actor, cmd Cmd, name string, body io.Reader) (ID, error) {
	if err := access.Check(actor, access.LibraryManage, access.Own(actor.Org)); err != nil {
		return "", err
	}
	if actor.Person == "" {
		return "", notFound()
	}
	choices, err := s.choices(ctx, actor.Org)
	if err != nil {
		return "", err
	}
	bad := cmd.check(choices, Audience{})
	if cmd.Key == "" || len(cmd.Key) > maxKey {
		bad.With("key", "room.key_wrong")
	}
	if err := bad.OrNil(); err != nil {
		return "", err
	}
	today, err := s.circle.Today(ctx, actor.Org)
	if err != nil {
		return "", err
	}
	id := ID("")
	made := func(ctx context.Context) error { // before, or there is no place
		had, there, err := byKey(ctx, actor.Person, cmd.Key)
		id = ID(had.ID) // none again where the transaction is run once more
		if err != nil || there {
			if err == nil && had.OwnerID != actor.Org {
				err = fault.New(fault.Conflict, "forum.key_used")
			}
			return err
		}
		n, err := countOf(ctx, actor.Org)
		if err == nil && n >= maxDocuments {
			err = fault.New(fault.Conflict, "library.full", "most", maxDocuments)
		}
		return err
	}
	// before the bytes are read: what is read and then refused would take its place for ever
	if err := s.view(ctx, actor, made); err != nil || id != "" {
		return id, err
	}
	f, st, err := s.stage(ctx, name, body)
	if err != nil {
		return "", err
	}
	err = s.change(ctx, actor, func(ctx context.Context) error {
		if err := made(ctx); err != nil || id != "" {
			return err
		}
		if err := st.InsertFor(ctx, actor.Org); err != nil {
			return err
		}
		now := db.Micros(db.Now(ctx))
		row := documentRow{ID: db.NewID(), OwnerID: actor.Org, Title: cmd.Title, About: cmd.About, Kind: cmd.Kind, Language: cmd.Language, ValidFrom: cmd.ValidFrom, Expires: cmd.Expires, Everyone: db.Flag(cmd.Audience.Everyone), Confirm: db.Flag(cmd.Confirm),
			Version: 1, Made: now, MadeBy: actor.Person, Changed: now, ClientKey: cmd.Key}
		if err := insertDocument(ctx, row); err != nil {
			return err
		}
		if err := setTargets(ctx, row.ID, cmd.Audience, choices.Partners); err != nil {
			return err
		}
		if err := insertVersion(ctx, row, f, "", actor.Person); err != nil {
			return err
		}
		id = ID(row.ID)
		return s.release(ctx, actor, row, f.Name, today, EventPublished, "library.published")
	})
	return id, err
}

// release has a document as it was just written be found and told of, and notes who did it.
func (s *Service) release(ctx context.Context, actor access.Actor, row documentRow, file, today, kind, action string) error {
	if err := found.Put(ctx, row.ID, row.Title, row.About, file); err != nil {
		return err
	}
	if err := s.announce(ctx, row, today, kind, actor.Person); err != nil {
		return err
	}
	return note(ctx, actor, action, row.ID)
}

// announce tells the partners of a document that is valid; one that is not yet is told of
// by Tick.
func (s *Service) announce(ctx context.Context, row documentRow, today, kind, person string) error {
	switch row.state(today) {
	case Scheduled: // then all are told who were not
		return setDocument(ctx, row.ID, row.OwnerID, map[string]any{"told": 0})
	case Withdrawn, Expired:
		return nil
	}
	if err := setDocument(ctx, row.ID, row.OwnerID, map[string]any{"told": row.Version}); err != nil {
		return err
	}
	return s.events.Publish(ctx, job.Event{Kind: kind, Orgs: []string{row.OwnerID}, Object: row.ID, Payload: Told{ID(row.ID), int(row.Version), row.OwnerID, person}})
}

// Renew puts a new version in the place of the present one and returns its number.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (withdrawn, too many), Invalid,
// TooLarge, Unavailable (not scanned).
func (s *Service) Renew(ctx context.Context, actor access.Actor, id ID, what, name string, body io.Reader) (int, error) {
	may := func(ctx context.Context) (documentRow, error) {
		row, err := owned(ctx, actor, access.LibraryManage, id)
		switch {
		case err != nil:
			return row, err
		case actor.Person == "":
			return row, notFound()
		case row.Withdrawn != 0:
			return row, fault.New(fault.Conflict, "library.is_withdrawn")
		case row.Version >= maxVersions:
			return row, fault.New(fault.Conflict, "library.full", "most", maxVersions)
		}
		return row, nil
	}
	// before the bytes are read
	if err := s.view(ctx, actor, func(ctx context.Context) error { _, err := may(ctx); return err }); err != nil {
		return 0, err
	}
	what = strings.TrimSpace(what)
	bad := fault.New(fault.Invalid, "form.invalid")
	text.Check(bad, "note", what, 0, maxNote, false)
	if err := bad.OrNil(); err != nil {
		return 0, err
	}
	today, err := s.circle.Today(ctx, actor.Org)
	if err != nil {
		return 0, err
	}
	f, st, err := s.stage(ctx, name, body)
	if err != nil {
		return 0, err
	}
	number := 0
	err = s.change(ctx, actor, func(ctx context.Context) error {
		if err := lock(ctx, id); err != nil {
			return err
		}
		row, err := may(ctx)
		if err != nil {
			return err
		}
		last, err := readVersion(ctx, id, int(row.Version))
		if err != nil {
			return err
		}
		if number = int(row.Version); last.Hash == f.Hash && last.Name == f.Name { // sent twice
			return nil
		}
		if err := st.InsertFor(ctx, actor.Org); err != nil {
			return err
		}
		row.Version++
		if err := insertVersion(ctx, row, f, what, actor.Person); err != nil {
			return err
		}
		if err := setDocument(ctx, row.ID, row.OwnerID, map[string]any{"version": row.Version, "changed": db.Micros(db.Now(ctx)), "reminded": 0}); err != nil {
			return err
		}
		number = int(row.Version)
		return s.release(ctx, actor, row, f.Name, today, EventChanged, "library.renewed")
	})
	return number, err
}

// Change sets what a document says of itself and to whom it goes. Who is addressed now and
// was not before is told; who is no more finds nothing of it.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid.
func (s *Service) Change(ctx context.Context, actor access.Actor, id ID, cmd Cmd) error {
	if err := s.may(ctx, actor, access.LibraryManage, id); err != nil {
		return err
	}
	choices, err := s.choices(ctx, actor.Org)
	if err != nil {
		return err
	}
	today, err := s.circle.Today(ctx, actor.Org)
	if err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		row, err := held(ctx, actor, id)
		if err != nil {
			return err
		}
		had, err := audiencesOf(ctx, []string{row.ID})
		if err != nil {
			return err
		}
		if err := cmd.check(choices, had[row.ID]).OrNil(); err != nil {
			return err
		}
		v, err := readVersion(ctx, id, int(row.Version))
		if err != nil {
			return err
		}
		row.Title, row.About, row.Kind, row.Language, row.ValidFrom, row.Expires = cmd.Title, cmd.About, cmd.Kind, cmd.Language, cmd.ValidFrom, cmd.Expires
		if err := setDocument(ctx, row.ID, row.OwnerID, map[string]any{"title": row.Title, "about": row.About, "kind": row.Kind, "language": row.Language, "valid_from": row.ValidFrom, "expires": row.Expires,
			"everyone": db.Flag(cmd.Audience.Everyone), "confirm": db.Flag(cmd.Confirm)}); err != nil {
			return err
		}
		if err := setTargets(ctx, row.ID, cmd.Audience, choices.Partners); err != nil {
			return err
		}
		return s.release(ctx, actor, row, v.Name, today, EventPublished, "library.changed")
	})
}

// Withdraw takes a document away from its readers, or gives it back to them; who came to be
// addressed meanwhile is told then. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id ID, on bool) error {
	if err := s.may(ctx, actor, access.LibraryManage, id); err != nil {
		return err
	}
	today, err := s.circle.Today(ctx, actor.Org)
	if err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		row, err := held(ctx, actor, id)
		if err != nil || (row.Withdrawn != 0) == on {
			return err
		}
		at := int64(0)
		if on {
			at = db.Micros(db.Now(ctx))
		}
		if err := setDocument(ctx, row.ID, row.OwnerID, map[string]any{"withdrawn": at}); err != nil {
			return err
		}
		if row.Withdrawn = at; !on {
			if err := s.announce(ctx, row, today, EventPublished, actor.Person); err != nil {
				return err
			}
		}
		return note(ctx, actor, map[bool]string{true: "library.withdrawn", false: "library.restored"}[on], row.ID)
	})
}

// Remind tells the addressed companies of which nobody has confirmed the present version,
// once in a while.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (nothing to confirm, not read by
// anybody now, reminded already).
func (s *Service) Remind(ctx context.Context, actor access.Actor, id ID) error {
	if err := s.may(ctx, actor, access.LibraryManage, id); err != nil {
		return err
	}
	today, err := s.circle.Today(ctx, actor.Org)
	if err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		row, err := held(ctx, actor, id)
		now := db.Now(ctx)
		switch {
		case err != nil:
			return err
		case row.Confirm == 0 || row.state(today) != Current:
			return fault.New(fault.Conflict, "library.nothing_to_confirm")
		case db.Micros(now.Add(-remindEvery)) < row.Reminded:
			return fault.New(fault.Conflict, "library.reminded")
		}
		if err := setDocument(ctx, row.ID, row.OwnerID, map[string]any{"reminded": db.Micros(now)}); err != nil {
			return err
		}
		return s.events.Publish(ctx, job.Event{Kind: EventReminded, Orgs: []string{row.OwnerID}, Object: row.ID, Payload: Told{id, int(row.Version), row.OwnerID, actor.Person}})
	})
}

// Versions are all versions of a document of the actor's company, the latest first.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Versions(ctx context.Context, actor access.Actor, id ID) ([]Version, error) {
	var out []Version
	err := s.view(ctx, actor, func(ctx context.Context) error {
		if _, err := owned(ctx, actor, access.LibraryRead, id); err != nil {
			return err
		}
		rows, err := versionsOf(ctx, id)
		for _, v := range rows {
			out = append(out, Version{Number: int(v.Number), File: v.file(), Note: v.Note, Made: db.FromMicros(v.Made), MadeBy: v.MadeBy})
		}
		return err
	})
	return out, err
}

// Register is who read a version of a document of the actor's company, 0 is the present
// one: every company that is addressed, and those that were when they read it.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Register(ctx context.Context, actor access.Actor, id ID, number int) ([]Reader, error) {
	if err := s.may(ctx, actor, access.LibraryRegister, id); err != nil {
		return nil, err
	}
	partners, err := s.circle.Partners(ctx, actor.Org)
	if err != nil {
		return nil, err
	}
	var out []Reader
	err = s.view(ctx, actor, func(ctx context.Context) error {
		row, err := owned(ctx, actor, access.LibraryRegister, id)
		if err != nil {
			return err
		}
		if number == 0 {
			number = int(row.Version)
		}
		out, err = register(ctx, row, number, partners)
		return err
	})
	return out, err
}

func register(ctx context.Context, row documentRow, number int, partners []Partner) ([]Reader, error) {
	to, err := audiencesOf(ctx, []string{row.ID})
	if err != nil {
		return nil, err
	}
	a := to[row.ID]
	a.Everyone = row.Everyone != 0
	at := map[string]int{}
	var out []Reader
	for _, p := range partners {
		if _, twice := at[p.Org]; !twice && a.reaches(p) {
			at[p.Org] = len(out)
			out = append(out, Reader{Org: p.Org, Addressed: true})
		}
	}
	confirmed, err := confirmedBy(ctx, ID(row.ID), number)
	if err != nil {
		return nil, err
	}
	for _, org := range confirmed { // however many readings there are
		if i, ok := at[org]; ok {
			out[i].Confirmed = true
		}
	}
	rows, err := readingsOf(ctx, ID(row.ID), number)
	for _, r := range rows {
		i, ok := at[r.OrgID]
		if !ok {
			i = len(out)
			at[r.OrgID] = i
			out = append(out, Reader{Org: r.OrgID})
		}
		out[i].Confirmed = out[i].Confirmed || r.Confirmed != 0
		out[i].Readings = append(out[i].Readings, Reading{r.OrgID, r.PersonID, db.FromMicros(r.Seen), db.FromMicros(r.Fetched), int(r.Fetches), db.FromMicros(r.Confirmed)})
	}
	return out, err
}

// Addressed are the companies that a document reaches now and which of them confirmed its
// present version. For subscribers: system actors of its owner.
// Codes: NotFound.
func (s *Service) Addressed(ctx context.Context, actor access.Actor, id ID) (Document, []Reader, error) {
	if !strings.HasPrefix(actor.Via, "system:") {
		return Document{}, nil, notFound()
	}
	partners, err := s.circle.Partners(ctx, actor.Org)
	if err != nil {
		return Document{}, nil, err
	}
	today, err := s.circle.Today(ctx, actor.Org)
	if err != nil {
		return Document{}, nil, err
	}
	var d Document
	var out []Reader
	err = s.view(ctx, actor, func(ctx context.Context) error {
		row, err := owned(ctx, actor, access.LibraryRead, id)
		if err != nil {
			return err
		}
		got, err := dress(ctx, actor, []documentRow{row}, today)
		if err != nil {
			return err
		}
		d = got[0]
		if d.State == Current {
			out, err = register(ctx, row, int(row.Version), partners)
		}
		return err
	})
	return d, out, err
}

// told is how many documents Tick looks at together.
const told = 200

// settle keeps where the partners are that came after documents by country were saved.
func (s *Service) settle(ctx context.Context) error {
	var owners []string
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		owners, err = byCountry(ctx)
		return err
	})
	for _, owner := range owners {
		partners, e := s.circle.Partners(ctx, owner)
		err = errors.Join(err, e)
		var late []Partner
		err = errors.Join(err, s.db.View(ctx, func(ctx context.Context) error {
			late = nil
			for _, p := range partners {
				is, err := isUnplaced(ctx, owner, p.Org)
				if err != nil {
					return err
				}
				if is {
					late = append(late, p)
				}
			}
			return nil
		}))
		if len(late) == 0 {
			continue
		}
		err = errors.Join(err, s.db.InTx(db.WithOrgs(ctx, owner), func(ctx context.Context) error {
			for _, p := range late {
				if err := placeLate(ctx, owner, p); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return err
}

// Tick keeps where new partners are and tells of documents that have become valid. What
// cannot be told of delays no other.
func (s *Service) Tick(ctx context.Context) error {
	failed := s.settle(ctx)
	for after, full := "", true; full && ctx.Err() == nil; {
		var due []documentRow
		err := s.db.View(ctx, func(ctx context.Context) (err error) {
			now := db.Now(ctx) // somewhere it is tomorrow, elsewhere still yesterday
			due, err = untold(ctx, now.AddDate(0, 0, 1).Format(time.DateOnly), now.AddDate(0, 0, -1).Format(time.DateOnly), after, told)
			return err
		})
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, d := range due {
			after = d.ID
			failed = errors.Join(failed, s.tell(ctx, d))
		}
		full = len(due) == told
	}
	return errors.Join(failed, ctx.Err())
}

// tell tells of a document that is valid by now.
func (s *Service) tell(ctx context.Context, d documentRow) error {
	today, err := s.circle.Today(ctx, d.OwnerID)
	if err != nil || d.state(today) != Current {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, d.OwnerID), func(ctx context.Context) error {
		if err := lock(ctx, ID(d.ID)); err != nil {
			return err
		}
		row, err := readDocument(ctx, ID(d.ID))
		if err != nil || row.Told >= row.Version {
			return err
		}
		kind := EventChanged
		if row.Told == 0 {
			kind = EventPublished
		}
		return s.announce(ctx, row, today, kind, "")
	})
}
