package engage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Section is what one company keeps of an engagement. Nobody else reads it; what others see
// are snapshots. Private and Notes cannot be put into one: a snapshot has no place for them.
type Section struct {
	Stage       string       `json:"stage"`     // one of Stages
	OwnStage    string       `json:"own_stage"` // in the company's own words
	Amount      money.Amount `json:"amount,omitzero"`
	Close       string       `json:"close"`       // civil date or empty
	Probability int          `json:"probability"` // percent
	NextStep    string       `json:"next_step"`
	Needs       string       `json:"needs"` // what it asks of the others
	Products    string       `json:"products"`
	Contact     string       `json:"contact"` // whom to ask in the company
	Notes       string       `json:"notes"`
	Private     []Private    `json:"private,omitempty"`

	Version int64     `json:"-"` // SaveSection asks for it
	Changed time.Time `json:"-"`
	By      string    `json:"-"`
}

// Private is a field of the company's own.
type Private struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Fields that a snapshot may hold, in the order in which they are shown.
var Fields = []string{"stage", "own_stage", "amount", "close", "probability", "next_step", "needs", "products", "contact"}

// Template is a named choice of fields. The built-in ones have no id.
type Template struct {
	ID     string
	Name   string // of a built-in one: the end of the key "engagetemplate.<name>"
	Fields []string
}

// BuiltIn are the templates that every company has.
var BuiltIn = []Template{
	{Name: "status", Fields: []string{"stage", "close", "next_step"}},
	{Name: "forecast", Fields: []string{"stage", "amount", "close", "probability"}},
	{Name: "working", Fields: []string{"stage", "close", "next_step", "needs", "products", "contact"}},
	{Name: "all", Fields: Fields},
}

// Value is one field of a snapshot as it was.
type Value struct {
	Field  string        `json:"field"`
	Text   string        `json:"text,omitempty"`
	Amount *money.Amount `json:"amount,omitempty"`
}

// String is the value as one text.
func (v Value) String() string {
	if v.Amount != nil {
		return v.Amount.String() + " " + string(v.Amount.Currency)
	}
	return v.Text
}

// values are the chosen fields of a section that say something.
func (s Section) values(fields []string) []Value {
	text := map[string]string{"stage": s.Stage, "own_stage": s.OwnStage, "close": s.Close, "next_step": s.NextStep, "needs": s.Needs, "products": s.Products, "contact": s.Contact}
	if s.Probability > 0 {
		text["probability"] = fmt.Sprint(s.Probability)
	}
	var out []Value
	for _, f := range Fields {
		switch {
		case !slices.Contains(fields, f):
		case f == "amount" && s.Amount.Currency != "":
			a := s.Amount
			out = append(out, Value{Field: f, Amount: &a})
		case text[f] != "":
			out = append(out, Value{Field: f, Text: text[f]})
		}
	}
	return out
}

// Change is one difference between two revisions. Empty: it was or is not there.
type Change struct {
	Field    string
	Was, Now *Value
}

// Diff lists what a revision says otherwise than the one before.
func Diff(was, now []Value) []Change {
	find := func(vs []Value, f string) *Value {
		for i := range vs {
			if vs[i].Field == f {
				return &vs[i]
			}
		}
		return nil
	}
	var out []Change
	for _, f := range Fields {
		a, b := find(was, f), find(now, f)
		if a == nil && b == nil || a != nil && b != nil && a.String() == b.String() {
			continue
		}
		out = append(out, Change{f, a, b})
	}
	return out
}

// Received is a revision that a company got from another.
type Received struct {
	Snapshot string
	From     string
	Rev      int // runs for the two companies
	Values   []Value
	Changes  []Change // to the revision before; of the first: none
	Made     time.Time
	By       string
}

// Sent is a revision that the viewer's company showed another.
type Sent struct {
	Received
	To string
}

// PublishCmd shows fields to companies. Fields or Template (the id of an own one, or the name
// of a built-in one) choose what; Hash is that of the preview.
type PublishCmd struct {
	Template string
	Fields   []string
	To       []string
	Hash     string
}

// Outgoing is what a publication would be.
type Outgoing struct {
	Fields []string
	Values []Value
	Hash   string
	To     []OutgoingTo
}

// OutgoingTo is the revision that one company would get. Same: it has exactly this already
// and gets none.
type OutgoingTo struct {
	Org     string
	Rev     int
	Changes []Change
	Same    bool
}

// Section returns the own company's section of an engagement.
// Codes: Unauthenticated, NotFound (also for who only is invited).
func (s *Service) Section(ctx context.Context, actor access.Actor, id ID) (Section, error) {
	var out Section
	err := s.view(ctx, actor, func(ctx context.Context) error {
		_, p, err := load(ctx, actor, access.EngageRead, id, false)
		if err != nil {
			return err
		}
		if p.seats[actor.Org].Joined.IsZero() {
			return notFound()
		}
		out, err = sectionOf(ctx, id, actor.Org)
		return err
	})
	return out, err
}

// SaveSection keeps the own company's section; nobody else learns of it.
// Codes: NotFound, Forbidden, Invalid (by field), Conflict (changed meanwhile, not taking part, closed).
func (s *Service) SaveSection(ctx context.Context, actor access.Actor, id ID, x Section) (Section, error) {
	err := s.change(ctx, actor, func(ctx context.Context) error {
		_, p, err := s.working(ctx, actor, access.EngageWrite, id)
		if err != nil {
			return err
		}
		was, err := sectionOf(ctx, id, actor.Org)
		if err != nil {
			return err
		}
		if was.Version != x.Version {
			return changed()
		}
		if err := x.check(); err != nil {
			return err
		}
		x.Version, x.Changed, x.By = was.Version+1, db.Now(ctx), actor.Person
		if err := saveSection(ctx, id, p.org, x); err != nil {
			return err
		}
		return note(ctx, actor, "engagement.section", id)
	})
	return x, err
}

// check makes a section normal and says what is wrong with it.
func (x *Section) check() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	if x.Stage == "" {
		x.Stage = Stages[0]
	}
	if !slices.Contains(Stages, x.Stage) {
		bad.With("stage", "form.choice_wrong")
	}
	x.OwnStage, x.NextStep, x.Needs = bounded(x.OwnStage, 80), bounded(x.NextStep, 500), bounded(x.Needs, 2000)
	x.Products, x.Contact, x.Notes = bounded(x.Products, 1000), bounded(x.Contact, 200), bounded(x.Notes, 8000)
	checkDay(bad, "close", &x.Close)
	if x.Probability < 0 || x.Probability > 100 {
		bad.With("probability", "engage.percent")
	}
	switch {
	case x.Amount.Minor < 0 || x.Amount.Minor > 1_000_000_000_000_00:
		bad.With("amount", "engage.amount_range")
	case x.Amount.Minor == 0:
		x.Amount = money.Amount{}
	case !x.Amount.Currency.Valid():
		bad.With("amount", "form.choice_wrong")
	}
	var own []Private
	for _, f := range x.Private {
		f.Name, f.Value = bounded(f.Name, 80), bounded(f.Value, 1000)
		switch {
		case f.Name == "" && f.Value == "":
		case f.Name == "":
			bad.With("private", "engage.private_name")
		default:
			own = append(own, f)
		}
	}
	if x.Private = own; len(own) > MaxOwn {
		bad.With("private", "form.too_many", "most", MaxOwn)
	}
	return bad.OrNil()
}

// Templates are the choices of fields that the actor's company may use, the built-in ones
// first.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Templates(ctx context.Context, actor access.Actor) ([]Template, error) {
	scope, err := access.List(actor, access.EngageRead)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(BuiltIn)
	err = s.view(ctx, actor, func(ctx context.Context) error {
		own, err := templatesOf(ctx, scope.Org())
		out = append(out, own...)
		return err
	})
	return out, err
}

// SaveTemplate keeps a choice of fields under a name, in place of one of that name.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (name, fields, too many).
func (s *Service) SaveTemplate(ctx context.Context, actor access.Actor, t Template) (Template, error) {
	if err := access.Check(actor, access.EngageWrite, access.Own(actor.Org)); err != nil {
		return Template{}, err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	if t.Name = bounded(t.Name, 60); t.Name == "" {
		bad.With("name", "form.missing")
	}
	t.Fields = chosen(t.Fields, bad)
	if err := bad.OrNil(); err != nil {
		return Template{}, err
	}
	err := s.change(ctx, actor, func(ctx context.Context) error {
		own, err := templatesOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		t.ID = db.NewID()
		for _, x := range own {
			if x.Name == t.Name {
				t.ID = x.ID
			}
		}
		if len(own) >= 20 && !slices.ContainsFunc(own, func(x Template) bool { return x.Name == t.Name }) {
			return fault.InvalidField("name", "form.too_many", "most", 20)
		}
		return saveTemplate(ctx, actor.Org, actor.Person, t)
	})
	return t, err
}

// chosen are the fields of a choice in their order.
func chosen(fields []string, bad *fault.Error) []string {
	var out []string
	for _, f := range Fields {
		if slices.Contains(fields, f) {
			out = append(out, f)
		}
	}
	if len(out) == 0 || slices.ContainsFunc(fields, func(f string) bool { return !slices.Contains(Fields, f) }) {
		bad.With("fields", "engage.fields_none")
	}
	return out
}

// Preview shows what a publication would be, for each reader. Nothing is written.
// Codes: NotFound, Forbidden, Invalid (fields, template, to), Conflict (not taking part, closed).
func (s *Service) Preview(ctx context.Context, actor access.Actor, id ID, cmd PublishCmd) (Outgoing, error) {
	var out Outgoing
	err := s.view(ctx, actor, func(ctx context.Context) error {
		_, p, err := taking(ctx, actor, access.EngageWrite, id, false)
		if err == nil {
			out, err = s.outgoing(ctx, p, id, cmd)
		}
		return err
	})
	return out, err
}

// Publish makes the snapshot that was previewed. A company that has exactly this already gets
// no revision.
// Codes: as Preview; Conflict (the section changed since the preview; nobody would get
// anything new). Publishes EventShared.
func (s *Service) Publish(ctx context.Context, actor access.Actor, id ID, cmd PublishCmd) (Outgoing, error) {
	var out Outgoing
	err := s.change(ctx, actor, func(ctx context.Context) error {
		e, p, err := s.working(ctx, actor, access.EngageWrite, id)
		if err != nil {
			return err
		}
		if out, err = s.outgoing(ctx, p, id, cmd); err != nil {
			return err
		}
		if out.Hash != cmd.Hash {
			return changed()
		}
		snap := snapshotRow{ID: db.NewID(), EngagementID: string(id), OrgID: actor.Org, Body: db.Text(out.Values), Hash: out.Hash, Made: db.Micros(db.Now(ctx)), MadeBy: actor.Person}
		var to []string
		for _, x := range out.To {
			if !x.Same {
				to = append(to, x.Org)
			}
		}
		if len(to) == 0 {
			return fault.New(fault.Conflict, "engage.nothing_new")
		}
		if err := insertSnapshot(ctx, snap); err != nil {
			return err
		}
		for _, x := range out.To {
			if x.Same {
				continue
			}
			if err := insertReader(ctx, readerRow{SnapshotID: snap.ID, OrgID: x.Org, EngagementID: string(id), FromID: actor.Org, Rev: int64(x.Rev), Made: snap.Made}); err != nil {
				return err
			}
		}
		if err := note(ctx, actor, "engagement.share", id); err != nil {
			return err
		}
		return s.tell(ctx, actor, EventShared, e, p, said{to: to, whole: len(to) == len(p.others())})
	})
	return out, err
}

// outgoing weighs a publication.
func (s *Service) outgoing(ctx context.Context, p party, id ID, cmd PublishCmd) (Outgoing, error) {
	bad := fault.New(fault.Invalid, "form.invalid")
	fields := cmd.Fields
	if cmd.Template != "" {
		own, err := templatesOf(ctx, p.org)
		if err != nil {
			return Outgoing{}, err
		}
		i := slices.IndexFunc(append(slices.Clone(BuiltIn), own...), func(t Template) bool {
			return t.ID == cmd.Template && t.ID != "" || t.ID == "" && t.Name == cmd.Template
		})
		if i < 0 {
			return Outgoing{}, fault.InvalidField("template", "form.choice_wrong")
		}
		fields = append(slices.Clone(BuiltIn), own...)[i].Fields
	}
	out := Outgoing{Fields: chosen(fields, bad)}
	others := p.others()
	to := slices.Clone(cmd.To)
	slices.Sort(to)
	for _, org := range slices.Compact(to) {
		if !slices.Contains(others, org) {
			bad.With("company", "engage.company_unknown")
		}
		out.To = append(out.To, OutgoingTo{Org: org})
	}
	if len(out.To) == 0 {
		bad.With("company", "engage.to_none")
	}
	if err := bad.OrNil(); err != nil {
		return Outgoing{}, err
	}
	section, err := sectionOf(ctx, id, p.org)
	if err != nil {
		return Outgoing{}, err
	}
	if out.Values = section.values(out.Fields); len(out.Values) == 0 {
		return Outgoing{}, fault.InvalidField("fields", "engage.fields_empty")
	}
	if out.Hash, err = hashOf(struct {
		Org    string
		Values []Value
	}{p.org, out.Values}); err != nil {
		return Outgoing{}, err
	}
	last, err := lastTo(ctx, id, p.org)
	if err != nil {
		return Outgoing{}, err
	}
	for i := range out.To {
		t := &out.To[i]
		was, had := last[t.Org]
		t.Rev = was.Rev + 1
		if had {
			t.Changes = Diff(was.Values, out.Values)
			t.Same = len(t.Changes) == 0
		}
	}
	return out, nil
}

// Revisions are all revisions that one company got from another, the newest first. One of the
// two is the actor's.
// Codes: Unauthenticated, NotFound.
func (s *Service) Revisions(ctx context.Context, actor access.Actor, id ID, from, to string) ([]Received, error) {
	var out []Received
	err := s.view(ctx, actor, func(ctx context.Context) error {
		_, p, err := load(ctx, actor, access.EngageRead, id, false)
		if err != nil {
			return err
		}
		if p.seats[actor.Org].Joined.IsZero() || from != actor.Org && to != actor.Org {
			return notFound()
		}
		if out, err = revisions(ctx, id, from, to, MaxSplits); err != nil {
			return err
		}
		if len(out) == 0 {
			return notFound()
		}
		return nil
	})
	return out, err
}

func checkDay(bad *fault.Error, name string, day *string) {
	if *day = strings.TrimSpace(*day); *day == "" {
		return
	}
	if _, err := time.Parse(time.DateOnly, *day); err != nil {
		bad.With(name, "form.date")
	}
}

// bounded cuts s to at most n bytes at a rune.
func bounded(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
