package app

import (
	"context"
	"strconv"
	"strings"

	"entente/chat/forum"
	"entente/chat/library"
	"entente/chat/room"
	"entente/db/job"
	"entente/edi/agreement"
	"entente/prm/access"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/notify"
	"entente/prm/partner"
	"entente/prm/quote"
)

// agreementRoom is the subject of the room of an agreement; its id is the
// partnership's.
const agreementRoom = "agreement"

// agreementRooms writes every step into the room of the agreement, and closes it with
// the partnership.
func (a *App) agreementRooms(ctx context.Context, e job.Received) error {
	if e.Kind == partner.EventActivated || e.Kind == partner.EventEnded {
		var p partner.Event
		if err := e.Decode(&p); err != nil {
			return err
		}
		actor := access.System("rooms", p.Supplier)
		r, err := a.rooms.BySubject(ctx, actor, room.Subject{Kind: agreementRoom, ID: p.Partnership})
		if fault.IsNotFound(err) {
			return nil // nothing was ever proposed
		}
		if err != nil {
			return err
		}
		return a.rooms.SetReadOnly(ctx, actor, r.ID, e.Kind == partner.EventEnded)
	}
	var x agreement.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	actor := access.System("rooms", x.Supplier)
	r, err := a.rooms.EnsureRoom(ctx, actor, room.Spec{Subject: room.Subject{Kind: agreementRoom, ID: x.Partnership}, Orgs: []string{x.Supplier, x.Reseller}})
	if err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Org)
	if err != nil {
		return err
	}
	_, err = a.rooms.Event(ctx, actor, room.Line{Room: r.ID, Key: e.ID, Kind: agreementLine(e.Kind), Args: map[string]string{"company": orgs[x.Org].Name, "number": strconv.Itoa(x.Number)}})
	return err
}

// agreementLine is the name of a step in lines and notices: "agreement.proposed".
func agreementLine(event string) string { return strings.ToLower(event) }

// agreementNotices tells the EDI people of the other side; of a beginning, those of
// both.
func (a *App) agreementNotices(ctx context.Context, e job.Received) error {
	var x agreement.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	for _, to := range [][2]string{{x.Supplier, x.Reseller}, {x.Reseller, x.Supplier}} {
		if to[0] == x.Org && e.Kind != agreement.EventBegan {
			continue
		}
		n := notify.Notice{
			Kind: agreementLine(e.Kind), SubjectKind: agreementRoom, SubjectID: x.Partnership, Dedupe: e.ID, Urgent: e.Kind == agreement.EventProposed,
			Args: map[string]string{"number": strconv.Itoa(x.Number)},
		}
		if err := a.tellSide(ctx, to[0], orgs[to[1]].Name, []access.Role{access.EDI}, n); err != nil {
			return err
		}
	}
	return nil
}

// forumMoved tells those whose company does not read a topic where it was moved to. Where
// that is they are not told: they may not know the category.
func (a *App) forumMoved(ctx context.Context, e job.Received) error {
	var t forum.Gone
	if err := e.Decode(&t); err != nil {
		return err
	}
	w, err := a.forum.Watchers(ctx, access.System("notices", t.Owner), t.Topic)
	if err != nil {
		if fault.IsNotFound(err) {
			return nil
		}
		return err
	}
	from, err := a.forum.Get(ctx, access.System("notices", t.Owner), t.From)
	if err != nil {
		return err
	}
	for org, people := range t.Who {
		var to []notify.Target
		for _, p := range people {
			to = append(to, notify.Target{Org: org, Person: p})
		}
		n := notify.Notice{Kind: "forum.moved", Reason: notify.ReasonWatch, Dedupe: e.ID, Args: map[string]string{"title": w.Title, "category": from.Name}}
		if err := a.notify.Tell(ctx, access.System("notices", org), to, n); err != nil {
			return err
		}
	}
	return nil
}

// inSight tells whether what somebody was told of is still theirs to see. The scopes of a
// token were asked for the notices; here it is the person that counts.
type inSight struct{ a *App }

// Lost implements notify.Sight.
func (s inSight) Lost(ctx context.Context, reader access.Actor, of []notify.Subject) (map[notify.Subject]bool, error) {
	reader = unscoped(reader)
	ids := map[string][]string{}
	for _, x := range of {
		ids[x.Kind] = append(ids[x.Kind], x.ID)
	}
	rooms, err := s.a.rooms.Feed().Visible(ctx, reader, named[room.ID](ids["chat"]))
	if err != nil {
		return nil, err
	}
	engagements, err := s.a.engagements.Visible(ctx, reader, ids[engageRoom], true)
	if err != nil {
		return nil, err
	}
	topics, documents := map[forum.TopicID]bool{}, map[library.ID]bool{}
	if len(ids["topic"]) > 0 {
		if topics, err = s.a.forum.Readable(ctx, reader, named[forum.TopicID](ids["topic"])); err != nil && !shutOut(err) {
			return nil, err
		}
	}
	if len(ids[documentSubject]) > 0 {
		if documents, err = s.a.library.Visible(ctx, reader, named[library.ID](ids[documentSubject])); err != nil && !shutOut(err) {
			return nil, err
		}
	}
	out := map[notify.Subject]bool{}
	for _, x := range of {
		seen := true
		switch x.Kind {
		case "chat":
			seen = rooms[room.ID(x.ID)]
		case "topic":
			seen = topics[forum.TopicID(x.ID)]
		case engageRoom:
			seen = engagements[x.ID]
		case documentSubject:
			seen = documents[library.ID(x.ID)]
		}
		if !seen {
			out[x] = true
		}
	}
	return out, nil
}

// shutOut says that a reader's role sees nothing of the kind at all.
func shutOut(err error) bool {
	return fault.IsNotFound(err) || fault.CodeOf(err) == fault.Forbidden
}

// holdStays tells the admins of a company that left a room that its hold goes on.
func (a *App) holdStays(ctx context.Context, e job.Received) error {
	var m room.Mentioned
	if err := e.Decode(&m); err != nil {
		return err
	}
	held, err := a.rooms.HoldOn(ctx, access.System("notices", m.Org), m.Room)
	if fault.IsNotFound(err) || fault.CodeOf(err) == fault.Forbidden { // ended meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	var to []notify.Target
	for _, p := range m.Persons {
		to = append(to, notify.Target{Org: m.Org, Person: p})
	}
	return a.notify.Tell(ctx, access.System("notices", m.Org), to, notify.Notice{Kind: "chat.hold_stays", Reason: notify.ForRole(access.Admin), Dedupe: e.ID,
		SubjectKind: "roomhold", SubjectID: string(m.Room), Args: map[string]string{"title": held.Title, "reason": held.Reason}})
}

// SeeAll implements room.Gates: each kind is asked once.
func (g roomGate) SeeAll(ctx context.Context, actor access.Actor, of []room.Subject) (map[room.Subject]bool, error) {
	out := map[room.Subject]bool{}
	kinds := map[string][]string{}
	for _, s := range of {
		switch s.Kind {
		case dealRoom, quoteRoom, engageRoom, claimSubject:
			kinds[s.Kind] = append(kinds[s.Kind], s.ID)
		default: // the role alone says it
			out[s] = g.MaySee(ctx, actor, s) == nil
		}
	}
	who := unscoped(actor)
	deals, err := g.a.deals.Visible(ctx, who, named[deal.ID](kinds[dealRoom]))
	if err != nil {
		return nil, err
	}
	quotes, err := g.a.quotes.Visible(ctx, who, named[quote.ID](kinds[quoteRoom]))
	if err != nil {
		return nil, err
	}
	engagements, err := g.a.engagements.Visible(ctx, who, kinds[engageRoom], false)
	if err != nil {
		return nil, err
	}
	claims, err := g.a.funds.Visible(ctx, who, named[fund.ClaimID](kinds[claimSubject]))
	if err != nil {
		return nil, err
	}
	for _, s := range of {
		switch s.Kind {
		case dealRoom:
			out[s] = deals[deal.ID(s.ID)]
		case quoteRoom:
			out[s] = quotes[quote.ID(s.ID)]
		case engageRoom:
			out[s] = engagements[s.ID]
		case claimSubject:
			out[s] = claims[fund.ClaimID(s.ID)]
		}
	}
	return out, nil
}

// named are ids as those of a kind.
func named[T ~string](ids []string) []T {
	out := make([]T, len(ids))
	for i, id := range ids {
		out[i] = T(id)
	}
	return out
}
