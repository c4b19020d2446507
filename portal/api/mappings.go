package api

import (
	"bytes"
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/mapping"
	"entente/prm/partner"
)

// mappingOut is a comparison of two lists as your company may see it.
type mappingOut struct {
	ID       string       `json:"id"`
	Way      string       `json:"way" doc:"here: both companies are of this server; file: messages are files"`
	Code     string       `json:"code" doc:"names the run on both servers"`
	Partner  string       `json:"partner,omitempty" doc:"slug; left out where the company is of another server"`
	Name     string       `json:"name,omitempty" doc:"what the company of another server is called"`
	State    string       `json:"state" doc:"proposed, working, sized, matched, done, small, ended, declined, cancelled, expired or failed"`
	Step     int          `json:"step" doc:"the step that was reached: 1 size, 2 accounts, 3 fields"`
	Reason   string       `json:"reason,omitempty" doc:"why it failed"`
	Kinds    []string     `json:"kinds" doc:"of keys that are compared"`
	Fields   []string     `json:"fields" doc:"told in the third step"`
	Waits    bool         `json:"waits" doc:"for your company's decision"`
	Overlap  *mappingSize `json:"overlap,omitempty" doc:"of your accounts, from the first step on; left out while nothing is told"`
	Made     time.Time    `json:"made"`
	Consent  int          `json:"consent,omitempty" doc:"the highest step your company agreed to"`
	Theirs   int          `json:"partner_consent,omitempty" doc:"the highest step the partner agreed to; left out in lists"`
	Accounts int          `json:"accounts,omitempty" doc:"of yours that match, from the second step on; left out in lists"`
	Progress int          `json:"progress,omitempty" doc:"percent of the step that is being made"`
	Ready    []int        `json:"files,omitempty" doc:"numbers of the files that may be fetched"`
	Awaited  int          `json:"awaited,omitempty" doc:"number of the file that comes next"`
	Check    []string     `json:"check_code,omitempty" doc:"to be compared by telephone"`
}

type mappingSize struct {
	From int `json:"from" doc:"0: fewer than five, or none"`
	To   int `json:"to,omitempty" doc:"left out: no bound"`
}

type mappingAccount struct {
	Customer string        `json:"customer" doc:"id of your customer"`
	Name     string        `json:"name"`
	Theirs   []mappingTold `json:"partner_tells" doc:"from the third step on"`
}

// mappingTold is what the partner tells of an account.
type mappingTold struct {
	Name   string `json:"name,omitempty"`
	Place  string `json:"place,omitempty"`
	Web    string `json:"web,omitempty"`
	Person string `json:"person,omitempty" doc:"who keeps it there"`
}

// mappingReceipt is what a company keeps of a run.
type mappingReceipt mapping.Receipt

func (a *API) mappingsOut(ctx context.Context, org string, list ...mapping.Summary) ([]mappingOut, error) {
	orgs := map[string]bool{}
	for _, r := range list {
		if o := r.Other(org); o != "" {
			orgs[o] = true
		}
	}
	slug, err := a.slugs(ctx, orgs)
	out := make([]mappingOut, len(list))
	for i, r := range list {
		out[i] = mappingOut{ID: string(r.ID), Way: r.Way, Code: r.Code, Partner: slug[r.Other(org)].Slug, Name: r.Name, State: string(r.State), Step: r.Stage, Reason: r.Reason, Kinds: r.Terms.Kinds, Fields: r.Terms.Fields, Waits: r.Waits, Made: r.Made.UTC(), Consent: r.Mine.Consent}
		if out[i].Fields == nil {
			out[i].Fields = []string{}
		}
		if r.Stage > 0 {
			out[i].Overlap = &mappingSize{From: r.Overlap.From}
			if r.Overlap.Under > 0 {
				out[i].Overlap.To = r.Overlap.Under - 1
			}
		}
	}
	return out, err
}

func (a *API) mappingOne(ctx context.Context, actor access.Actor, id mapping.ID) (*reply[mappingOut], error) {
	d, err := a.d.Mappings.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	list, err := a.mappingsOut(ctx, actor.Org, mapping.Summary{Run: d.Run, Mine: d.Mine, Overlap: d.Overlap, Waits: d.Can("accept", actor.Org) || d.Can("consent", actor.Org)})
	if err != nil {
		return nil, err
	}
	out := list[0]
	out.Theirs, out.Accounts, out.Progress, out.Ready, out.Awaited, out.Check = d.Theirs.Consent, d.Accounts, d.Progress, d.Ready, d.Receive, d.CheckCode
	return &reply[mappingOut]{out}, nil
}

// mappings are the operations on account mapping.
func (a *API) mappings() {
	const base = "/api/v1/mappings"
	type filter struct {
		Paging
		Open bool `query:"open" doc:"only those that go on"`
	}
	handle(a, op("GET", base, "mappings:read", "List account mappings", "Comparisons of your customers with a partner's, neither seeing the other's list.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[mappingOut]], error) {
			got, err := a.d.Mappings.List(ctx, actor, mapping.Filter{Open: in.Open, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			var all []mapping.Summary
			for _, r := range got.Items {
				all = append(all, got.Mine[r.ID])
			}
			items, err := a.mappingsOut(ctx, actor.Org, all...)
			return page(items, got.Next), err
		})
	handle(a, op("GET", base+"/{id}", "mappings:read", "Get an account mapping", "", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[mappingOut], error) {
			return a.mappingOne(ctx, actor, mapping.ID(in.ID))
		})
	type accountsIn struct {
		ID string `path:"id"`
		Paging
	}
	handle(a, op("GET", base+"/{id}/accounts", "mappings:read", "List the accounts in common", "Yours that the partner has too, from the second step on.", 200),
		func(ctx context.Context, actor access.Actor, in *accountsIn) (*reply[list[mappingAccount]], error) {
			got, next, err := a.d.Mappings.Accounts(ctx, actor, mapping.ID(in.ID), in.After, in.Limit)
			if err != nil {
				return nil, err
			}
			items := make([]mappingAccount, len(got))
			for i, x := range got {
				items[i] = mappingAccount{string(x.Customer), x.Name, []mappingTold{}}
				for _, t := range x.Theirs {
					items[i].Theirs = append(items[i].Theirs, mappingTold(t))
				}
			}
			return page(items, next), nil
		})
	handle(a, op("GET", base+"/{id}/receipt", "mappings:read", "Get the receipt of an account mapping", "What was agreed, committed to, consented to and told, and when. No size and no account.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[mappingReceipt], error) {
			r, err := a.d.Mappings.Receipt(ctx, actor, mapping.ID(in.ID))
			return &reply[mappingReceipt]{mappingReceipt(r)}, err
		})
	type newIn struct {
		Body struct {
			Partner string   `json:"partner,omitempty" doc:"slug of a partner of this server"`
			Name    string   `json:"name,omitempty" doc:"of a company of another server, instead of partner"`
			Kinds   []string `json:"kinds" minItems:"1" doc:"tax, gln, duns, domain, name"`
			Fields  []string `json:"fields,omitempty" doc:"name, place, web, person"`
		}
	}
	handle(a, op("POST", base, "mappings:write", "Propose an account mapping", "This is your consent to the first step, the size. With another server's company the first file will be ready in a moment.", 201),
		func(ctx context.Context, actor access.Actor, in *newIn) (*reply[mappingOut], error) {
			terms := mapping.Terms{Kinds: in.Body.Kinds, Fields: in.Body.Fields}
			var r mapping.Run
			var err error
			if in.Body.Partner == "" {
				r, err = a.d.Mappings.StartFile(ctx, actor, mapping.FileCmd{Name: in.Body.Name, Terms: terms})
			} else {
				_, ps, perr := a.partnerships(ctx, actor, in.Body.Partner)
				if perr != nil {
					return nil, perr
				}
				at := ""
				for _, p := range ps {
					if at == "" || p.State == partner.Active {
						at = p.ID
					}
				}
				if at == "" {
					return nil, fault.InvalidField("partner", "form.choice_wrong")
				}
				r, err = a.d.Mappings.Propose(ctx, actor, mapping.ProposeCmd{Partnership: at, Terms: terms})
			}
			if err != nil {
				return nil, err
			}
			return a.mappingOne(ctx, actor, r.ID)
		})
	for _, x := range []struct {
		verb, words, about string
		do                 func(context.Context, access.Actor, mapping.ID) error
	}{
		{"accept", "Agree to the first step", "Both lists are fixed, compared, and a range of the size is told.", a.d.Mappings.Accept},
		{"decline", "Decline an account mapping", "", a.d.Mappings.Decline},
		{"cancel", "Cancel an account mapping", "While nothing was told.", a.d.Mappings.Cancel},
		{"end", "End an account mapping", "What was told stays told.", a.d.Mappings.End},
		{"erase", "Destroy the files of an account mapping", "Of one with another server that is over.", a.d.Mappings.Erase},
	} {
		handle(a, op("POST", base+"/{id}/"+x.verb, "mappings:write", x.words, x.about, 200),
			func(ctx context.Context, actor access.Actor, in *pathID) (*reply[mappingOut], error) {
				if err := x.do(ctx, actor, mapping.ID(in.ID)); err != nil {
					return nil, err
				}
				return a.mappingOne(ctx, actor, mapping.ID(in.ID))
			})
	}
	type consentIn struct {
		ID   string `path:"id"`
		Body struct {
			Step int `json:"step" minimum:"2" maximum:"3" doc:"2 the accounts in common, 3 the agreed fields"`
		}
	}
	handle(a, op("POST", base+"/{id}/consent", "mappings:write", "Agree to the next step", "It is made when the partner agreed too. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *consentIn) (*reply[mappingOut], error) {
			if err := a.d.Mappings.Consent(ctx, actor, mapping.ID(in.ID), in.Body.Step); err != nil {
				return nil, err
			}
			return a.mappingOne(ctx, actor, mapping.ID(in.ID))
		})
	type fileIn struct {
		ID   string `path:"id"`
		Part int    `path:"part"`
	}
	type fileOut struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}
	fetch := op("POST", base+"/{id}/files/{part}", "mappings:write", "Fetch a file for the other server", "It is noted that it was fetched.", 200)
	fetch.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: bytesOf("application/octet-stream")}}
	handle(a, fetch,
		func(ctx context.Context, actor access.Actor, in *fileIn) (*fileOut, error) {
			var buf bytes.Buffer
			if _, err := a.d.Mappings.Fetch(ctx, actor, mapping.ID(in.ID), in.Part, &buf); err != nil {
				return nil, err
			}
			return &fileOut{"application/octet-stream", buf.Bytes()}, nil
		})
	type bringIn struct {
		RawBody []byte `contentType:"application/octet-stream"`
	}
	bring := op("POST", base+"/files", "mappings:write", "Bring a file of the other server", "The body is the file, up to 1 MiB; larger ones go by the page. The first file of a run that another server's company began makes the run here, which is your consent to the first step.", 200)
	bring.MaxBodyBytes = 1 << 20
	handle(a, bring, func(ctx context.Context, actor access.Actor, in *bringIn) (*reply[mappingOut], error) {
		id, err := a.d.Mappings.Bring(ctx, actor, "", bytes.NewReader(in.RawBody))
		if err != nil {
			return nil, err
		}
		return a.mappingOne(ctx, actor, id)
	})
}
