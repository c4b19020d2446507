package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/edi/gateway"
	"entente/prm/access"
)

// interchangeDeeds are what `entente interchange` does with one of them, and what it says then.
var interchangeDeeds = map[string]struct {
	run  func(s *gateway.Service, ctx context.Context, actor access.Actor, id string) error
	said string
}{
	"resend":    {(*gateway.Service).Resend, "it is sent again, the same bytes under the same control number"},
	"reprocess": {(*gateway.Service).Reprocess, "it is read again"},
	"hold":      {(*gateway.Service).Hold, "it is held until it is released"},
	"release":   {(*gateway.Service).Release, "it is released"},
}

// interchangeCmd shows and moves the interchanges of a company, beside a running
// server: the server does what was asked for.
func interchangeCmd(ctx context.Context, e *env, args []string) (int, error) {
	const synopsis = "list --org SLUG [--query NUMBER] [--state S] [--late]  |  resend|reprocess|hold|release ID --org SLUG"
	fs := e.flags("interchange")
	register(fs, "data", "database-url", "key-file")
	org := fs.String("org", "", "company for which it is done")
	query := fs.String("query", "", "list: PO, invoice, control number, Message-ID or file name")
	state := fs.String("state", "", "list: received, processed, held or failed")
	late := fs.Bool("late", false, "list: only what waits for an overdue acknowledgement")
	limit := fs.Int("limit", 50, "list: at most so many, up to 200")
	asJSON := fs.Bool("json", false, "print JSON")
	rest, err := e.parse(fs, synopsis, args)
	if err != nil {
		return exitUsage, err
	}
	usage := misuse("usage: entente interchange %s", synopsis)
	if len(rest) == 0 || *org == "" {
		return exitUsage, usage
	}
	deed, does := interchangeDeeds[rest[0]]
	if !does && rest[0] != "list" || does && len(rest) != 2 || !does && len(rest) != 1 {
		return exitUsage, usage
	}
	if !slices.Contains([]gateway.State{"", gateway.Received, gateway.Processed, gateway.Held, gateway.Failed}, gateway.State(*state)) {
		return exitUsage, misuse("--state is received, processed, held or failed, not %q", *state)
	}
	err = e.beside(ctx, fs, *org, func(a *App, actor access.Actor) error {
		s := a.gateway
		if does {
			if err := deed.run(s, ctx, actor, rest[1]); err != nil {
				return say(err)
			}
			if *asJSON {
				return json.NewEncoder(e.out).Encode(map[string]any{"id": rest[1], "done": rest[0]})
			}
			_, err := fmt.Fprintln(e.out, deed.said)
			return err
		}
		page, err := s.List(ctx, actor, gateway.Filter{Query: *query, State: gateway.State(*state), Late: *late, Limit: *limit})
		if err != nil {
			return say(err)
		}
		return e.listed(page.Items, actor.Org, *asJSON)
	})
	return failed(err), err
}

type listedInterchange struct {
	ID           string    `json:"id"`
	Received     time.Time `json:"received"`
	Direction    string    `json:"direction"`
	Types        []string  `json:"types"`
	Number       string    `json:"number"`
	Control      string    `json:"control"`
	State        string    `json:"state"`
	Result       string    `json:"result,omitempty"`
	Delivery     string    `json:"delivery,omitempty"`
	Acknowledged string    `json:"acknowledged,omitempty"`
	Overdue      bool      `json:"overdue"`
}

// listed prints interchanges, one a line.
func (e *env) listed(items []gateway.Interchange, org string, asJSON bool) error {
	rows := []listedInterchange{}
	for _, i := range items {
		r := listedInterchange{i.ID, i.Received, "in", i.Types, i.Reference, i.Control, string(i.State), i.Result, i.Delivery, i.Acknowledged, i.Wait.Late()}
		if i.Out(org) {
			r.Direction = "out"
		}
		rows = append(rows, r)
	}
	if asJSON {
		return json.NewEncoder(e.out).Encode(rows)
	}
	for _, r := range rows {
		words := []string{r.State, r.Result, r.Delivery, r.Acknowledged}
		if r.Overdue {
			words = append(words, "overdue")
		}
		if _, err := fmt.Fprintf(e.out, "%s  %s  %-3s  %-8s  %s  %-20s  %s\n", r.ID, r.Received.Format(time.RFC3339), r.Direction, strings.Join(r.Types, ","), r.Control, r.Number, strings.Join(strings.Fields(strings.Join(words, " ")), ", ")); err != nil {
			return err
		}
	}
	return nil
}
