package customer

import (
	"context"
	"encoding/json"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// fields are what a merge chooses between, in the order they are shown.
var fields = []struct {
	name string
	at   func(*Draft) *string
}{
	{"name", func(d *Draft) *string { return &d.Name }}, {"country", func(d *Draft) *string { return &d.Country }}, {"city", func(d *Draft) *string { return &d.City }},
	{"street", func(d *Draft) *string { return &d.Street }}, {"postcode", func(d *Draft) *string { return &d.Postcode }}, {"tax_id", func(d *Draft) *string { return &d.TaxID }},
	{"gln", func(d *Draft) *string { return &d.GLN }}, {"duns", func(d *Draft) *string { return &d.DUNS }}, {"web", func(d *Draft) *string { return &d.Web }},
	{"external", func(d *Draft) *string { return &d.External }}, {"note", func(d *Draft) *string { return &d.Note }},
}

// Choice is one field of a merge: what both say. Loser says that the loser's value is
// taken; it is where the winner has none.
type Choice struct {
	Field         string
	Winner, Loser string
	TakeLoser     bool
	Differs       bool // both have a value, and not the same
}

// Preview is what a merge would do. Nothing is stored by it.
type Preview struct {
	Winner, Loser Detail
	Choices       []Choice
	Result        Draft
	Contacts      int // that move to the winner
}

// MergeCmd takes Loser into Winner. The versions are those that were previewed. Take
// names the fields whose value is taken from the loser although the winner has one.
type MergeCmd struct {
	Winner, Loser               ID
	WinnerVersion, LoserVersion int64
	Take                        []string
}

// PreviewMerge shows field by field what merging two customers of the actor's company
// would give.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (one is merged already), Invalid
// (both are the same, or a field is unknown).
func (s *Service) PreviewMerge(ctx context.Context, actor access.Actor, cmd MergeCmd) (Preview, error) {
	if err := access.Check(actor, access.CustomerWrite, access.Own(actor.Org)); err != nil {
		return Preview{}, err
	}
	var out Preview
	err := s.view(ctx, actor, func(ctx context.Context) error {
		w, err := s.Get(ctx, actor, cmd.Winner)
		if err != nil {
			return err
		}
		l, err := s.Get(ctx, actor, cmd.Loser)
		if err != nil {
			return err
		}
		for _, c := range []Customer{w.Customer, l.Customer} {
			if err := standing(c, c.Version); err != nil {
				return err
			}
		}
		out = Preview{Winner: w, Loser: l, Contacts: len(l.Contacts)}
		out.Result, out.Choices, err = joined(w.Draft, l.Draft, cmd)
		return err
	})
	return out, err
}

// joined is the draft that a merge gives.
func joined(w, l Draft, cmd MergeCmd) (Draft, []Choice, error) {
	if cmd.Winner == cmd.Loser {
		return w, nil, fault.InvalidField("loser", "customer.merge_self")
	}
	take := map[string]bool{}
	for _, f := range cmd.Take {
		take[f] = true
	}
	out := w
	var cs []Choice
	for _, f := range fields {
		a, b := *f.at(&w), *f.at(&l)
		c := Choice{Field: f.name, Winner: a, Loser: b, Differs: a != "" && b != "" && a != b, TakeLoser: b != "" && (a == "" || take[f.name])}
		delete(take, f.name)
		if c.TakeLoser {
			*f.at(&out) = b
		}
		cs = append(cs, c)
	}
	for f := range take {
		return w, nil, fault.InvalidField("take", "form.choice_wrong", "Value", f)
	}
	return out, cs, nil
}

// before is what an undo restores: the winner as it was and the contacts that moved.
type before struct {
	Winner   Draft       `json:"winner"`
	Contacts []ContactID `json:"contacts"`
}

// Merge takes one customer into another: the winner gets the chosen values and the
// loser's contacts; the loser stays as a row that names the winner. UndoMerge takes it
// back.
// Codes: as PreviewMerge, and Conflict (either changed since it was previewed).
func (s *Service) Merge(ctx context.Context, actor access.Actor, cmd MergeCmd) (Merge, error) {
	if err := access.Check(actor, access.CustomerWrite, access.Own(actor.Org)); err != nil {
		return Merge{}, err
	}
	var out Merge
	err := s.change(ctx, actor, func(ctx context.Context) error {
		w, err := load(ctx, actor, access.CustomerWrite, cmd.Winner)
		if err != nil {
			return err
		}
		l, err := load(ctx, actor, access.CustomerWrite, cmd.Loser)
		if err != nil {
			return err
		}
		if err := standing(w, cmd.WinnerVersion); err != nil {
			return err
		}
		if err := standing(l, cmd.LoserVersion); err != nil {
			return err
		}
		d, _, err := joined(w.Draft, l.Draft, cmd)
		if err != nil {
			return err
		}
		moved, err := moveContacts(ctx, actor.Org, l.ID, w.ID, nil)
		if err != nil {
			return err
		}
		now := db.Now(ctx)
		text, err := json.Marshal(before{Winner: w.Draft, Contacts: moved})
		if err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		l.State, l.Into, l.Changed = Merged, w.ID, now
		if err := s.store(ctx, &l); err != nil {
			return err
		}
		w.Draft, w.Changed = d, now
		if err := s.store(ctx, &w); err != nil {
			return err
		}
		out = Merge{ID: MergeID(db.NewID()), Winner: w.ID, Loser: l.ID, MadeBy: actor.Person, Made: now}
		if err := insertMerge(ctx, actor.Org, out, string(text)); err != nil {
			return err
		}
		return note(ctx, actor, "customer.merge", "customer", string(w.ID))
	})
	return out, err
}

// UndoMerge takes a merge back: the loser stands again with its contacts, and those
// fields of the winner that still are as the merge left them get their old value; what
// was changed since stays.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (undone already, or a later
// merge of the winner stands before it).
func (s *Service) UndoMerge(ctx context.Context, actor access.Actor, id MergeID) error {
	if err := access.Check(actor, access.CustomerWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		m, text, ok, err := mergeByID(ctx, actor.Org, id)
		if err != nil {
			return err
		}
		if !ok {
			return notFound()
		}
		if !m.Undone.IsZero() {
			return fault.New(fault.Conflict, "customer.merge_undone")
		}
		var was before
		if err := json.Unmarshal([]byte(text), &was); err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		w, err := load(ctx, actor, access.CustomerWrite, m.Winner)
		if err != nil {
			return err
		}
		l, err := load(ctx, actor, access.CustomerWrite, m.Loser)
		if err != nil {
			return err
		}
		later, err := mergesOf(ctx, actor.Org, w.ID)
		if err != nil {
			return err
		}
		if w.State == Merged || l.State != Merged || l.Into != w.ID || len(later) == 0 || later[0].ID != id {
			return fault.New(fault.Conflict, "customer.merge_later")
		}
		done, err := undoMerge(ctx, actor.Org, id)
		if err != nil {
			return err
		}
		if !done {
			return fault.New(fault.Conflict, "customer.merge_undone")
		}
		if _, err := moveContacts(ctx, actor.Org, w.ID, l.ID, was.Contacts); err != nil {
			return err
		}
		now := db.Now(ctx)
		old, after := was.Winner, w.Draft
		for _, f := range fields {
			// Only the loser's values can have come by the merge.
			if *f.at(&after) == *f.at(&l.Draft) {
				*f.at(&after) = *f.at(&old)
			}
		}
		w.Draft, w.Changed = after, now
		if err := s.store(ctx, &w); err != nil {
			return err
		}
		l.State, l.Into, l.Changed = Active, "", now
		if err := s.store(ctx, &l); err != nil {
			return err
		}
		return note(ctx, actor, "customer.merge_undo", "customer", string(w.ID))
	})
}
