package approval

import (
	"context"
	"encoding/json"

	"entente/db"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/quote"
	"entente/prm/trade"
)

// Get returns one request with its steps.
// Codes: NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Request, error) {
	var out Request
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := requestByID(ctx, id, false)
		if err == nil {
			err = access.Check(actor, access.ApprovalRead, access.Own(r.OrgID))
		}
		if err != nil {
			return err
		}
		steps, err := stepsOf(ctx, r.ID)
		out = r.request(steps[r.ID])
		return err
	})
	if err != nil {
		return Request{}, err
	}
	return out, nil
}

// Part is an open step with who may decide it now. Mine says that the actor may.
type Part struct {
	Step      Step
	Approvers []account.Colleague
	Mine      bool
}

// Parts are the open steps of a request, with their approvers.
// Codes: NotFound.
func (s *Service) Parts(ctx context.Context, actor access.Actor, id ID) ([]Part, error) {
	var out []Part
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = nil
		r, err := requestByID(ctx, id, false)
		if err == nil {
			err = access.Check(actor, access.ApprovalRead, access.Own(r.OrgID))
		}
		if err != nil || r.State != Waiting {
			return err
		}
		steps, err := stepsOf(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, st := range steps[r.ID] {
			if !st.Decided.IsZero() {
				continue
			}
			p := Part{Step: st}
			if p.Approvers, err = s.approvers(ctx, r, st); err != nil {
				return err
			}
			if access.Allowed(actor, access.ApprovalDecide, access.Own(r.OrgID)) {
				if p.Mine, err = s.entitled(ctx, actor, r, st); err != nil {
					return err
				}
			}
			out = append(out, p)
		}
		return nil
	})
	return out, err
}

// Order is the order that a request keeps back.
// Codes: NotFound (no such request, or it keeps back something else).
func (s *Service) Order(ctx context.Context, actor access.Actor, id ID) (trade.PlaceCmd, error) {
	r, err := s.Get(ctx, actor, id)
	if err == nil && r.Kind != KindOrder {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return trade.PlaceCmd{}, err
	}
	var cmd trade.PlaceCmd
	if err := json.Unmarshal(r.content, &cmd); err != nil {
		return cmd, fault.Wrap(err, fault.Internal, "error.internal")
	}
	return cmd, nil
}

// Offer is the offer that a request keeps back.
// Codes: NotFound (no such request, or it keeps back something else).
func (s *Service) Offer(ctx context.Context, actor access.Actor, id ID) (quote.Cmd, error) {
	r, err := s.Get(ctx, actor, id)
	if err == nil && r.Kind != KindQuote {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return quote.Cmd{}, err
	}
	var cmd quote.Cmd
	if err := json.Unmarshal(r.content, &cmd); err != nil {
		return cmd, fault.Wrap(err, fault.Internal, "error.internal")
	}
	return cmd, nil
}

// Filter chooses requests. View is "mine" (the actor may decide them now), "asked" (the
// actor asked for them, and they wait or were refused), "open", "closed", or "" for all.
type Filter struct {
	View    string
	Subject string // the order, invoice or quote
	After   string
	Limit   int // 1 to 200, else 50
}

// Page is a page of requests, the newest first.
type Page struct {
	Items []Request
	Next  string
}

// maxMine bounds how many open requests are looked at for those that are somebody's.
const maxMine = 400

// List returns requests of the actor's company.
// Codes: Forbidden, Invalid (the cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Page, error) {
	scope, err := access.List(actor, access.ApprovalRead)
	if err != nil {
		return Page{}, err
	}
	if f.Limit < 1 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	var out Page
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = Page{}
		if f.View == "mine" {
			out.Items, err = s.mine(ctx, actor, scope, f.Limit)
			return err
		}
		rows, next, err := requests(ctx, scope, actor.Person, f)
		if err != nil {
			return err
		}
		out.Next = next
		out.Items, err = withSteps(ctx, rows)
		return err
	})
	return out, err
}

func withSteps(ctx context.Context, rows []requestRow) ([]Request, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	steps, err := stepsOf(ctx, ids...)
	out := make([]Request, len(rows))
	for i, r := range rows {
		out[i] = r.request(steps[r.ID])
	}
	return out, err
}

// mine are the requests that the actor may decide, the first to be late first. Who may
// decide a kind of step is found out once.
func (s *Service) mine(ctx context.Context, actor access.Actor, scope access.Scope, limit int) ([]Request, error) {
	if !access.Allowed(actor, access.ApprovalDecide, access.Own(actor.Org)) {
		return nil, nil
	}
	rows, err := openRequests(ctx, scope, maxMine)
	if err != nil {
		return nil, err
	}
	all, err := withSteps(ctx, rows)
	if err != nil {
		return nil, err
	}
	type asked struct {
		person   string
		role     access.Role
		by       string
		fourEyes bool
	}
	known := map[asked]bool{}
	var out []Request
	for i, r := range all {
		may := false
		for _, st := range r.Steps {
			if !st.Decided.IsZero() {
				continue
			}
			k := asked{st.Person, st.Role, "", st.FourEyes}
			if st.FourEyes {
				k.by = r.AskedBy
			}
			ok, seen := known[k]
			if !seen {
				if ok, err = s.entitled(ctx, actor, rows[i], st); err != nil {
					return nil, err
				}
				known[k] = ok
			}
			may = may || ok
		}
		if may {
			if out = append(out, r); len(out) == limit {
				break
			}
		}
	}
	return out, nil
}

// Waits counts the requests that the actor may decide now, as far as maxMine goes.
// Codes: Forbidden.
func (s *Service) Waits(ctx context.Context, actor access.Actor) (int, error) {
	p, err := s.List(ctx, actor, Filter{View: "mine", Limit: 200})
	return len(p.Items), err
}

// Told is who is to hear of an event: the approvers of the first open step, who asked.
type Told struct {
	Request   Request
	Approvers []account.Colleague
}

// Told reads a request for its notices. The actor is a system of the company.
// Codes: NotFound.
func (s *Service) Told(ctx context.Context, actor access.Actor, id ID) (Told, error) {
	r, err := s.Get(ctx, actor, id)
	if err != nil {
		return Told{}, err
	}
	parts, err := s.Parts(ctx, actor, id)
	out := Told{Request: r}
	seen := map[string]bool{}
	for _, p := range parts {
		for _, c := range p.Approvers {
			if !seen[c.ID] {
				seen[c.ID] = true
				out.Approvers = append(out.Approvers, c)
			}
		}
	}
	return out, err
}

// Clocks finds the requests that are overdue, and tells of each once. It runs on a
// schedule. Publishes Overdue.
func (s *Service) Clocks(ctx context.Context) error {
	for {
		n := 0
		err := s.db.InTx(ctx, func(ctx context.Context) error {
			rows, err := late(ctx, db.Micros(db.Now(ctx)), 200)
			n = len(rows)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if err := markLate(ctx, r.ID); err != nil {
					return err
				}
				if err := s.tell(ctx, access.System("approval", r.OrgID), r, "", Overdue); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < 200 {
			return err
		}
	}
}
