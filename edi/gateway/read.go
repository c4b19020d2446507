package gateway

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"entente/db"
	"entente/edi/ack"
	"entente/edi/wire"
	"entente/prm/access"
	"entente/prm/fault"
)

// see loads an interchange that the actor may read.
func see(ctx context.Context, actor access.Actor, id string) (*interchangeRow, error) {
	r, err := interchangeByID(ctx, id)
	if err != nil {
		return nil, err
	}
	return r, access.Check(actor, access.EDIRead, r.resource())
}

// may refuses an actor who reads no interchanges at all before anything is loaded.
func may(actor access.Actor) error {
	_, err := access.List(actor, access.EDIRead)
	return err
}

// Get returns one interchange with its findings, first sets and acknowledgements.
// Codes: NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id string) (Message, error) {
	if err := may(actor); err != nil {
		return Message{}, err
	}
	var m Message
	err := s.db.View(ctx, func(ctx context.Context) error {
		r, err := see(ctx, actor, id)
		if err != nil {
			return err
		}
		sets, err := setsOf(ctx, id, 0, MaxSets)
		if err != nil {
			return err
		}
		m = Message{Interchange: r.view(), Findings: findingsOf(r.Findings)}
		if m.Findings, err = withGroups(ctx, id, m.Findings); err != nil {
			return err
		}
		for i := range sets {
			m.Sets = append(m.Sets, sets[i].view())
		}
		if len(sets) > 0 {
			m.Reference = sets[0].BusinessKey
		}
		if actor.Org == r.DelegateID { // the message and its answer, nothing that came of it
			carriedOnly(m.Sets)
			return acknowledgements(ctx, r, sets, &m)
		}
		if r.Origin == OriginMade {
			said, err := saidOf(ctx, id)
			if err != nil {
				return err
			}
			for i := range m.Sets {
				m.Sets[i].Said = said[m.Sets[i].Position]
			}
		}
		if w, err := waitOf(ctx, id); err != nil {
			return err
		} else if w != nil {
			m.Wait = w.view(actor.Org)
		}
		return acknowledgements(ctx, r, sets, &m)
	})
	return m, err
}

// carriedOnly takes from sets what they made: it is no matter of who carried them.
func carriedOnly(sets []Set) {
	for i := range sets {
		if sets[i].DocumentKind != "interchange" {
			sets[i].DocumentKind, sets[i].DocumentID = "", ""
		}
	}
}

// acknowledgements ties an interchange to those that answer it and to the one it
// answers.
func acknowledgements(ctx context.Context, r *interchangeRow, sets []setRow, m *Message) error {
	answers, err := interchangesByID(ctx, split(r.Answers))
	if err != nil {
		return err
	}
	if r.Origin == OriginMade {
		theirs, err := linksTo(ctx, []Ref{{"interchange", r.ID}})
		if err != nil {
			return err
		}
		m.Acknowledgements = append(m.Acknowledgements, theirs...)
	}
	for i := range answers {
		l := answers[i].link()
		l.Answers = r.ID
		m.Acknowledgements = append(m.Acknowledgements, l)
	}
	for _, set := range sets {
		if set.DocumentKind == "interchange" && set.DocumentID != "" {
			answered, err := interchangesByID(ctx, []string{set.DocumentID})
			if err != nil || len(answered) == 0 {
				return err
			}
			l := answered[0].link()
			m.Answers = &l
			break
		}
	}
	return nil
}

// Sets returns a page of the sets of an interchange, by position. Codes: NotFound.
func (s *Service) Sets(ctx context.Context, actor access.Actor, id string, f SetFilter) (SetPage, error) {
	if err := may(actor); err != nil {
		return SetPage{}, err
	}
	limit := bounded(f.Limit, MaxSets, MaxSets)
	var page SetPage
	err := s.db.View(ctx, func(ctx context.Context) error {
		r, err := see(ctx, actor, id)
		if err != nil {
			return err
		}
		rows, err := f.listed(ctx, id, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			page.Next = int(rows[limit-1].Position)
		}
		page.Interchange = r.view()
		for i := range rows {
			page.Items = append(page.Items, rows[i].view())
		}
		if actor.Org == r.DelegateID {
			carriedOnly(page.Items)
		}
		if f.Counted {
			page.Results, err = resultsOf(ctx, id)
		}
		return err
	})
	return page, err
}

// SetAt returns one set (position from 1), of what we made with what the partner said of
// it. Codes: NotFound.
func (s *Service) SetAt(ctx context.Context, actor access.Actor, id string, position int) (Set, error) {
	if err := may(actor); err != nil {
		return Set{}, err
	}
	var out Set
	err := s.db.View(ctx, func(ctx context.Context) error {
		r, err := see(ctx, actor, id)
		if err != nil {
			return err
		}
		row, err := setAt(ctx, id, position)
		if err != nil {
			return err
		}
		out, err = seenSet(ctx, actor, r, row)
		return err
	})
	return out, err
}

// seenSet is a set as the actor may see it.
func seenSet(ctx context.Context, actor access.Actor, r *interchangeRow, row *setRow) (Set, error) {
	out := []Set{row.view()}
	if actor.Org == r.DelegateID {
		carriedOnly(out)
	} else if r.Origin == OriginMade {
		said, err := saidOf(ctx, r.ID)
		if err != nil {
			return Set{}, err
		}
		out[0].Said = said[out[0].Position]
	}
	return out[0], nil
}

// Raw opens the exact bytes of one interchange and gives its head. The caller
// closes it. Codes: NotFound.
func (s *Service) Raw(ctx context.Context, actor access.Actor, id string) (io.ReadCloser, Interchange, error) {
	if err := may(actor); err != nil {
		return nil, Interchange{}, err
	}
	var r *interchangeRow
	err := s.db.View(ctx, func(ctx context.Context) error {
		var err error
		r, err = see(ctx, actor, id)
		return err
	})
	if err != nil {
		return nil, Interchange{}, err
	}
	body, err := s.open(ctx, r)
	if err != nil {
		return nil, Interchange{}, err
	}
	return body, r.view(), nil
}

// List returns a page of the company's interchanges, newest first.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Page, error) {
	scope, err := access.List(actor, access.EDIRead)
	if err != nil {
		return Page{}, err
	}
	at, id, err := cursor(f.After)
	if err != nil {
		return Page{}, err
	}
	limit := bounded(f.Limit, 50, 200)
	var page Page
	err = s.db.View(ctx, func(ctx context.Context) error {
		var rows []interchangeRow
		// Index ranges, one for each side and one for what was sent for others,
		// merged: the cost stays flat with depth. No row is in two.
		var after []any
		if f.After != "" {
			after = []any{at, id}
		}
		for _, side := range []string{"supplier", "reseller", "delegate"} {
			some, err := f.listed(ctx, side, scope.Org(), after, limit+1)
			if err != nil {
				return err
			}
			rows = append(rows, some...)
		}
		slices.SortFunc(rows, func(a, b interchangeRow) int {
			if a.Received != b.Received {
				return int(min(max(b.Received-a.Received, -1), 1))
			}
			return strings.Compare(b.ID, a.ID)
		})
		if len(rows) > limit {
			rows = rows[:limit]
			page.Next = cursorOf(&rows[limit-1])
		}
		page.Items, err = seen(ctx, scope.Org(), rows)
		return err
	})
	return page, err
}

// Some are those of some interchanges that the actor may read, as a list shows them; what he
// may not read is left out as what does not exist is.
func (s *Service) Some(ctx context.Context, actor access.Actor, ids ...string) (map[string]Interchange, error) {
	if err := may(actor); err != nil {
		return nil, err
	}
	out := map[string]Interchange{}
	err := s.db.View(ctx, func(ctx context.Context) error {
		rows, err := interchangesByID(ctx, ids)
		if err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(r interchangeRow) bool { return !access.Allowed(actor, access.EDIRead, r.resource()) })
		list, err := seen(ctx, actor.Org, rows)
		for _, i := range list {
			out[i.ID] = i
		}
		return err
	})
	return out, err
}

// seen are rows as a company's lists show them.
func seen(ctx context.Context, org string, rows []interchangeRow) ([]Interchange, error) {
	keys, err := references(ctx, rows)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	waits, err := waitsOf(ctx, ids)
	var out []Interchange
	for i := range rows {
		v := rows[i].view()
		v.Reference = keys[v.ID]
		if w := waits[v.ID]; w != nil {
			v.Wait = w.view(org)
		}
		out = append(out, v)
	}
	return out, err
}

// references reads the business number of the first set of each.
func references(ctx context.Context, rows []interchangeRow) (map[string]string, error) {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	var sets []setRow
	err := db.Tx(ctx).Select("interchange_id", "business_key").Where("interchange_id IN ? AND position = 1", ids).Find(&sets).Error
	for _, set := range sets {
		out[set.InterchangeID] = set.BusinessKey
	}
	return out, err
}

// Outbox lists what waits for the actor's company, or for those whose network (VAN) it is, and
// what its own server would not have; oldest first. Limit 50 by default, at most 200; after is
// Outbox.Next of the page before.
func (s *Service) Outbox(ctx context.Context, actor access.Actor, after string, limit int) (Outbox, error) {
	if err := access.Check(actor, access.EDIFetch, access.Own(actor.Org)); err != nil {
		return Outbox{}, err
	}
	at, id, err := cursor(after)
	if err != nil {
		return Outbox{}, err
	}
	limit = bounded(limit, 50, 200)
	out := Outbox{Items: []OutboxItem{}}
	err = s.db.View(ctx, func(ctx context.Context) error {
		rows, err := fetchableOf(ctx, actor.Org, at, id, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			out.Next = cursorOf(&rows[limit-1])
		}
		for i := range rows {
			out.Items = append(out.Items, rows[i].outboxItem())
		}
		return nil
	})
	return out, err
}

// ForDocument returns every interchange about the given documents, oldest first:
// those that carried them, their acknowledgements and, for what we made, the
// partner's acknowledgements. Give the order with its responses and invoices to
// get the whole chain. Documents the actor may not see give nothing.
func (s *Service) ForDocument(ctx context.Context, actor access.Actor, refs ...Ref) ([]Link, error) {
	scope, err := access.List(actor, access.EDIRead)
	if err != nil {
		return nil, err
	}
	var out []Link
	err = s.db.View(ctx, func(ctx context.Context) error {
		carried, err := linksTo(ctx, refs, scope.Org())
		if err != nil {
			return err
		}
		out = carried
		var about []Ref
		for _, l := range carried {
			about = append(about, Ref{"interchange", l.ID})
		}
		answers, err := linksTo(ctx, about, scope.Org())
		for _, l := range answers {
			if !slices.ContainsFunc(out, func(k Link) bool { return k.ID == l.ID }) {
				out = append(out, l)
			}
		}
		slices.SortStableFunc(out, func(a, b Link) int {
			if c := a.At.Compare(b.At); c != 0 {
				return c
			}
			return strings.Compare(a.ID, b.ID)
		})
		if err != nil {
			return err
		}
		var ids []string
		for _, l := range out {
			ids = append(ids, l.ID)
		}
		waits, err := waitsOf(ctx, ids)
		for i := range out {
			if w := waits[out[i].ID]; w != nil {
				out[i].Late = w.view("").Late()
			}
		}
		return err
	})
	return out, err
}

// linksTo finds the sets about documents and the interchanges that carry them.
// With orgs only those that such a company is party to.
func linksTo(ctx context.Context, refs []Ref, orgs ...string) ([]Link, error) {
	byKind := map[string][]string{}
	for _, r := range refs {
		if r.ID != "" {
			byKind[r.Kind] = append(byKind[r.Kind], r.ID)
		}
	}
	var out []Link
	for _, kind := range sorted(byKind) {
		var sets []setRow
		q := db.Tx(ctx).Where("document_kind = ? AND document_id IN ?", kind, byKind[kind])
		if len(orgs) > 0 {
			q = q.Where("(supplier_id IN ? OR reseller_id IN ?)", orgs, orgs)
		}
		if err := q.Order("interchange_id, position").Limit(1000).Find(&sets).Error; err != nil {
			return nil, err
		}
		ids := make([]string, 0, len(sets))
		for _, set := range sets {
			ids = append(ids, set.InterchangeID)
		}
		rows, err := interchangesByID(ctx, ids)
		if err != nil {
			return nil, err
		}
		heads := map[string]*interchangeRow{}
		for i := range rows {
			heads[rows[i].ID] = &rows[i]
		}
		for _, set := range sets {
			head := heads[set.InterchangeID]
			if head == nil {
				continue
			}
			l := head.link()
			l.Position, l.Document = int(set.Position), Ref{set.DocumentKind, set.DocumentID}
			if set.DocumentKind == "interchange" {
				l.Answers = set.DocumentID
			}
			out = append(out, l)
		}
	}
	return out, nil
}

// Stats counts by state, for the platform's operator only.
func (s *Service) Stats(ctx context.Context, actor access.Actor) (Stats, error) {
	if err := access.CheckOperator(actor); err != nil {
		return Stats{}, err
	}
	out := Stats{States: map[State]int64{}}
	err := s.db.View(ctx, func(ctx context.Context) error {
		var rows []struct {
			State string
			N     int64
		}
		if err := db.Tx(ctx).Model(&interchangeRow{}).Select("state, count(*) AS n").Group("state").Scan(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			out.States[State(r.State)] = r.N
		}
		if err := db.Tx(ctx).Model(&interchangeRow{}).Where(waiting).Count(&out.Waiting).Error; err != nil {
			return err
		}
		var oldest []int64
		err := db.Tx(ctx).Model(&interchangeRow{}).Where("state = ? AND next_at <= ?", string(Received), db.Micros(s.db.Clock())).
			Order("next_at").Limit(1).Pluck("next_at", &oldest).Error
		if len(oldest) == 1 {
			out.OldestDue = instant(oldest[0])
		}
		return err
	})
	return out, err
}

// bounded is n, or the default, at most most.
func bounded(n, def, most int) int {
	if n <= 0 {
		n = def
	}
	return min(n, most)
}

// withGroups adds what was wrong with the groups of an interchange themselves: their sets only
// say that the group was refused.
func withGroups(ctx context.Context, id string, out []wire.Finding) ([]wire.Finding, error) {
	groups, err := groupsOf(ctx, id)
	for i := range groups {
		var g ack.Group
		if json.Unmarshal([]byte(groups[i].Verdict), &g) != nil {
			continue // of a message that was made here
		}
		for _, f := range g.Findings {
			if !slices.ContainsFunc(out, func(o wire.Finding) bool { return o.Key == f.Key && o.Pos.Offset == f.Pos.Offset }) {
				out = append(out, f)
			}
		}
	}
	return out, err
}

// cursorOf and cursor write and read "what came last": instant and id.
func cursorOf(r *interchangeRow) string {
	return strconv.FormatInt(r.Received, 36) + "." + r.ID
}

func cursor(text string) (int64, string, error) {
	if text == "" {
		return 0, "", nil
	}
	at, id, ok := strings.Cut(text, ".")
	n, err := strconv.ParseInt(at, 36, 64)
	if !ok || err != nil || !db.ValidID(id) {
		return 0, "", fault.InvalidField("after", "form.cursor")
	}
	return n, id, nil
}

func sorted(m map[string][]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
