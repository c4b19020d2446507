package account

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

func TestModelsMatchTheSchema(t *testing.T) {
	each(t, func(w *world) {
		dbtest.CheckModels(w.t, w.d, orgRow{}, personRow{}, membershipRow{}, linkRow{}, sessionRow{}, throttleRow{}, tokenRow{}, identityRow{}, installationRow{}, sftpUserRow{}, calendarRow{}, absenceRow{})
	})
}

func TestSessionLife(t *testing.T) {
	each(t, func(w *world) {
		actor, token := w.in(w.maya, "kestrel")
		if actor.Org != w.kestrel.ID || !actor.Has(access.Admin) || actor.Scopes != nil {
			w.t.Fatalf("actor = %+v", actor)
		}
		var stored string
		w.must(w.d.Gorm().Raw("SELECT hash FROM session").Scan(&stored).Error)
		if stored == token || len(token) != 43 || stored != digest(token) {
			w.t.Error("the token must be 256 bits and stored as a hash")
		}
		_, err := w.s.LoginBySession(w.ctx(), token, "baltic")
		w.wants(err, fault.NotFound, "error.not_found")
		_, err = w.s.LoginBySession(w.ctx(), token, "no-such-company")
		w.wants(err, fault.NotFound, "error.not_found")
		_, err = w.s.LoginBySession(w.ctx(), stored, "")
		w.wants(err, fault.Unauthenticated, "error.signed_out")

		w.pass(SessionIdle - time.Minute) // still warm, and touched
		_, err = w.s.LoginBySession(w.ctx(), token, "")
		w.must(err)
		w.pass(SessionIdle - time.Minute)
		_, err = w.s.LoginBySession(w.ctx(), token, "")
		w.must(err)
		w.pass(SessionIdle + time.Minute)
		_, err = w.s.LoginBySession(w.ctx(), token, "")
		w.wants(err, fault.Unauthenticated, "")

		_, token = w.in(w.maya, "kestrel") // kept warm, it still ends after a week
		for end := w.now.Add(SessionLife); w.now.Before(end); w.pass(SessionIdle / 2) {
			_, err = w.s.LoginBySession(w.ctx(), token, "")
			w.must(err)
		}
		_, err = w.s.LoginBySession(w.ctx(), token, "")
		w.wants(err, fault.Unauthenticated, "")
	})
}

func TestSessionsAreListedAndEndedByTheirOwner(t *testing.T) {
	each(t, func(w *world) {
		maya, first := w.in(w.maya, "kestrel")
		_, second := w.in(w.maya, "kestrel")
		dan, _ := w.in(w.dan, "kestrel")
		all, err := w.s.Sessions(w.ctx(), maya)
		w.must(err)
		if len(all) != 2 || all[0].Current == all[1].Current {
			w.t.Fatalf("sessions = %+v", all)
		}
		other := all[0].ID
		if all[0].Current {
			other = all[1].ID
		}
		w.wants(w.s.EndSession(w.ctx(), dan, other), fault.NotFound, "")
		w.must(w.s.EndSession(w.ctx(), maya, other))
		w.must(w.s.EndSession(w.ctx(), maya, other))
		_, err = w.s.LoginBySession(w.ctx(), second, "")
		w.wants(err, fault.Unauthenticated, "")
		_, err = w.s.LoginBySession(w.ctx(), first, "")
		w.must(err)
		w.must(w.s.SignOutEverywhere(w.ctx(), maya))
		_, err = w.s.LoginBySession(w.ctx(), first, "")
		w.wants(err, fault.Unauthenticated, "")
		visited, err := w.s.Directory().Visited(w.ctx(), maya.Person, dan.Person, w.kaarel.ID)
		w.must(err)
		if len(visited) != 2 || !visited[maya.Person].Equal(w.now) { // ended sessions count too
			w.t.Errorf("visited %v at %v", visited, w.now)
		}
		_, err = w.s.Refresh(w.ctx(), maya)
		w.wants(err, fault.Unauthenticated, "")
		_, err = w.s.Refresh(w.ctx(), dan)
		w.must(err)
		if got := strings.Join(w.live.all(), "; "); got != fmt.Sprintf("out %s 1; out %s 1", w.maya.ID, w.maya.ID) {
			w.t.Errorf("doors were told %q", got)
		}
		_, third := w.in(w.maya, "kestrel")
		w.must(w.s.SignOut(w.ctx(), third))
		w.must(w.s.SignOut(w.ctx(), third))
		_, err = w.s.LoginBySession(w.ctx(), third, "")
		w.wants(err, fault.Unauthenticated, "")
	})
}

func TestPasswordChangeEndsTheOtherSessions(t *testing.T) {
	each(t, func(w *world) {
		maya, present := w.in(w.maya, "kestrel")
		_, other := w.in(w.maya, "kestrel")
		const fresh = "seven quiet herons"
		err := w.s.ChangePassword(w.ctx(), maya, "wrong old words", fresh)
		w.wants(err, fault.Invalid, "")
		if f := fault.As(err).Fields; len(f) != 1 || f[0].Name != "old" {
			w.t.Errorf("fields = %+v", f)
		}
		w.wants(w.s.ChangePassword(w.ctx(), maya, goodPassword, "short"), fault.Invalid, "")
		w.must(w.s.ChangePassword(w.ctx(), maya, goodPassword, fresh))
		_, err = w.s.LoginBySession(w.ctx(), present, "")
		w.must(err)
		_, err = w.s.LoginBySession(w.ctx(), other, "")
		w.wants(err, fault.Unauthenticated, "")
		_, err = w.s.SignIn(w.ctx(), w.maya.Email, goodPassword)
		w.wants(err, fault.Unauthenticated, "account.signin_wrong")
		_, err = w.s.SignIn(w.ctx(), w.maya.Email, fresh)
		w.must(err)
		if w.mail.last().Kind != MailPasswordTold || w.mail.last().Address != w.maya.Email {
			w.t.Errorf("mail = %+v", w.mail.last())
		}
	})
}

// TestNobodyLearnsWhoHasAnAccount: every way to fail answers with the same
// error, does the same work and leaves the same traces.
func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	each(t, func(w *world) {
		sys := access.System("test", "")
		_, err := w.s.CreatePerson(w.ctx(), sys, PersonCmd{Email: "fresh@kestrel.example", Name: "No Password", Org: w.kestrel.ID, Roles: []access.Role{access.Sales}})
		w.must(err)
		maya, _ := w.in(w.maya, "kestrel")
		w.must(w.s.Deactivate(w.ctx(), maya, w.sam.ID))
		want := ""
		for i, email := range []string{"nobody@kestrel.example", w.maya.Email, "fresh@kestrel.example", w.sam.Email, "not an address", ""} {
			password := "wrong words here"
			if email == w.sam.Email {
				password = goodPassword // right, but left every company
			}
			before := w.audited("session.start", "denied")
			_, err := w.s.SignIn(w.from(fmt.Sprintf("198.51.100.%d", i)), email, password)
			if got := fmt.Sprintf("%#v", fault.As(err)); want == "" {
				want = got
			} else if got != want {
				w.t.Errorf("%q: %s, want %s", email, got, want)
			}
			if w.audited("session.start", "denied") != before+1 {
				w.t.Errorf("%q left another trace in the log", email)
			}
			var n int64
			w.must(w.d.Gorm().Raw("SELECT failures FROM throttle WHERE key = ?", accountKey(strings.TrimSpace(email))).Scan(&n).Error)
			if n != 1 {
				w.t.Errorf("%q has %d counted failures, want 1", email, n)
			}
		}
	})
}

func TestUnknownAddressCostsAsMuchAsAKnownOne(t *testing.T) {
	t.Parallel()
	h := newHasher(DefaultCost, 1)
	stored, err := h.hash(t.Context(), goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	c1, s1, k1, _ := decode(stored)
	c2, s2, k2, err := decode(h.dummy)
	if err != nil || c1 != c2 || len(s1) != len(s2) || len(k1) != len(k2) || c1 != DefaultCost || c1.Memory < 19*1024 || c1.Time < 2 {
		t.Errorf("dummy %+v and real %+v differ", c2, c1)
	}
	for _, stored := range []string{stored, ""} {
		if ok, err := h.verify(t.Context(), "something else", stored); ok || err != nil {
			t.Errorf("verify = %v, %v", ok, err)
		}
	}
	if ok, _ := h.verify(t.Context(), goodPassword, stored); !ok {
		t.Error("the right password is refused")
	}
	if h.stale(stored) || !newHasher(fast, 1).stale(stored) {
		t.Error("stale is wrong")
	}
}

func TestThrottle(t *testing.T) {
	each(t, func(w *world) {
		try := func(addr, email, password string) error {
			_, err := w.s.SignIn(w.from(addr), email, password)
			return err
		}
		for i := range 5 {
			w.wants(try(fmt.Sprintf("203.0.113.%d", i), w.dan.Email, "wrong words here"), fault.Unauthenticated, "")
		}
		for n, pause := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 320 * time.Second, 640 * time.Second, 900 * time.Second, 900 * time.Second} {
			err := try("203.0.113.99", w.dan.Email, goodPassword)
			w.wants(err, fault.RateLimited, "account.wait")
			if got := fault.As(err).Args["seconds"]; got != int64(pause/time.Second) {
				w.t.Errorf("pause %d is %v s, want %v", n, got, pause)
			}
			w.wants(try("203.0.113.99", "stranger@nowhere.example", "wrong words here"), fault.Unauthenticated, "") // others are not slowed
			w.pass(pause - time.Second)
			w.wants(try("203.0.113.99", w.dan.Email, goodPassword), fault.RateLimited, "")
			w.pass(time.Second)
			if n == 3 {
				break
			}
			w.wants(try("203.0.113.99", w.dan.Email, "wrong words here"), fault.Unauthenticated, "")
		}
		w.must(try("203.0.113.99", w.dan.Email, goodPassword))
		w.wants(try("203.0.113.99", w.dan.Email, "wrong words here"), fault.Unauthenticated, "") // success forgot the failures
		w.must(try("203.0.113.99", w.dan.Email, goodPassword))
	})
}

func TestThrottleGrowsToItsCapAndForgets(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]time.Duration{1: 0, 4: 0, 5: 10 * time.Second, 6: 20 * time.Second, 11: 640 * time.Second, 12: 15 * time.Minute, 500: 15 * time.Minute} {
		if got := accountPace.pause(n); got != want {
			t.Errorf("pause after %d failures is %v, want %v", n, got, want)
		}
	}
	for in, want := range map[string]string{"192.0.2.1": "address:192.0.2.1", "::ffff:192.0.2.1": "address:192.0.2.1", "2001:db8:1:2:3:4:5:6": "address:2001:db8:1:2::/64", "2001:db8:1:2::9": "address:2001:db8:1:2::/64", "": "address:unknown"} {
		if got := addressKey(in); got != want {
			t.Errorf("addressKey(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestOneAddressCannotTryManyAccounts also: an own account in between does not
// clear the count of the address.
func TestOneAddressCannotTryManyAccounts(t *testing.T) {
	each(t, func(w *world) {
		blocked := 0
		for i := range 60 {
			_, err := w.s.SignIn(w.from("2001:db8::1"), fmt.Sprintf("guess%d@kestrel.example", i), "wrong words here")
			if fault.CodeOf(err) == fault.RateLimited {
				blocked++
			}
			if i == 40 {
				_, err := w.s.SignIn(w.from("2001:db8::2"), w.dan.Email, goodPassword)
				w.must(err)
			}
		}
		if blocked != 10 {
			w.t.Errorf("%d of 60 tries were stopped, want 10", blocked)
		}
		w.pass(2 * time.Hour)
		_, err := w.s.SignIn(w.from("2001:db8::1"), w.maya.Email, goodPassword)
		w.must(err)
	})
}

// TestParallelGuessesAreCountedBeforeTheyAreTried: a hundred at once get as many
// tries as a hundred in a row.
func TestParallelGuessesAreCountedBeforeTheyAreTried(t *testing.T) {
	each(t, func(w *world) {
		var tried atomic.Int64
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				_, err := w.s.SignIn(w.from(fmt.Sprintf("10.1.2.%d", i)), w.maya.Email, fmt.Sprintf("wrong words %d", i))
				switch fault.CodeOf(err) {
				case fault.Unauthenticated:
					tried.Add(1)
				case fault.RateLimited:
				default:
					w.t.Errorf("unexpected: %v", err)
				}
			}()
		}
		wg.Wait()
		if n := tried.Load(); n != 5 {
			w.t.Errorf("%d guesses were tried at once, want 5", n)
		}
	})
}

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	for in, key := range map[string]string{
		goodPassword: "", "correct horse battery": "", "十二个字的密码也是可以的呀": "", strings.Repeat("ab1 ", 31) + "xyz!": "", "Tr0ub4dor&3xyz": "",
		"short": "account.password_short", "十二个字": "account.password_short", strings.Repeat("x1y2", 33): "account.password_long",
		"Password1234": "account.password_known", "aaaaaaaaaaaa": "account.password_known", "abcabcabcabc": "account.password_known", "123456789012": "account.password_known",
		"abcdefghijklmnop": "account.password_known", "987654321098": "account.password_known", "1qaz2wsx3edc": "account.password_known",
		"Maya.Osei@kestrel.example": "account.password_own", "maya.osei@kestrel.example": "account.password_own", "Maya Osei 2026!": "account.password_own", "maya.osei2026!!": "account.password_own",
	} {
		err := CheckPassword("password", in, "maya.osei@kestrel.example", "Maya Osei")
		got := ""
		if err != nil {
			got = fault.As(err).Fields[0].Key
		}
		if got != key {
			t.Errorf("%q: %q, want %q", in, got, key)
		}
	}
	if len(breached()) < 200 {
		t.Errorf("the list holds %d passwords", len(breached()))
	}
	for w := range breached() {
		if len(w) < MinPassword || w != strings.ToLower(w) {
			t.Errorf("%q can never match", w)
		}
	}
}

func TestEmailForms(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{" Maya@Kestrel.EXAMPLE ": "maya@kestrel.example", "a+b@c.d": "a+b@c.d",
		"": "", "maya": "", "a@b@c": "", "Maya <a@b.c>": "", "a b@c.d": "", "a@b.c\r\nBcc: x@y.z": "", "ма@b.c": "", `"a"@b.c`: "", "a,b@c.d": "", "a@[127.0.0.1]": "", strings.Repeat("a", 250) + "@b.cd": ""} {
		got, err := NormalEmail("email", in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("NormalEmail(%q) = %q, %v", in, got, err)
		}
	}
}
