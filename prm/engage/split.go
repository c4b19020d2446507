package engage

import (
	"cmp"
	"context"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// ProposeCmd proposes how revenue is split.
type ProposeCmd struct {
	Shares []Share
	Note   string // what is split, and when; read by all who are asked
}

// The states of a version in the table.
const (
	versionOpen      = "open"
	versionAgreed    = "agreed"
	versionReplaced  = "replaced"
	versionWithdrawn = "withdrawn"
)

// text is what one company reads of a version, as its hash has it.
func text(id ID, shown bool, owner, org string, shares []Share, note string) (string, error) {
	mine := shares
	if !shown && org != owner {
		mine = nil
		for _, x := range shares {
			if x.Org == org {
				mine = []Share{x}
			}
		}
	}
	return hashOf(struct {
		ID     ID
		Org    string
		Shares []Share
		Note   string
	}{id, org, mine, note})
}

// Propose proposes a split between all who take part, in place of one that is open. What
// a company reads as before it has answered already. Repeating it changes nothing.
// Codes: NotFound, Forbidden (not a manager; not the owner where companies are not shown to
// each other), Invalid (shares), Conflict (nobody else takes part, it is in force already, too
// many, closed). Publishes EventSplitProposed.
func (s *Service) Propose(ctx context.Context, actor access.Actor, id ID, cmd ProposeCmd) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		e, p, err := s.working(ctx, actor, access.EngageAgree, id)
		if err != nil {
			return err
		}
		if !p.shown && actor.Org != p.owner {
			return fault.New(fault.Forbidden, "engage.owner_proposes")
		}
		shares, err := sharesOf(cmd.Shares, p.active())
		if err != nil {
			return err
		}
		if len(shares) < 2 {
			return fault.New(fault.Conflict, "engage.alone")
		}
		cmd.Note = bounded(cmd.Note, 1000)
		all, err := versionsOf(ctx, id)
		if err != nil {
			return err
		}
		if len(all) >= MaxSplits {
			return fault.New(fault.Conflict, "engage.too_many", "Most", MaxSplits)
		}
		now := db.Now(ctx)
		v := splitRow{ID: db.NewID(), EngagementID: string(id), Number: 1, State: versionOpen, Note: cmd.Note, Body: db.Text(shares), Made: db.Micros(now), MadeBy: actor.Person, MadeOrg: actor.Org}
		if v.Hash, err = text(id, true, p.owner, "", shares, cmd.Note); err != nil {
			return err
		}
		last := map[string]partyRow{} // of each company, its newest text that was not taken back
		numbers := map[string]int64{}
		for _, x := range all { // newest first
			if x.Number >= v.Number {
				v.Number = x.Number + 1
			}
			for _, a := range x.parties {
				numbers[a.OrgID] = max(numbers[a.OrgID], a.Number)
				if _, ok := last[a.OrgID]; !ok && x.State != versionWithdrawn {
					last[a.OrgID] = a
				}
			}
			switch {
			case x.State == versionOpen && x.Hash == v.Hash:
				return nil
			case x.State == versionAgreed && x.Hash == v.Hash && !slices.ContainsFunc(all, func(o version) bool { return o.State == versionOpen }):
				return fault.New(fault.Conflict, "engage.split_same")
			}
		}
		if err := replaceOpen(ctx, id); err != nil {
			return err
		}
		var asked []string
		for _, x := range shares {
			a := partyRow{SplitID: v.ID, OrgID: x.Org, EngagementID: string(id), Part: int64(x.Part), State: SplitOpen}
			if a.Hash, err = text(id, p.shown, p.owner, x.Org, shares, cmd.Note); err != nil {
				return err
			}
			was, had := last[x.Org]
			switch same := had && was.Hash == a.Hash; {
			case same && (was.State == SplitGiven || was.State == SplitOpen):
				a.Number, a.State, a.Answered, a.AnsweredBy, a.Comment = was.Number, was.State, was.Answered, was.AnsweredBy, was.Comment
			case same:
				a.Number = was.Number
			default:
				a.Number = numbers[x.Org] + 1
			}
			switch {
			case x.Org == actor.Org && p.shown:
				a.State, a.Answered, a.AnsweredBy = SplitGiven, db.Micros(now), actor.Person
			case x.Org == p.owner && !p.shown: // it answers last
				a.State, a.Answered, a.AnsweredBy = SplitOpen, 0, ""
			case a.State == SplitOpen && (!had || was.Hash != a.Hash || was.State != SplitOpen):
				asked = append(asked, x.Org)
			}
			v.parties = append(v.parties, a)
		}
		if err := insertSplit(ctx, version(v)); err != nil {
			return err
		}
		if err := note(ctx, actor, "engagement.split", id); err != nil {
			return err
		}
		asked = slices.DeleteFunc(asked, func(o string) bool { return o == actor.Org })
		return s.tell(ctx, actor, EventSplitProposed, e, p, said{to: asked, whole: true})
	})
}

// sharesOf checks that shares name exactly those who take part and sum to the whole.
func sharesOf(in []Share, active []string) ([]Share, error) {
	out := slices.Clone(in)
	slices.SortFunc(out, func(a, b Share) int { return cmp.Compare(a.Org, b.Org) })
	sum := 0
	for i, x := range out {
		if x.Part < 0 || x.Part > Whole || i > 0 && out[i-1].Org == x.Org || !slices.Contains(active, x.Org) {
			return nil, fault.InvalidField("shares", "engage.shares_wrong")
		}
		sum += x.Part
	}
	if len(out) != len(active) {
		return nil, fault.InvalidField("shares", "engage.shares_wrong")
	}
	if sum != Whole {
		return nil, fault.InvalidField("shares", "engage.shares_sum")
	}
	return out, nil
}

// open is the version whose answers are waited for.
func open(all []version) (version, bool) {
	for _, x := range all {
		if x.State == versionOpen {
			return x, true
		}
	}
	return version{}, false
}

func (v version) party(org string) (partyRow, bool) {
	for _, a := range v.parties {
		if a.OrgID == org {
			return a, true
		}
	}
	return partyRow{}, false
}

// AgreeSplit agrees to the text whose hash was read. With the last agreement it is in force
// and replaces the one before; where companies are not shown to each other the owner is the
// last, so that nobody learns how many were asked. Repeating it changes nothing.
// Codes: NotFound, Forbidden (not a manager), Conflict (another text, nothing is open, others
// have not agreed yet, other companies take part now, closed). Publishes EventSplitAnswered
// or EventSplitAgreed.
func (s *Service) AgreeSplit(ctx context.Context, actor access.Actor, id ID, hash string) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		e, p, err := s.working(ctx, actor, access.EngageAgree, id)
		if err != nil {
			return err
		}
		all, err := versionsOf(ctx, id)
		if err != nil {
			return err
		}
		v, ok := open(all)
		a, in := v.party(actor.Org)
		if !ok || !in || a.Hash != hash {
			for _, x := range all {
				if b, in := x.party(actor.Org); in && b.Hash == hash && x.State == versionAgreed {
					return nil
				}
			}
			return changed()
		}
		if a.State == SplitGiven {
			return nil
		}
		now := db.Now(ctx)
		a.State, a.Answered, a.AnsweredBy, a.Comment = SplitGiven, db.Micros(now), actor.Person, ""
		left, orgs := 0, []string{}
		for i, b := range v.parties {
			orgs = append(orgs, b.OrgID)
			if b.OrgID == actor.Org {
				v.parties[i] = a
			} else if b.State != SplitGiven {
				left++
			}
		}
		last := !p.shown && actor.Org == p.owner
		if last && left > 0 {
			return fault.New(fault.Conflict, "engage.split_others")
		}
		whole := left == 0 && (p.shown || last)
		if slices.Sort(orgs); whole && !slices.Equal(orgs, p.active()) {
			return fault.New(fault.Conflict, "engage.split_members")
		}
		if err := saveParty(ctx, a); err != nil {
			return err
		}
		if err := note(ctx, actor, "engagement.split_agree", id); err != nil {
			return err
		}
		if !whole {
			to := p.others()
			if !p.shown {
				to = []string{p.owner}
			}
			return s.tell(ctx, actor, EventSplitAnswered, e, p, said{to: to, whole: true})
		}
		if err := inForce(ctx, v, now); err != nil {
			return err
		}
		var to []string
		for _, o := range p.others() {
			b, _ := v.party(o)
			if !slices.ContainsFunc(all, func(x version) bool {
				c, in := x.party(o)
				return in && x.State == versionAgreed && c.Number == b.Number
			}) {
				to = append(to, o)
			}
		}
		return s.tell(ctx, actor, EventSplitAgreed, e, p, said{to: to, whole: true})
	})
}

// RefuseSplit refuses the text whose hash was read; another is to be proposed. Until then it
// may still be agreed to.
// Codes: as AgreeSplit. Publishes EventSplitRefused.
func (s *Service) RefuseSplit(ctx context.Context, actor access.Actor, id ID, hash, comment string) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		e, p, err := s.working(ctx, actor, access.EngageAgree, id)
		if err != nil {
			return err
		}
		all, err := versionsOf(ctx, id)
		if err != nil {
			return err
		}
		v, ok := open(all)
		a, in := v.party(actor.Org)
		switch {
		case !ok || !in || a.Hash != hash:
			return changed()
		case slices.ContainsFunc(all, func(x version) bool { // whether another one is open is for those whose text it changes
			b, in := x.party(actor.Org)
			return in && x.State == versionAgreed && b.Number == a.Number
		}):
			return changed()
		case v.MadeOrg == actor.Org:
			return fault.New(fault.Conflict, "engage.split_own")
		case a.State == SplitRefused:
			return nil
		}
		a.State, a.Answered, a.AnsweredBy, a.Comment = SplitRefused, db.Micros(db.Now(ctx)), actor.Person, bounded(comment, 1000)
		if err := saveParty(ctx, a); err != nil {
			return err
		}
		if err := note(ctx, actor, "engagement.split_refuse", id); err != nil {
			return err
		}
		to := p.others()
		if !p.shown {
			to = []string{p.owner}
		}
		return s.tell(ctx, actor, EventSplitRefused, e, p, said{to: to, whole: true})
	})
}

// WithdrawSplit takes back an open split of the own company.
// Codes: NotFound, Forbidden (not a manager), Conflict (none of its own is open, closed).
// Publishes EventSplitWithdrawn.
func (s *Service) WithdrawSplit(ctx context.Context, actor access.Actor, id ID) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		e, p, err := s.working(ctx, actor, access.EngageAgree, id)
		if err != nil {
			return err
		}
		all, err := versionsOf(ctx, id)
		if err != nil {
			return err
		}
		v, ok := open(all)
		if !ok || v.MadeOrg != actor.Org {
			return changed()
		}
		if err := setVersion(ctx, v.ID, versionWithdrawn); err != nil {
			return err
		}
		if err := note(ctx, actor, "engagement.split_withdraw", id); err != nil {
			return err
		}
		var to []string
		for _, o := range p.others() {
			b, in := v.party(o)
			if in && !slices.ContainsFunc(all, func(x version) bool {
				c, in := x.party(o)
				return in && x.State == versionAgreed && c.Number == b.Number
			}) {
				to = append(to, o)
			}
		}
		return s.tell(ctx, actor, EventSplitWithdrawn, e, p, said{to: to, whole: true})
	})
}

// splits are the texts of the split as a company sees them, the newest first. Versions that
// say the same to it are one text: what others were asked leaves no trace.
func (s *Service) splits(ctx context.Context, e row, p party) ([]Split, error) {
	all, err := versionsOf(ctx, ID(e.ID))
	if err != nil {
		return nil, err
	}
	full := p.shown || p.org == p.owner
	var out []Split
	at := map[int64]int{}
	for _, v := range all { // newest first
		a, in := v.party(p.org)
		if !in || p.late(db.FromMicros(v.Made)) {
			continue
		}
		i, seen := at[a.Number]
		if !seen {
			i = len(out)
			at[a.Number] = i
			out = append(out, v.split(a, p, full))
		}
		x := &out[i] // its first version says when it was made, and by whom
		x.ID, x.Org, x.By, x.Made = v.ID, v.MadeOrg, v.MadeBy, db.FromMicros(v.Made)
		if v.Agreed > 0 && !p.late(db.FromMicros(v.Agreed)) {
			x.Since = db.FromMicros(v.Agreed)
			if v.State == versionAgreed {
				x.State = SplitInForce
			}
		}
	}
	if !p.until().IsZero() { // as it stood when the company left
		for i := range out {
			out[i].Strange = false // others may have come or gone since
			switch x := &out[i]; {
			case x.Since.IsZero():
				x.State = SplitWithdrawn
			case !slices.ContainsFunc(out[:i], func(o Split) bool { return !o.Since.IsZero() }):
				x.State = SplitInForce
			default:
				x.State = SplitReplaced
			}
		}
	}
	return out, nil
}

// split is a version as one company reads it.
func (v version) split(a partyRow, p party, full bool) Split {
	x := Split{Number: int(a.Number), Note: v.Note, Hash: a.Hash, State: a.State, Shares: []Share{{a.OrgID, int(a.Part)}}}
	switch v.State {
	case versionReplaced:
		x.State = SplitReplaced
	case versionWithdrawn:
		x.State = SplitWithdrawn
	}
	if !full {
		return x
	}
	x.Shares = nil
	given, orgs := 0, []string{}
	for _, b := range v.parties {
		orgs = append(orgs, b.OrgID)
		if !p.knows(b.OrgID) {
			continue
		}
		x.Shares = append(x.Shares, Share{b.OrgID, int(b.Part)})
		if p.late(db.FromMicros(b.Answered)) { // it was waited for
			b.State, b.Comment, b.Answered = SplitOpen, "", 0
		}
		x.Answers = append(x.Answers, Answer{b.OrgID, b.State, b.Comment, db.FromMicros(b.Answered)})
		if b.State == SplitGiven {
			given++
		}
	}
	slices.Sort(orgs)
	x.Strange = v.State == versionOpen && !slices.Equal(orgs, p.active())
	x.Ready = v.State == versionOpen && !p.shown && p.org == p.owner && given == len(v.parties)-1 && !x.Strange
	return x
}
