package api

import (
	"context"

	"entente/prm/access"
	"entente/prm/engage"
	"entente/prm/fault"
)

type engageOutgoing struct {
	Values []engageValue    `json:"values"`
	Hash   string           `json:"hash" doc:"of the preview: name it in publish"`
	To     []engageRevision `json:"to" doc:"the revision each company would get; values are left out"`
	Same   []string         `json:"same" doc:"companies that have exactly this already and get none"`
}

// engageWork are the operations of who takes part: snapshots, splits, tasks, hand-overs.
func (a *API) engageWork(one string) {
	s := a.d.Engagements
	type engageShareIn struct {
		ID   string `path:"id"`
		Body struct {
			Template string   `json:"template,omitempty" doc:"status, forecast, working, all, or the id of your own"`
			Fields   []string `json:"fields,omitempty" doc:"instead of a template: stage, own_stage, amount, close, probability, next_step, needs, products, contact"`
			To       []string `json:"to" doc:"slugs of companies that take part"`
			Hash     string   `json:"hash,omitempty" doc:"of the preview; for publish"`
		}
	}
	for _, x := range []struct {
		path, words, about string
		do                 func(context.Context, access.Actor, engage.ID, engage.PublishCmd) (engage.Outgoing, error)
	}{{"/snapshots/preview", "Preview a snapshot", "What each company would get; nothing is written.", s.Preview}, {"/snapshots", "Publish a snapshot", "Exactly what was previewed, or nothing.", s.Publish}} {
		handle(a, op("POST", one+x.path, "engagements:write", x.words, x.about, 200),
			func(ctx context.Context, actor access.Actor, in *engageShareIn) (*reply[engageOutgoing], error) {
				cmd := engage.PublishCmd{Template: in.Body.Template, Fields: in.Body.Fields, Hash: in.Body.Hash}
				slug := map[string]string{}
				for _, name := range in.Body.To {
					org, err := a.engageCompany(ctx, actor, engage.ID(in.ID), name)
					if err != nil {
						return nil, err
					}
					cmd.To, slug[org] = append(cmd.To, org), name
				}
				got, err := x.do(ctx, actor, engage.ID(in.ID), cmd)
				if err != nil {
					return nil, err
				}
				out := engageOutgoing{Values: engageValues(got.Values), Hash: got.Hash, To: []engageRevision{}, Same: []string{}}
				for _, r := range got.To {
					if r.Same {
						out.Same = append(out.Same, slug[r.Org])
						continue
					}
					out.To = append(out.To, engageRevision{To: slug[r.Org], Rev: r.Rev, Values: []engageValue{}, Changed: engageChanged(r.Changes)})
				}
				return &reply[engageOutgoing]{out}, nil
			})
	}
	type engageRevisionsIn struct {
		ID   string `path:"id"`
		From string `query:"from" doc:"slug; your company where it is left out"`
		To   string `query:"to" doc:"slug; your company where it is left out"`
	}
	handle(a, op("GET", one+"/snapshots", "engagements:read", "List revisions", "All that one company got from another, the newest first; one of the two is yours.", 200),
		func(ctx context.Context, actor access.Actor, in *engageRevisionsIn) (*reply[list[engageRevision]], error) {
			id, from, to := engage.ID(in.ID), actor.Org, actor.Org
			var err error
			if in.From != "" {
				if from, err = a.engageCompany(ctx, actor, id, in.From); err != nil {
					return nil, err
				}
			}
			if in.To != "" {
				if to, err = a.engageCompany(ctx, actor, id, in.To); err != nil {
					return nil, err
				}
			}
			got, err := s.Revisions(ctx, actor, id, from, to)
			var items []engageRevision
			for _, r := range got {
				items = append(items, engageRevision{From: in.From, To: in.To, Rev: r.Rev, At: r.Made.UTC(), Values: engageValues(r.Values), Changed: engageChanged(r.Changes)})
			}
			return page(items, ""), err
		})
	answered := func(ctx context.Context, actor access.Actor, id string, err error) (*reply[engageOut], error) {
		if err != nil {
			return nil, err
		}
		return a.engageOne(ctx, actor, engage.ID(id))
	}
	type engageSplitIn struct {
		ID   string `path:"id"`
		Body struct {
			Shares []engageShare `json:"shares" doc:"one for each company that takes part; they sum to exactly 100"`
			Note   string        `json:"note,omitempty"`
		}
	}
	handle(a, op("POST", one+"/splits", "engagements:write", "Propose a split of revenue", "In place of one that is open. Where companies are not shown to each other, by the owner.", 200),
		func(ctx context.Context, actor access.Actor, in *engageSplitIn) (*reply[engageOut], error) {
			cmd := engage.ProposeCmd{Note: in.Body.Note}
			for i, x := range in.Body.Shares {
				org, err := a.engageCompany(ctx, actor, engage.ID(in.ID), x.Company)
				if err != nil {
					return nil, err
				}
				n, err := quantity("shares."+itoa(i)+".percent", x.Percent)
				if err != nil {
					return nil, err
				}
				if n%engageStep != 0 || n < 0 || n > 100*100*engageStep {
					return nil, fault.InvalidField("shares."+itoa(i)+".percent", "engage.share_places")
				}
				cmd.Shares = append(cmd.Shares, engage.Share{Org: org, Part: int(n / engageStep)})
			}
			return answered(ctx, actor, in.ID, s.Propose(ctx, actor, engage.ID(in.ID), cmd))
		})
	type engageAgreeIn struct {
		ID   string `path:"id"`
		Body struct {
			Hash    string `json:"hash" doc:"of the text that was read"`
			Comment string `json:"comment,omitempty" doc:"of refuse"`
		}
	}
	handle(a, op("POST", one+"/splits/agree", "engagements:write", "Agree to a split", "To the text whose hash was read. With the last agreement it is in force.", 200),
		func(ctx context.Context, actor access.Actor, in *engageAgreeIn) (*reply[engageOut], error) {
			return answered(ctx, actor, in.ID, s.AgreeSplit(ctx, actor, engage.ID(in.ID), in.Body.Hash))
		})
	handle(a, op("POST", one+"/splits/refuse", "engagements:write", "Refuse a split", "", 200),
		func(ctx context.Context, actor access.Actor, in *engageAgreeIn) (*reply[engageOut], error) {
			return answered(ctx, actor, in.ID, s.RefuseSplit(ctx, actor, engage.ID(in.ID), in.Body.Hash, in.Body.Comment))
		})
	handle(a, op("POST", one+"/splits/withdraw", "engagements:write", "Take a split back", "", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[engageOut], error) {
			return answered(ctx, actor, in.ID, s.WithdrawSplit(ctx, actor, engage.ID(in.ID)))
		})
	type engageTaskIn struct {
		ID   string `path:"id"`
		Body struct {
			Company string `json:"company" doc:"slug: whose it is"`
			Title   string `json:"title"`
			Due     string `json:"due,omitempty"`
		}
	}
	handle(a, op("POST", one+"/tasks", "engagements:write", "Give a task", "", 200),
		func(ctx context.Context, actor access.Actor, in *engageTaskIn) (*reply[engageOut], error) {
			org, err := a.engageCompany(ctx, actor, engage.ID(in.ID), in.Body.Company)
			if err == nil {
				_, err = s.AddTask(ctx, actor, engage.ID(in.ID), engage.TaskCmd{Org: org, Title: in.Body.Title, Due: in.Body.Due})
			}
			return answered(ctx, actor, in.ID, err)
		})
	type engageDoneIn struct {
		ID   string `path:"id"`
		Task string `path:"task"`
		Body struct {
			Done bool `json:"done"`
		}
	}
	handle(a, op("POST", one+"/tasks/{task}", "engagements:write", "Mark a task done, or not", "", 200),
		func(ctx context.Context, actor access.Actor, in *engageDoneIn) (*reply[engageOut], error) {
			return answered(ctx, actor, in.ID, s.SetTask(ctx, actor, engage.ID(in.ID), in.Task, in.Body.Done))
		})
	type engageHandIn struct {
		ID   string `path:"id"`
		Body struct {
			To   string `json:"to" doc:"slug"`
			What string `json:"what"`
			Note string `json:"note,omitempty"`
			Due  string `json:"due,omitempty"`
		}
	}
	handle(a, op("POST", one+"/handovers", "engagements:write", "Hand something over", "It passes when the other company takes it.", 200),
		func(ctx context.Context, actor access.Actor, in *engageHandIn) (*reply[engageOut], error) {
			org, err := a.engageCompany(ctx, actor, engage.ID(in.ID), in.Body.To)
			if err == nil {
				_, err = s.HandOver(ctx, actor, engage.ID(in.ID), engage.HandCmd{To: org, What: in.Body.What, Note: in.Body.Note, Due: in.Body.Due})
			}
			return answered(ctx, actor, in.ID, err)
		})
	type engageHandAnswerIn struct {
		ID   string `path:"id"`
		Hand string `path:"hand"`
		Body struct {
			Answer  string `json:"answer" doc:"taken or refused by the other company, withdrawn by your own"`
			Comment string `json:"comment,omitempty" doc:"needed to refuse"`
		}
	}
	handle(a, op("POST", one+"/handovers/{hand}", "engagements:write", "Answer a hand-over", "", 200),
		func(ctx context.Context, actor access.Actor, in *engageHandAnswerIn) (*reply[engageOut], error) {
			return answered(ctx, actor, in.ID, s.AnswerHand(ctx, actor, engage.ID(in.ID), in.Hand, in.Body.Answer, in.Body.Comment))
		})
}
