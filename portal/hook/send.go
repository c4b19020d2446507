package hook

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/db/job"
	"entente/prm/fault"
)

const (
	drainName = "webhooks"
	// calls is how many run at once, one for each address; lease is how long one may
	// take before another node tries again.
	calls = 32
	lease = 2 * time.Minute
	// most is the longest wait that an address may ask for by Retry-After.
	most = 24 * time.Hour
)

// waits are the times between tries: ten of them in about three days.
var waits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// wake has what was queued sent once the transaction of ctx has committed.
func (s *Service) wake(ctx context.Context) error {
	db.AfterCommit(ctx, func() {
		select {
		case s.kick <- struct{}{}:
		default:
		}
	})
	return s.Jobs.Wake(ctx, drainName)
}

// drain sends what is due. An address that does not answer holds up none but itself. It
// returns when nothing is due and nothing runs.
func (s *Service) drain(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	running := map[string]bool{} // by address
	ended := make(chan string)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var failure error
	stopping, quit := ctx.Done(), s.quit
	for again := true; ; {
		if again && ctx.Err() == nil && failure == nil {
			var rows []deliveryRow
			failure = s.DB.View(ctx, func(ctx context.Context) (err error) {
				rows, err = due(ctx, s.DB.Clock(), calls+len(running))
				return err
			})
			for _, r := range rows {
				if running[r.WebhookID] || len(running) >= calls {
					continue
				}
				running[r.WebhookID] = true
				go func() {
					s.work(ctx, r)
					ended <- r.WebhookID
				}()
			}
		}
		if len(running) == 0 {
			return false, failure
		}
		select {
		case id := <-ended:
			delete(running, id)
			again = true
		case <-s.kick:
			again = true
		case <-tick.C:
			again = true
		case <-quit:
			cancel()
			quit = nil
		case <-stopping:
			stopping, again = nil, false // wait for what runs
		}
	}
}

// work makes one try: claimed before, settled after, so that a node that dies between
// leaves a message that is sent again with the same id.
func (s *Service) work(ctx context.Context, r deliveryRow) {
	var h hookRow
	claimed := false
	err := s.DB.InTx(db.WithOrgs(ctx, r.OrgID), func(ctx context.Context) (err error) {
		if h, err = hookByID(ctx, r.OrgID, r.WebhookID); err != nil {
			return err
		}
		claimed, err = changeDelivery(ctx, r.ID, r.Fence, map[string]any{"fence": r.Fence + 1, "attempts": r.Attempts + 1, "next_at": db.Micros(s.DB.Clock().Add(fail.Pace(lease)))})
		return err
	})
	if err != nil || !claimed {
		if err != nil && !fault.IsNotFound(err) {
			s.Log.Error("a webhook message could not be claimed", slog.String("delivery", r.ID), slog.Any("cause", err))
		}
		return
	}
	r.Fence++
	r.Attempts++
	began := s.DB.Clock()
	o := s.call(ctx, &h, &r)
	if ctx.Err() != nil && o.status == 0 { // we are stopping: no try of theirs
		o.again, o.stopped = time.Second, true
	}
	if err := s.settle(context.WithoutCancel(ctx), &h, &r, o, began); err != nil {
		s.Log.Error("what became of a webhook message could not be stored", slog.String("delivery", r.ID), slog.Any("cause", err))
	}
}

// outcome is what became of a try.
type outcome struct {
	status  int
	result  string        // "delivered", or a key
	again   time.Duration // Retry-After, 0 for the usual wait
	stopped bool
}

func (s *Service) call(ctx context.Context, h *hookRow, r *deliveryRow) outcome {
	now := s.DB.Clock()
	secrets := []string{}
	for i, sealed := range [][]byte{h.Secret, h.OldSecret} {
		if i == 1 && (len(sealed) == 0 || h.OldUntil <= db.Micros(now)) {
			continue
		}
		plain, err := s.Secrets.Open(sealed, about(h.OrgID, h.ID))
		if err != nil {
			return outcome{result: keyOf(err)}
		}
		secrets = append(secrets, string(plain))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader([]byte(r.Body)))
	if err != nil {
		return outcome{result: "dial.url"}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Entente-Webhook/1")
	req.Header.Set("webhook-id", r.ID)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("webhook-signature", signature(secrets, r.ID, now, []byte(r.Body)))
	res, err := s.Client.Do(req)
	if err != nil {
		o := outcome{result: keyOf(err)}
		if f := fault.As(err); f != nil { // of a redirect
			o.status, _ = f.Args["Status"].(int)
		}
		return o
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	_ = res.Body.Close()
	o := outcome{status: res.StatusCode, result: "hook.status"}
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		o.result = string(Delivered)
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable:
		if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 {
			o.again = min(time.Duration(n)*time.Second, most)
		}
	}
	return o
}

// keyOf is the key of an error as people are told it.
func keyOf(err error) string {
	if k := fault.KeyOf(err); k != "" {
		return k
	}
	return "error.unavailable"
}

// wait is how long until the try after n failed ones, up to a tenth longer by chance,
// false when there is none.
func wait(n int64) (time.Duration, bool) {
	if n < 1 || n > int64(len(waits)) {
		return 0, false
	}
	w := waits[n-1]
	return w + rand.N(w/10+1), true
}

// settle writes the outcome, fenced by the claim. An address whose message failed every
// try, or that says it is gone, is paused and its company told.
func (s *Service) settle(ctx context.Context, h *hookRow, r *deliveryRow, o outcome, began time.Time) error {
	return s.DB.InTx(db.WithOrgs(ctx, r.OrgID), func(ctx context.Context) error {
		now := s.DB.Clock()
		values := map[string]any{}
		hook := map[string]any{}
		why := ""
		w, more := wait(r.Attempts)
		more = more && r.Kind != Test // whose answer is awaited by a person
		switch {
		case o.stopped:
			values["attempts"], values["next_at"] = r.Attempts-1, db.Micros(now.Add(o.again))
		case o.result == string(Delivered):
			values["state"], values["settled"], values["next_at"] = string(Delivered), db.Micros(now), int64(0)
			hook["failing"] = int64(0)
		case o.status == http.StatusGone || !more:
			values["state"], values["settled"], values["next_at"] = string(Parked), db.Micros(now), int64(0)
			if why = WhyFailing; o.status == http.StatusGone {
				why = WhyGone
			}
		default:
			values["next_at"] = db.Micros(now.Add(max(w, o.again)))
			if h.Failing == 0 {
				hook["failing"] = db.Micros(now)
			}
		}
		ok, err := changeDelivery(ctx, r.ID, r.Fence, values)
		if err != nil || !ok {
			return err
		}
		if !o.stopped {
			a := attemptRow{DeliveryID: r.ID, Number: r.Fence, OrgID: r.OrgID, Happened: db.Micros(began), Took: now.Sub(began).Microseconds(), Status: int64(o.status), Outcome: o.result}
			if err := insertAttempt(ctx, &a); err != nil {
				return err
			}
		}
		if why != "" && r.Kind != Test {
			hook["paused"], hook["paused_why"] = db.Micros(now), why
			if err := s.Jobs.Publish(ctx, job.Event{Kind: EventPaused, Version: 1, Orgs: []string{r.OrgID}, Object: r.WebhookID, Payload: PausedEvent{r.OrgID, r.WebhookID, why}}); err != nil {
				return err
			}
		}
		if len(hook) == 0 {
			return nil
		}
		return changeHook(ctx, r.OrgID, r.WebhookID, hook)
	})
}
