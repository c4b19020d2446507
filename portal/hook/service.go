package hook

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/db/secret"
	"entente/edi/dial"
	"entente/prm/access"
	"entente/prm/fault"
)

// Deps are what the service works with.
type Deps struct {
	DB      *db.DB
	Jobs    *job.Jobs
	Secrets *secret.Box
	// Client calls addresses that somebody else named (edi/dial).
	Client *http.Client
	// Judge says whether a host may be called, before an address is kept; nil: every
	// one. Client judges again at each call.
	Judge func(ctx context.Context, host string) error
	Log   *slog.Logger // default: discard
}

// Options are the limits of the service.
type Options struct {
	// Plain allows http beside https: where the operator allows private networks.
	Plain bool
}

// The limits of a company.
const (
	mostHooks = 20
	mostBody  = 256 << 10 // a body beyond it goes without its document
	// Overlap is how long the old secret signs too after a change.
	Overlap = 24 * time.Hour
)

// Service keeps addresses and sends to them.
type Service struct {
	Deps
	opt  Options
	kick chan struct{}
	quit chan struct{}
	once sync.Once
}

// New returns the service and binds its drain; call it before Jobs.Start.
func New(d Deps, o Options) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Deps: d, opt: o, kick: make(chan struct{}, 1), quit: make(chan struct{})}
	s.Jobs.Drain(drainName, s.drain)
	return s
}

// Stop begins no further call; a second one does nothing.
func (s *Service) Stop() { s.once.Do(func() { close(s.quit) }) }

func (s *Service) note(ctx context.Context, actor access.Actor, action, id string) error {
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "webhook", SubjectID: id, Outcome: audit.Done})
}

func about(org, id string) string { return "webhook:" + org + ":" + id }

// checked is the address and the events of a command in their form; used says that it is
// to be called.
func (s *Service) checked(ctx context.Context, url string, events []string, used bool) (string, error) {
	u, err := dial.CheckURL(url)
	if err != nil || len(url) > 2000 {
		return "", fault.InvalidField("url", "hook.url")
	}
	if u.Scheme != "https" && !s.opt.Plain {
		return "", fault.InvalidField("url", "hook.https")
	}
	if len(events) == 0 {
		return "", fault.InvalidField("events", "hook.no_events")
	}
	var out []string
	for _, e := range Events() { // in their order, once
		if slices.Contains(events, e) {
			out = append(out, e)
		}
	}
	for _, e := range events {
		if !slices.Contains(out, e) {
			return "", fault.InvalidField("events", "hook.event", "Event", e)
		}
	}
	if used && s.Judge != nil {
		if err := s.Judge(ctx, u.Hostname()); err != nil {
			return "", fault.InvalidField("url", fault.KeyOf(err))
		}
	}
	return strings.Join(out, " "), nil
}

// List returns the addresses of the actor's company, oldest first.
// Codes: NotFound, Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor) ([]Hook, error) {
	if err := access.Check(actor, access.HookRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Hook
	return out, s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := hooksOf(ctx, actor.Org)
		for i := range rows {
			out = append(out, rows[i].hook())
		}
		return err
	})
}

// Get returns one address. Codes: NotFound, also for another company's.
func (s *Service) Get(ctx context.Context, actor access.Actor, id string) (Hook, error) {
	if err := access.Check(actor, access.HookRead, access.Own(actor.Org)); err != nil {
		return Hook{}, err
	}
	var out Hook
	return out, s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := hookByID(ctx, actor.Org, id)
		out = r.hook()
		return err
	})
}

// Add adds an address and returns its secret, which is never shown again.
// Codes: Invalid (url, events), Conflict hook.too_many, Forbidden.
func (s *Service) Add(ctx context.Context, actor access.Actor, url string, events []string) (Hook, string, error) {
	if err := access.Check(actor, access.HookManage, access.Own(actor.Org)); err != nil {
		return Hook{}, "", err
	}
	list, err := s.checked(ctx, url, events, true)
	if err != nil {
		return Hook{}, "", err
	}
	var out Hook
	key := newSecret()
	return out, key, s.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		have, err := hooksOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		if len(have) >= mostHooks {
			return fault.New(fault.Conflict, "hook.too_many", "Most", mostHooks)
		}
		now := db.Micros(db.Now(ctx))
		r := hookRow{OrgID: actor.Org, ID: db.NewID(), URL: url, Events: list, Active: 1, OldSecret: []byte{}, MadeBy: actor.Person, Created: now, Changed: now}
		r.Secret = s.Secrets.Seal([]byte(key), about(r.OrgID, r.ID))
		if err := insertHook(ctx, &r); err != nil {
			return err
		}
		out = r.hook()
		return s.note(ctx, actor, "webhook.added", r.ID)
	})
}

// Change sets where and what is told, and whether at all. One that was paused goes on.
// Codes: NotFound, Invalid, Forbidden.
func (s *Service) Change(ctx context.Context, actor access.Actor, id, url string, events []string, active bool) (Hook, error) {
	if err := access.Check(actor, access.HookManage, access.Own(actor.Org)); err != nil {
		return Hook{}, err
	}
	if _, err := s.Get(ctx, actor, id); err != nil {
		return Hook{}, err
	}
	list, err := s.checked(ctx, url, events, active)
	if err != nil {
		return Hook{}, err
	}
	on := int64(0)
	if active {
		on = 1
	}
	return s.edit(ctx, actor, id, "webhook.changed", map[string]any{"url": url, "events": list, "active": on, "paused": int64(0), "paused_why": "", "failing": int64(0)})
}

// Resume lets an address that was paused go on with what waits for it.
// Codes: NotFound, Forbidden.
func (s *Service) Resume(ctx context.Context, actor access.Actor, id string) (Hook, error) {
	if err := access.Check(actor, access.HookManage, access.Own(actor.Org)); err != nil {
		return Hook{}, err
	}
	return s.edit(ctx, actor, id, "webhook.resumed", map[string]any{"paused": int64(0), "paused_why": "", "failing": int64(0)})
}

func (s *Service) edit(ctx context.Context, actor access.Actor, id, action string, values map[string]any) (Hook, error) {
	var out Hook
	return out, s.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if _, err := hookByID(ctx, actor.Org, id); err != nil {
			return err
		}
		values["changed"] = db.Micros(db.Now(ctx))
		if err := changeHook(ctx, actor.Org, id, values); err != nil {
			return err
		}
		r, err := hookByID(ctx, actor.Org, id)
		if err != nil {
			return err
		}
		out = r.hook()
		if err := s.note(ctx, actor, action, id); err != nil {
			return err
		}
		return s.wake(ctx)
	})
}

// Rotate makes a new secret and returns it; the one before signs too for Overlap.
// Codes: NotFound, Forbidden.
func (s *Service) Rotate(ctx context.Context, actor access.Actor, id string) (Hook, string, error) {
	if err := access.Check(actor, access.HookManage, access.Own(actor.Org)); err != nil {
		return Hook{}, "", err
	}
	key := newSecret()
	var old []byte
	err := s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := hookByID(ctx, actor.Org, id)
		old = r.Secret
		return err
	})
	if err != nil {
		return Hook{}, "", err
	}
	out, err := s.edit(ctx, actor, id, "webhook.rotated", map[string]any{
		"secret": s.Secrets.Seal([]byte(key), about(actor.Org, id)), "old_secret": old, "old_until": db.Micros(s.DB.Clock().Add(Overlap)),
	})
	return out, key, err
}

// Remove takes an address away with everything that was sent to it.
// Codes: NotFound, Forbidden.
func (s *Service) Remove(ctx context.Context, actor access.Actor, id string) error {
	if err := access.Check(actor, access.HookManage, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if _, err := hookByID(ctx, actor.Org, id); err != nil {
			return err
		}
		if err := removeHook(ctx, actor.Org, id); err != nil {
			return err
		}
		return s.note(ctx, actor, "webhook.removed", id)
	})
}

// body is what an address is sent.
type body struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      any       `json:"data"`
}

// Tell queues a message to every address of a company that wants its kind, in the
// transaction of ctx, once for each event. small is sent in place of what is too large.
func (s *Service) Tell(ctx context.Context, actor access.Actor, m Message, small any) error {
	if err := access.Check(actor, access.HookManage, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := hooksOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(r hookRow) bool { return r.Active == 0 || !slices.Contains(strings.Fields(r.Events), m.Kind) })
		if len(rows) == 0 {
			return nil
		}
		text, err := json.Marshal(body{m.Kind, m.At.UTC(), m.Data})
		if err == nil && len(text) > mostBody {
			text, err = json.Marshal(body{m.Kind, m.At.UTC(), small})
		}
		if err != nil {
			return err
		}
		for i := range rows {
			if err := s.queue(ctx, &rows[i], m, string(text)); err != nil {
				return err
			}
		}
		return s.wake(ctx)
	})
}

func (s *Service) queue(ctx context.Context, h *hookRow, m Message, text string) error {
	now := db.Micros(s.DB.Clock())
	return insertDelivery(ctx, &deliveryRow{
		ID: db.NewID(), OrgID: h.OrgID, WebhookID: h.ID, EventID: m.Event, Kind: m.Kind, Body: text, Place: m.Place, State: string(Queued), NextAt: now, Created: now,
	})
}

// Wants says whether any address of the company wants the kind: what is not wanted need
// not be put together.
func (s *Service) Wants(ctx context.Context, actor access.Actor, kind string) (bool, error) {
	list, err := s.List(ctx, actor)
	return slices.ContainsFunc(list, func(h Hook) bool { return h.Active && slices.Contains(h.Events, kind) }), err
}

// Test queues a test message, before all that waits. Codes: NotFound, Forbidden.
func (s *Service) Test(ctx context.Context, actor access.Actor, id string) (Delivery, error) {
	if err := access.Check(actor, access.HookManage, access.Own(actor.Org)); err != nil {
		return Delivery{}, err
	}
	var out Delivery
	return out, s.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if _, err := hookByID(ctx, actor.Org, id); err != nil {
			return err
		}
		now := s.DB.Clock()
		text, err := json.Marshal(body{Test, now, map[string]string{"webhook": id}})
		if err != nil {
			return err
		}
		r := deliveryRow{ID: db.NewID(), OrgID: actor.Org, WebhookID: id, Kind: Test, Body: string(text), State: string(Queued), NextAt: db.Micros(now), Created: db.Micros(now)}
		r.EventID = r.ID
		if err := insertDelivery(ctx, &r); err != nil {
			return err
		}
		out = r.delivery()
		return s.wake(ctx)
	})
}

// Deliveries lists the messages of an address, newest first. after is the id of the last
// of the page before. Codes: NotFound, Forbidden.
func (s *Service) Deliveries(ctx context.Context, actor access.Actor, id, after string, limit int) (out []Delivery, next string, err error) {
	if err := access.Check(actor, access.HookRead, access.Own(actor.Org)); err != nil {
		return nil, "", err
	}
	limit = min(max(limit, 1), 200)
	return out, next, s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if _, err := hookByID(ctx, actor.Org, id); err != nil {
			return err
		}
		var from deliveryRow
		if after != "" {
			var err error
			if from, err = deliveryByID(ctx, actor.Org, id, after); err != nil {
				return err
			}
		}
		rows, err := deliveriesOf(ctx, actor.Org, id, from.Created, after, limit+1)
		if len(rows) > limit {
			rows = rows[:limit]
			next = rows[limit-1].ID
		}
		for i := range rows {
			out = append(out, rows[i].delivery())
		}
		return err
	})
}

// Delivery returns one message with its body and tries. Codes: NotFound, Forbidden.
func (s *Service) Delivery(ctx context.Context, actor access.Actor, id, delivery string) (Delivery, error) {
	if err := access.Check(actor, access.HookRead, access.Own(actor.Org)); err != nil {
		return Delivery{}, err
	}
	var out Delivery
	return out, s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := deliveryByID(ctx, actor.Org, id, delivery)
		if err != nil {
			return err
		}
		out = r.delivery()
		out.Body = r.Body
		tries, err := attemptsOf(ctx, actor.Org, delivery)
		for _, a := range tries {
			out.Tries = append(out.Tries, Attempt{Number: int(a.Number), At: db.FromMicros(a.Happened), Took: time.Duration(a.Took) * time.Microsecond, Status: int(a.Status), Result: a.Outcome})
		}
		return err
	})
}

// Redeliver sends a message once more, with the same id, from the first try on.
// Codes: NotFound, Conflict hook.on_its_way, Forbidden.
func (s *Service) Redeliver(ctx context.Context, actor access.Actor, id, delivery string) (Delivery, error) {
	if err := access.Check(actor, access.HookManage, access.Own(actor.Org)); err != nil {
		return Delivery{}, err
	}
	var out Delivery
	return out, s.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := deliveryByID(ctx, actor.Org, id, delivery)
		if err != nil {
			return err
		}
		if r.State == string(Queued) {
			return fault.New(fault.Conflict, "hook.on_its_way")
		}
		now := db.Micros(s.DB.Clock())
		ok, err := changeDelivery(ctx, r.ID, r.Fence, map[string]any{"state": string(Queued), "attempts": int64(0), "next_at": now, "settled": int64(0)})
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "hook.on_its_way")
		}
		r.State, r.Attempts, r.NextAt, r.Settled = string(Queued), 0, now, 0
		out = r.delivery()
		if err := s.note(ctx, actor, "webhook.redelivered", id); err != nil {
			return err
		}
		return s.wake(ctx)
	})
}

// kept is how long settled messages are shown.
const kept = 30 * 24 * time.Hour

// Sweep lets go of messages settled long ago. It is run daily.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error { return sweep(ctx, db.Micros(s.DB.Clock().Add(-kept))) })
}
