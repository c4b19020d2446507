package forum

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"entente/chat/attach"
	"entente/chat/text"
	"entente/db"
	"entente/db/audit"
	"entente/db/blob"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// Partners tells with whom a company works. It is a port: prm/partner knows.
type Partners interface {
	// With lists the companies in an active partnership with the company.
	With(ctx context.Context, org string) ([]string, error)
}

// Events takes events in the caller's transaction; *job.Jobs is one.
type Events interface {
	Publish(ctx context.Context, e job.Event) error
}

// The events of the forum.
const (
	EventReplied  = "forum.Replied"
	EventAccepted = "forum.Accepted"
	EventFlagged  = "forum.Flagged"
)

// Told is the payload of the events: ids only.
type Told struct {
	Topic  TopicID `json:"topic"`
	Post   PostID  `json:"post,omitempty"`
	Person string  `json:"person"` // who did it
	Owner  string  `json:"owner"`  // owner of the category
}

// Service keeps the forum. What the actor's company has no seat for is NotFound.
type Service struct {
	db       *db.DB
	partners Partners
	events   Events
	blobs    *blob.Store // nil: no files
	scan     attach.Scanner
	tiers    Tiers // nil: none
}

// New makes the service. events may be nil in tests that do not look at them.
func New(d *db.DB, partners Partners, events Events) *Service {
	return &Service{db: d, partners: partners, events: events}
}

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

func (s *Service) view(ctx context.Context, actor access.Actor, fn func(context.Context) error) error {
	ctx, err := s.holding(ctx, actor)
	if err != nil {
		return err
	}
	return s.db.View(db.WithOrgs(ctx, actor.Org), fn)
}

func (s *Service) change(ctx context.Context, actor access.Actor, fn func(context.Context) error) error {
	ctx, err := s.holding(ctx, actor)
	if err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), fn)
}

// enter reads a category as the actor sees it and checks what is wanted of it. An open one
// is entered by companies that agreed; entering says that it must be.
func enter(ctx context.Context, actor access.Actor, act access.Action, id CategoryID, entering bool) (Category, error) {
	if !actor.Known() {
		return Category{}, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	row, seat, err := seatOf(ctx, id, actor.Org)
	if err != nil {
		return Category{}, err
	}
	c := category(row, seat)
	if err := access.Check(actor, act, c.resource(actor.Org)); err != nil {
		return Category{}, err
	}
	if entering && c.Locked() {
		return Category{}, notFound()
	}
	return c, nil
}

func category(row categoryRow, seat seatRow) Category {
	c := Category{ID: CategoryID(row.ID), Owner: row.OwnerID, Name: row.Name, About: row.About, Open: row.Open != 0, Closed: row.Closed != 0, Made: db.FromMicros(row.Made), Agreed: seat.Agreed != 0}
	c.Reply, c.Create = seat.MayReply != 0 && !c.Closed, seat.MayCreate != 0 && !c.Closed
	return c
}

// author is who wrote as the actor may know it: his own people and the owner's; the owner
// knows all; others are named where the category is open and both companies agreed.
func author(actor access.Actor, c Category, seats []seatRow, org, person string) Author {
	a := Author{Person: person, Org: org, Mine: own(actor, org, person), Owner: org == c.Owner}
	if org == actor.Org || a.Owner || actor.Org == c.Owner {
		return a
	}
	if c.Open && c.Agreed && slices.ContainsFunc(seats, func(s seatRow) bool { return s.OrgID == org && s.Agreed != 0 }) {
		return a
	}
	return Author{}
}

// own says that the actor wrote it, for the company he acts for now: what he wrote for
// another is that company's.
func own(actor access.Actor, org, person string) bool {
	return person == actor.Person && org == actor.Org
}

// counts says whether the actor may know how many others voted or answered: a number that
// counts the people of competitors tells that there are some.
func (c Category) counts(actor access.Actor) bool { return actor.Org == c.Owner || c.Open && c.Agreed }

// Categories lists the categories the actor's company has a seat in. Seats are shown to
// the owner alone.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Categories(ctx context.Context, actor access.Actor) ([]Category, error) {
	scope, err := access.List(actor, access.ForumRead)
	if err != nil {
		return nil, err
	}
	var out []Category
	err = s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := categoriesOf(ctx, scope.Org(), actor.Person)
		if err != nil {
			return err
		}
		var own, ids []string
		for _, r := range rows {
			c := category(r.Category, seatRow{MayReply: r.MayReply, MayCreate: r.MayCreate, Agreed: r.Agreed})
			if c.Unread = int(r.Fresh); c.Locked() {
				c.Unread = 0
			}
			if c.Owner == actor.Org {
				own = append(own, r.Category.ID)
			}
			ids = append(ids, r.Category.ID)
			out = append(out, c)
		}
		seats, err := seatsIn(ctx, own)
		if err != nil {
			return err
		}
		tiers, err := tiersIn(ctx, own)
		if err != nil {
			return err
		}
		for i := range out {
			out[i].Seats, out[i].Tiers = shown(out[i], seats[string(out[i].ID)]), tiers[string(out[i].ID)]
		}
		ndas, err := ndasOf(ctx, ids, actor.Person, actor.Org)
		for i := range out {
			if !out[i].Locked() {
				out[i].NDA = ndas[string(out[i].ID)]
			}
		}
		return err
	})
	return out, err
}

func shown(c Category, rows []seatRow) []Seat {
	var out []Seat
	for _, r := range rows {
		if r.OrgID != c.Owner && r.ByTier == 0 {
			out = append(out, Seat{r.OrgID, r.MayReply != 0, r.MayCreate != 0, r.Agreed != 0})
		}
	}
	return out
}

// Get returns a category.
// Codes: Unauthenticated, NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id CategoryID) (Category, error) {
	var c Category
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		if c, err = enter(ctx, actor, access.ForumRead, id, false); err != nil {
			return err
		}
		if !c.Locked() {
			ndas, err := ndasOf(ctx, []string{string(id)}, actor.Person, actor.Org)
			if err != nil {
				return err
			}
			c.NDA = ndas[string(id)]
		}
		if c.Owner != actor.Org {
			return nil
		}
		seats, err := seatsIn(ctx, []string{string(id)})
		if err != nil {
			return err
		}
		tiers, err := tiersIn(ctx, []string{string(id)})
		c.Seats, c.Tiers = shown(c, seats[string(id)]), tiers[string(id)]
		return err
	})
	if err != nil {
		return Category{}, err
	}
	return c, nil
}

// SaveCategory makes a category of the actor's company or changes one. It is shared with
// companies the own one works with, by name and by tier; a company whose seat is taken away finds nothing of it
// any more, what its people wrote stays. Consents to be named end when it is open no more.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (the name is taken).
func (s *Service) SaveCategory(ctx context.Context, actor access.Actor, cmd CategoryCmd) (CategoryID, error) {
	if cmd.ID == "" {
		if err := access.Check(actor, access.ForumManage, access.Own(actor.Org)); err != nil {
			return "", err
		}
	} else if err := s.view(ctx, actor, func(ctx context.Context) error {
		_, err := enter(ctx, actor, access.ForumManage, cmd.ID, false)
		return err
	}); err != nil {
		return "", err
	}
	cmd.Name, cmd.About = strings.TrimSpace(cmd.Name), strings.TrimSpace(cmd.About)
	bad := fault.New(fault.Invalid, "form.invalid")
	text.Check(bad, "name", cmd.Name, 1, maxName, false)
	text.Check(bad, "about", cmd.About, 0, maxAbout, false)
	cmd.NDA = cleanNDA(bad, cmd.NDA)
	with, err := s.partners.With(ctx, actor.Org)
	if err != nil {
		return "", err
	}
	names, err := s.tierNames(ctx, actor.Org)
	if err != nil {
		return "", err
	}
	if len(cmd.Seats) > maxSeats {
		bad.With("seats", "form.too_many", "most", maxSeats)
	}
	err = s.change(ctx, actor, func(ctx context.Context) error {
		row := categoryRow{ID: string(cmd.ID), OwnerID: actor.Org, Name: cmd.Name, About: cmd.About, Open: db.Flag(cmd.Open), Closed: db.Flag(cmd.Closed), Made: db.Micros(db.Now(ctx)), MadeBy: actor.Person}
		had, ending := map[string]bool{}, false
		var tiers []TierSeat
		if cmd.ID != "" {
			c, err := enter(ctx, actor, access.ForumManage, cmd.ID, false)
			if err != nil {
				return err
			}
			ending = c.Open && !cmd.Open
			seats, err := seatsIn(ctx, []string{row.ID})
			if err != nil {
				return err
			}
			for _, x := range seats[row.ID] {
				had[x.OrgID] = x.OrgID != c.Owner && x.ByTier == 0
			}
			by, err := tiersIn(ctx, []string{row.ID})
			if err != nil {
				return err
			}
			tiers = by[row.ID]
		}
		for _, x := range cmd.Seats { // who worked with us when it was shared may keep its seat
			if x.Org == actor.Org || !slices.Contains(with, x.Org) && !had[x.Org] {
				bad.With("seats", "forum.not_partner")
			}
		}
		checkTiers(bad, cmd.Tiers, names, tiers)
		if err := bad.OrNil(); err != nil {
			return err
		}
		if cmd.ID == "" {
			row.ID = db.NewID()
			if err := insertCategory(ctx, row); err != nil {
				return taken(err)
			}
			if err := putSeat(ctx, seatRow{CategoryID: row.ID, OrgID: actor.Org, MayReply: 1, MayCreate: 1, Agreed: row.Made, AgreedBy: actor.Person, Added: row.Made}); err != nil {
				return err
			}
		} else if err := updateCategory(ctx, row); err != nil {
			return taken(err)
		}
		if ending { // what is written from now on is of nobody, also should it open again
			if err := forgetAgreed(ctx, row.ID, actor.Org); err != nil {
				return err
			}
		}
		for _, x := range cmd.Seats {
			had[x.Org] = false
			if err := putSeat(ctx, seatRow{CategoryID: row.ID, OrgID: x.Org, MayReply: db.Flag(x.Reply || x.Create), MayCreate: db.Flag(x.Create), Added: db.Micros(db.Now(ctx))}); err != nil {
				return err
			}
		}
		for org, left := range had {
			if left {
				if err := dropSeat(ctx, row.ID, org); err != nil {
					return err
				}
			}
		}
		cmd.ID = CategoryID(row.ID)
		if err := saveTiers(ctx, row.ID, cmd.Tiers); err != nil {
			return err
		}
		if err := saveNDA(ctx, actor, row.ID, cmd.NDA); err != nil {
			return err
		}
		return note(ctx, actor, "forum.category_saved", row.ID)
	})
	return cmd.ID, err
}

func taken(err error) error {
	if db.IsDuplicate(err) || fault.CodeOf(err) == fault.Conflict {
		return fault.New(fault.Conflict, "forum.name_taken")
	}
	return err
}

func note(ctx context.Context, actor access.Actor, action, id string) error {
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "forum", SubjectID: id, Outcome: audit.Done})
}

// Agree gives or takes back the consent of the actor's company to be named in an open
// category. Taken back, its people are nobody again for the others, and it sees nothing
// of the category.
// Codes: Unauthenticated, NotFound, Forbidden (not an admin), Conflict (not open).
func (s *Service) Agree(ctx context.Context, actor access.Actor, id CategoryID, on bool) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		c, err := enter(ctx, actor, access.ForumAgree, id, false)
		if err != nil {
			return err
		}
		at := int64(0)
		if on {
			if !c.Open {
				return fault.New(fault.Conflict, "forum.not_open")
			}
			at = db.Micros(db.Now(ctx))
		}
		if err := agreeByTier(ctx, id, actor.Org, actor.Person, at, db.Micros(db.Now(ctx))); err != nil {
			return err
		}
		return note(ctx, actor, "forum.agreed", string(id))
	})
}

// Ended makes the seats of two companies in each other's categories read only: their
// partnership ended. System actors of one of the two only; safe to repeat.
// Codes: NotFound.
func (s *Service) Ended(ctx context.Context, actor access.Actor, one, other string) error {
	if !strings.HasPrefix(actor.Via, "system:") || actor.Org != one && actor.Org != other {
		return notFound()
	}
	return s.db.InTx(db.WithOrgs(ctx, one, other), func(ctx context.Context) error {
		if err := quietSeats(ctx, one, other); err != nil {
			return err
		}
		return quietSeats(ctx, other, one)
	})
}

// tags are at most five words of letters, digits and hyphens, lower-cased.
func tags(bad *fault.Error, in []string) string {
	var out []string
	for _, t := range in {
		t = strings.ToLower(strings.Trim(strings.TrimSpace(t), "#"))
		if t == "" || slices.Contains(out, t) {
			continue
		}
		if utf8.RuneCountInString(t) > maxTag || strings.ContainsFunc(t, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' }) {
			bad.With("tags", "forum.tag_wrong")
			continue
		}
		out = append(out, t)
	}
	if len(out) > maxTags {
		bad.With("tags", "form.too_many", "most", maxTags)
	}
	if len(out) == 0 {
		return ""
	}
	return " " + strings.Join(out, " ") + " "
}
