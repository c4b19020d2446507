package mail

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/secret"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// TestDeed: what a link does is done once, also when many press it at once and when several
// mails offer the same; what fails leaves it as it was. It is dead when it ran out, when its
// person left the company or the mailbox it went to, and to everybody else.
func TestDeed(t *testing.T) {
	each(t, nil, func(w *world) {
		org, maya := db.NewID(), db.NewID()
		exec := func(q string, args ...any) {
			w.t.Helper()
			w.must(w.d.InTx(w.ctx(), func(ctx context.Context) error { return db.Tx(ctx).Exec(q, args...).Error }))
		}
		exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, 'kestrel', 'Kestrel', '', '', 'GBP', 'UTC', 'en', 'active', 0)", org)
		exec("INSERT INTO person (id, email, name, locale, theme, timezone, password, password_at, operator, state, last_org, created) VALUES (?, 'maya@kestrel.example', 'Maya', 'en', '', 'UTC', '', 0, ?, 'active', '', 0)", maya, false)
		exec("INSERT INTO membership (org_id, person_id, roles, state, created, ended) VALUES (?, ?, 'sales', 'active', 1, 0)", org, maya)
		n := NewNotices(w.s, nil, account.NewService(w.d, account.Options{}).Directory(), secret.Random())
		seal := func(d Deed) string {
			w.t.Helper()
			token, err := n.Seal(d)
			w.must(err)
			return token
		}
		deed := Deed{Kind: DeedOffer, Org: org, Person: maya, Object: "offer", Address: addressKey("Maya@kestrel.example"), Expires: w.now.Add(time.Hour)}
		later := deed
		later.Expires = w.now.Add(2 * time.Hour)
		var mu sync.Mutex
		did := 0
		use := func(token string, fail error) error {
			return n.Use(w.ctx(), token, "accept", func(_ context.Context, _ Deed, actor access.Actor) error {
				if actor.Person != maya || actor.Org != org || !actor.Has(access.Sales) || actor.Via != "mail" {
					w.t.Errorf("done as %+v", actor)
				}
				if fail == nil {
					mu.Lock()
					did++
					mu.Unlock()
				}
				return fail
			})
		}
		trouble := errors.New("trouble")
		if err := use(seal(deed), trouble); !errors.Is(err, trouble) {
			w.t.Errorf("a failing deed: %v", err)
		}
		if _, done, err := n.Done(w.ctx(), deed); err != nil || done {
			w.t.Errorf("what failed is done: %v, %v", done, err)
		}
		var at sync.WaitGroup
		good, refused := 0, 0
		for i := range 8 {
			at.Go(func() {
				err := use([]string{seal(deed), seal(later)}[i%2], nil)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					good++
				case fault.CodeOf(err) == fault.Conflict && fault.KeyOf(err) == "answer.used_before":
					refused++
				default:
					w.t.Errorf("pressed at once: %v", err)
				}
			})
		}
		at.Wait()
		if good != 1 || refused != 7 || did != 1 {
			w.t.Errorf("%d did it, %d were refused, done %d times", good, refused, did)
		}
		if done, ok, err := n.Done(w.ctx(), later); err != nil || !ok || done.Way != "accept" || !done.At.Equal(w.now) {
			w.t.Errorf("%+v, %v, %v", done, ok, err)
		}

		dead := func(what, token string) {
			w.t.Helper()
			if err := use(token, nil); !fault.IsNotFound(err) {
				w.t.Errorf("%s: %v", what, err)
			}
		}
		other := deed
		other.Object = "other"
		bent := []byte(seal(other))
		bent[20] ^= 1
		dead("altered", string(bent))
		dead("made up", "x")
		old := other
		old.Expires = w.now
		dead("run out", seal(old))
		foreign := other
		foreign.Org = db.NewID()
		dead("of another company", seal(foreign))
		exec("UPDATE person SET email = 'maya2@kestrel.example' WHERE id = ?", maya)
		dead("to the old address", seal(other))
		exec("UPDATE person SET email = 'maya@kestrel.example' WHERE id = ?", maya)
		moved := Deed{Kind: DeedOrder, Org: org, Person: maya, Object: "order", Bound: "3", Expires: w.now.Add(time.Hour)}
		if err := use(seal(moved), nil); fault.KeyOf(err) != "answer.moved" {
			w.t.Errorf("what does not stand: %v", err)
		}
		exec("UPDATE membership SET state = 'ended', ended = 2 WHERE person_id = ?", maya)
		dead("of who left", seal(other))
		if did != 1 {
			w.t.Errorf("done %d times", did)
		}
		w.now = w.now.Add(keepDeeds + time.Hour)
		w.must(w.s.Sweep(w.ctx()))
		if _, done, err := n.Done(w.ctx(), deed); err != nil || done {
			w.t.Errorf("kept for ever: %v, %v", done, err)
		}
	})
}
