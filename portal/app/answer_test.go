package app

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/smtp"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"entente/chat/forum"
	"entente/chat/room"
	"entente/db"
	"entente/db/job"
	"entente/portal/mail"
	"entente/prm/access"
	"entente/prm/campaign"
	"entente/prm/landing"
	"entente/prm/notify"
	"entente/prm/trade"
)

// noQueue keeps mail waiting, so that a test reads it as the mail server would get it.
type noQueue struct{}

func (noQueue) Enqueue(context.Context, job.Job) error                     { return nil }
func (noQueue) Handle(string, func(ctx context.Context, a job.Args) error) {}

var answerLink = regexp.MustCompile(`/answer/[A-Za-z0-9_-]+`)

// A lead is accepted from a mail: opening the link does nothing, the button acts as the
// person it was written to and nobody else, once, and not after they left.
func answeredByMail(t *testing.T, a *App) {
	query := func(to any, q string, args ...any) {
		t.Helper()
		if err := a.db.View(t.Context(), func(ctx context.Context) error { return db.Tx(ctx).Raw(q, args...).Scan(to).Error }); err != nil {
			t.Fatal(err)
		}
	}
	var nameless int
	query(&nameless, `SELECT count(*) FROM notice WHERE kind = 'edi.rejected' AND (args LIKE '%"number":""%' OR args LIKE '%"type":""%')`)
	if nameless > 0 {
		t.Errorf("%d notices of a refusal do not name the document", nameless)
	}
	var org, maya, offer, other string
	query(&org, "SELECT id FROM org WHERE slug = 'kestrel'")
	query(&maya, "SELECT id FROM person WHERE email = 'maya@kestrel.example'")
	var offers []string
	query(&offers, "SELECT id FROM lead_offer WHERE reseller_id = ? AND state IN ('offered', 'opened') ORDER BY id LIMIT 2", org)
	if len(offers) < 2 {
		t.Fatalf("%d open offers in the demo", len(offers))
	}
	offer, other = offers[0], offers[1]
	state := func(id string) (s string) { query(&s, "SELECT state FROM lead_offer WHERE id = ?", id); return s }

	out := mail.New(a.db, noQueue{}, mail.Options{SMTP: "smtp://127.0.0.1:9", BaseURL: a.addrs.http})
	notices := mail.NewNotices(out, a.notify, a.accounts.Directory(), a.secrets)
	later := func(d time.Duration) context.Context { return db.WithNow(t.Context(), time.Now().Add(d)) }
	tell := func(id, dedupe string) {
		t.Helper()
		err := a.notify.Tell(t.Context(), access.System("test", org), []notify.Target{{Org: org, Person: maya}},
			notify.Notice{Kind: "lead.offered", Reason: notify.ForRole(access.Sales), Dedupe: dedupe, Urgent: true, Args: map[string]string{"partner": "Aurelia Tools", "title": "Steel\r\nBcc: x@y.example"}, SubjectKind: "offer", SubjectID: id})
		if err != nil {
			t.Fatal(err)
		}
	}
	const mine = "SELECT subject, body, html, address FROM mail WHERE kind = 'notice' AND person_id = ? AND body LIKE '%Steel%'"
	if err := notices.Tell(later(3 * time.Minute)); err != nil { // what other tests told
		t.Fatal(err)
	}
	tell(offer, "mail-1")
	tell(other, "mail-2")
	for _, d := range []time.Duration{4 * time.Minute, 5 * time.Minute} {
		if err := notices.Tell(later(d)); err != nil {
			t.Fatal(err)
		}
	}
	var mails []struct{ Subject, Body, HTML, Address string }
	query(&mails, mine, maya)
	if len(mails) != 1 || strings.ContainsAny(mails[0].Subject, "\r\n") || !strings.Contains(mails[0].Body, "/c/kestrel/leads/offers/"+offer) || strings.Contains(mails[0].Body, "\nBcc") || !strings.Contains(mails[0].Body, "You are told as sales") {
		t.Fatalf("%+v", mails)
	}
	links := answerLink.FindAllString(mails[0].Body, -1)
	if len(links) != 3 {
		t.Fatalf("%d links in %s", len(links), mails[0].Body)
	}
	for _, l := range links { // the page of the mail has what its text has
		if !strings.Contains(mails[0].HTML, l) {
			t.Errorf("no %s in %s", l, mails[0].HTML)
		}
	}

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	ask := func(method, path string, form url.Values) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, a.addrs.http+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", a.addrs.http)
		res, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(raw)
	}
	use := func(link string, form url.Values) (int, string) {
		t.Helper()
		code, page := ask("GET", link, nil)
		if token := csrfField.FindStringSubmatch(page); token != nil {
			form.Set("csrf", token[1])
		} else if code == 200 && strings.Contains(page, "<form") {
			t.Fatalf("no csrf field: %.500s", page)
		}
		return ask("POST", link, form)
	}

	before := state(offer)
	for range 3 {
		if code, page := ask("GET", links[0], nil); code != 200 || !strings.Contains(page, "Aurelia Tools") {
			t.Fatalf("%d %.300s", code, page)
		}
	}
	if state(offer) != before {
		t.Errorf("opening the link made it %s", state(offer))
	}
	if code, page := use(links[0], url.Values{"answer": {"accept"}}); code != 200 || state(offer) != "accepted" {
		t.Fatalf("%d %s %.500s", code, state(offer), page)
	}
	var by string
	query(&by, "SELECT answered_by FROM lead_offer WHERE id = ?", offer)
	if by != maya {
		t.Errorf("answered by %q", by)
	}
	if code, _ := use(links[0], url.Values{"answer": {"decline"}, "reason": {"budget"}}); code == 303 || state(offer) != "accepted" {
		t.Errorf("answered twice: %d %s", code, state(offer))
	}
	if code, page := use(links[1], url.Values{"answer": {"decline"}}); code != 422 || state(other) == "declined" {
		t.Errorf("declined without a reason: %d %s %.300s", code, state(other), page)
	}

	// Altered, made up, run out, or of somebody who may no longer: dead, all alike.
	bent := links[1][:len(links[1])-4] + "AAAA"
	for _, link := range []string{bent, "/answer/x", "/answer/" + strings.Repeat("A", 2000)} {
		if code, _ := ask("GET", link, nil); code != 404 {
			t.Errorf("%s: %d", link[:20], code)
		}
	}
	old, err := notices.Seal(mail.Deed{Kind: mail.DeedOffer, Org: org, Person: maya, Object: other, Expires: time.Now().Add(-time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	var kaarel string
	query(&kaarel, "SELECT id FROM person WHERE email = 'kaarel@baltic.example'")
	foreign, err := notices.Seal(mail.Deed{Kind: mail.DeedOffer, Org: org, Person: kaarel, Object: other, Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{old, foreign} {
		if code, _ := ask("GET", "/answer/"+token, nil); code != 404 {
			t.Errorf("a dead link: %d", code)
		}
	}

	// What a mail program posts by itself (RFC 8058) ends mails and does nothing else.
	click := func(link string) int {
		t.Helper()
		res, err := http.PostForm(a.addrs.http+link, url.Values{"List-Unsubscribe": {"One-Click"}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	var stop string
	query(&stop, "SELECT stop FROM mail WHERE kind = 'notice' AND person_id = ? AND body LIKE '%Steel%'", maya)
	if stop != a.addrs.http+links[2] {
		t.Errorf("List-Unsubscribe would be %q", stop)
	}
	if code := click(links[1]); code != 404 || state(other) == "declined" || state(other) == "accepted" {
		t.Errorf("one click on an offer: %d %s", code, state(other))
	}
	if code := click(links[2]); code != 200 {
		t.Errorf("one click: %d", code)
	}
	tell(other, "mail-4")
	if err := notices.Tell(later(10 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	query(&mails, mine, maya)
	if len(mails) != 1 {
		t.Errorf("%d mails after one click", len(mails))
	}
	if err := a.notify.Choose(t.Context(), access.Actor{Org: org, Person: maya, Roles: []access.Role{access.Sales}, Via: "session:test"}, notify.ModeUrgent, time.UTC); err != nil {
		t.Fatal(err)
	}

	// Whoever asked for mail on a page confirms the address by the button alone, in the words
	// of the page.
	wishes := campaign.New(a.db, a.promos, a.landing, a.customers, a.accounts.Directory())
	mail.NewCampaigns(notices, wishes)
	if err := wishes.Ask(t.Context(), landing.Wish{Of: org, Orgs: []string{org}, Page: "x", Mail: "ann@wish.example", Name: "安", Language: "zh-CN", Consent: "可就此联系我。", From: "203.0.113.9"}); err != nil {
		t.Fatal(err)
	}
	var wish []struct{ Subject, Body, Stop string }
	query(&wish, "SELECT subject, body, stop FROM mail WHERE kind = 'optin' AND address = 'ann@wish.example'")
	if len(wish) != 1 || !strings.Contains(wish[0].Body, "可就此联系我。") || !strings.Contains(wish[0].Body, "安，您好") || wish[0].Stop != "" {
		t.Fatalf("%+v", wish)
	}
	link := answerLink.FindString(wish[0].Body)
	confirmed := func() (from string) {
		query(&from, "SELECT confirmed_from FROM mail_optin WHERE asked_from = '203.0.113.9' AND confirmed > 0")
		return from
	}
	if code, page := ask("GET", link, nil); code != 200 || !strings.Contains(page, "确认邮箱地址") || strings.Contains(page, "<script") || confirmed() != "" {
		t.Errorf("%d %.400s", code, page)
	}
	if code := click(link); code != 404 || confirmed() != "" {
		t.Errorf("one click on a wish: %d", code)
	}
	for range 2 {
		if code, page := ask("POST", link, url.Values{}); code != 200 || !strings.Contains(page, "现在可以给您发邮件") || confirmed() == "" {
			t.Errorf("%d %.400s", code, page)
		}
	}

	tooOld, err := notices.Seal(mail.Deed{Kind: mail.DeedOptIn, Org: org, Object: "x", Locale: "zh-CN", Expires: time.Now().Add(-time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"GET", "POST"} {
		if code, page := ask(method, "/answer/"+tooOld, url.Values{}); code != 404 || !strings.Contains(page, "链接已过期") || strings.Contains(page, `method="post"`) {
			t.Errorf("%s of a confirmation that is too old: %d %.400s", method, code, page)
		}
	}

	// The last link stops the mails.
	if code, page := use(links[2], url.Values{}); code != 200 || !strings.Contains(page, "Kestrel Supply") {
		t.Errorf("%d %.300s", code, page)
	}
	tell(other, "mail-3")
	if err := notices.Tell(later(20 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	query(&mails, mine, maya)
	if len(mails) != 1 {
		t.Errorf("%d mails after they were stopped", len(mails))
	}
}

// freely has answers asked in no transaction for what is readable: others would wait for it.
type freely struct {
	t *testing.T
	mail.Answers
}

func (f freely) Said(ctx context.Context, reader access.Actor, n notify.Notice) (string, error) {
	free := false
	db.AfterCommit(ctx, func() { free = true })
	if !free {
		f.t.Error("a notice is judged inside a transaction")
	}
	return f.Answers.Said(ctx, reader, n)
}

// A person who is named in a room is mailed what was said and answers the mail: over SMTP
// into the room, as that person.
func repliedByMail(t *testing.T, a *App) {
	ctx := t.Context()
	dir := a.accounts.Directory()
	ingrid, maya := demoPerson(t, a, "ingrid@aurelia.example"), demoPerson(t, a, "maya@kestrel.example")
	list, _, err := a.rooms.List(ctx, maya, room.Filter{Kind: "partnership"})
	if err != nil || len(list) == 0 {
		t.Fatal(len(list), err)
	}
	if err := a.notify.Choose(ctx, maya, notify.ModeAll, time.UTC); err != nil {
		t.Fatal(err)
	}
	notices := mail.NewNotices(mail.New(a.db, noQueue{}, mail.Options{SMTP: "smtp://127.0.0.1:9", BaseURL: a.addrs.http}), a.notify, dir, a.secrets)
	notices.Answer(freely{t, a.answers})
	tell := func(later time.Duration) {
		t.Helper()
		if err := notices.Tell(db.WithNow(ctx, time.Now().Add(later))); err != nil {
			t.Fatal(err)
		}
	}
	tell(3 * time.Minute) // what other tests told
	said, _, err := a.rooms.Post(ctx, ingrid, room.Draft{Room: list[0].ID, Key: "reply-by-mail", Text: "@Maya Osei the second pallet\nwaits since Tuesday"})
	if err != nil || len(said.Mentions) != 1 {
		t.Fatal(said, err)
	}
	if err := a.jobs.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	tell(4 * time.Minute)
	var m struct{ Body, ReplyTo, Thread string }
	if err := a.db.View(ctx, func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT body, reply_to, thread FROM mail WHERE kind = 'notice' AND person_id = ? AND body LIKE '%second pallet%'", maya.Person).Scan(&m).Error
	}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(m.Body, "##- Answer above this line -##\n") || !strings.Contains(m.Body, "\n  | @Maya Osei the second pallet\n  | waits since Tuesday\n") || !strings.Contains(m.Body, "Answer this mail to reply") || !strings.HasSuffix(m.ReplyTo, "@answers.example") {
		t.Fatalf("%+v", m)
	}
	quoted := "> " + strings.ReplaceAll(strings.TrimSpace(m.Body), "\n", "\n> ")
	raw := "From: Maya Osei <maya@kestrel.example>\r\nMessage-ID: <reply@kestrel.example>\r\nSubject: Re: x\r\n\r\nIt leaves today.\r\n\r\nOn Sun, 22 Nov 2026 at 17:05, Entente <x@answers.example> wrote:\r\n" + strings.ReplaceAll(quoted, "\n", "\r\n") + "\r\n"
	if err := smtp.SendMail(a.addrs.smtp, nil, "maya@kestrel.example", []string{m.ReplyTo}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
	if err := a.jobs.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	got, err := a.rooms.History(ctx, ingrid, list[0].ID, room.Window{Thread: said.Seq})
	if err != nil || len(got) != 1 || got[0].Text != "It leaves today." || got[0].From.Name != "Maya Osei" || got[0].Via != room.ViaMail {
		t.Errorf("%+v %v", got, err)
	}
	// who lost a category before the mail was written is not mailed what its topics are called
	category, err := a.forum.SaveCategory(ctx, ingrid, forum.CategoryCmd{Name: "For a while", Seats: []forum.Seat{{Org: maya.Org, Create: true}}})
	if err != nil {
		t.Fatal(err)
	}
	for title, lost := range map[string]bool{"Still to be read": false, "Not to be read": true} {
		topic, err := a.forum.Ask(ctx, maya, forum.TopicCmd{Category: category, Kind: forum.Question, Title: title, Body: "x", Key: title[:3] + "-mailed"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.forum.Reply(ctx, ingrid, topic.ID, "an answer", title[:3]+"-mailed"); err != nil {
			t.Fatal(err)
		}
		if err := a.jobs.Idle(ctx); err != nil {
			t.Fatal(err)
		}
		cmd := forum.CategoryCmd{ID: category, Name: "For a while"}
		if !lost {
			cmd.Seats = []forum.Seat{{Org: maya.Org, Create: true}}
		}
		if _, err := a.forum.SaveCategory(ctx, ingrid, cmd); err != nil {
			t.Fatal(err)
		}
		tell(10 * time.Minute)
		var n int64
		if err := a.db.View(ctx, func(ctx context.Context) error {
			return db.Tx(ctx).Raw("SELECT COUNT(*) FROM mail WHERE kind = 'notice' AND person_id = ? AND body LIKE ?", maya.Person, "%"+title+"%").Scan(&n).Error
		}); err != nil || (n == 0) != lost {
			t.Errorf("%s: %d mails, %v", title, n, err)
		}
		cmd.Seats = []forum.Seat{{Org: maya.Org, Create: true}}
		if _, err := a.forum.SaveCategory(ctx, ingrid, cmd); err != nil {
			t.Fatal(err)
		}
	}
}

// Admins of a company that is taken out of a room which it holds are told, once, in words
// that lead to its holds; nobody else is, and nobody where the hold ended.
func holdStays(t *testing.T, a *App) {
	ctx := t.Context()
	ingrid, maya := demoPerson(t, a, "ingrid@aurelia.example"), demoPerson(t, a, "maya@kestrel.example")
	sys := access.System("test", ingrid.Org)
	told := func(of room.ID) (out []notify.Notice) {
		t.Helper()
		if err := a.jobs.Idle(ctx); err != nil {
			t.Fatal(err)
		}
		if err := a.db.View(ctx, func(ctx context.Context) error {
			return db.Tx(ctx).Raw("SELECT person_id AS id, kind, reason, subject_kind, subject_id FROM notice WHERE subject_id = ? AND kind = 'chat.hold_stays'", string(of)).Scan(&out).Error
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, ended := range []bool{false, true} {
		r, err := a.rooms.EnsureRoom(ctx, sys, room.Spec{Subject: room.Subject{Kind: trade.DocumentOrder, ID: db.NewID()}, Title: "PO held", Orgs: []string{ingrid.Org, maya.Org}})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.rooms.Hold(ctx, maya, r.ID, "Dispute over INV-88213"); err != nil {
			t.Fatal(err)
		}
		leave := func(ctx context.Context) error {
			if err := a.rooms.RemoveOrg(ctx, sys, r.ID, maya.Org); err != nil || !ended {
				return err
			}
			return a.rooms.Release(ctx, maya, r.ID) // before anybody was told
		}
		if err := a.db.InTx(ctx, leave); err != nil {
			t.Fatal(err)
		}
		got := told(r.ID)
		if ended {
			if len(got) != 0 {
				t.Errorf("told of a hold that ended: %+v", got)
			}
			continue
		}
		if len(got) != 1 || got[0].ID != maya.Person || got[0].SubjectKind != "roomhold" || got[0].Reason != notify.ForRole(access.Admin) {
			t.Fatalf("%+v", got)
		}
		groups, _, err := a.notify.Groups(ctx, maya, notify.Open, notify.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			if n := g.Notices[0]; n.SubjectID == string(r.ID) && (n.Args["title"] != "PO held" || n.Args["reason"] != "Dispute over INV-88213") {
				t.Errorf("%+v", n)
			}
		}
	}
}
