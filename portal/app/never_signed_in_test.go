package app

import (
	"context"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/cookiejar"
	netmail "net/mail"
	"net/smtp"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"entente/chat/room"
	"entente/db"
	"entente/edi/doc"
	"entente/portal/mail"
	"entente/prm/access"
	"entente/prm/approval"
	"entente/prm/money"
	"entente/prm/notify"
	"entente/prm/promo"
	"entente/prm/trade"
)

// letters is a mail server that takes whatever comes.
type letters struct {
	mu  sync.Mutex
	got []received
}

type received struct{ To, ReplyTo, Subject, Text string }

type lettersIn struct {
	l  *letters
	to string
}

func (s *lettersIn) Reset()                                      {}
func (s *lettersIn) Logout() error                               { return nil }
func (s *lettersIn) Mail(string, *gosmtp.MailOptions) error      { return nil }
func (s *lettersIn) Rcpt(to string, _ *gosmtp.RcptOptions) error { s.to = to; return nil }
func (s *lettersIn) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	s.l.got = append(s.l.got, received{s.to, m.Header.Get("Reply-To"), subject, strings.ReplaceAll(string(text), "\r\n", "\n")})
	return err
}

// taken gives what came for an address since the last call.
func (l *letters) taken(to string) (out []received) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = slices.DeleteFunc(l.got, func(r received) bool {
		if r.To == to {
			out = append(out, r)
		}
		return r.To == to
	})
	return out
}

func openLetters(t *testing.T) (*letters, string) {
	t.Helper()
	l := &letters{}
	s := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &lettersIn{l: l}, nil }))
	s.Domain, s.AllowInsecureAuth = "mail.example", true
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(in) }()
	t.Cleanup(func() { _ = s.Close() })
	return l, "smtp://" + in.Addr().String() + "?from=portal@aurelia.example"
}

// opener is somebody with a browser and no session.
type opener struct {
	t    *testing.T
	base string
	http *http.Client
}

func newOpener(t *testing.T, base string) *opener {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &opener{t, base, &http.Client{Jar: jar}}
}

func (o *opener) ask(method, path string, form url.Values) (int, string) {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), method, o.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		o.t.Error(err)
		return 0, ""
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", o.base)
	res, err := o.http.Do(req)
	if err != nil {
		o.t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Error(err)
	}
	return res.StatusCode, string(raw)
}

// press opens a link and presses one of its buttons.
func (o *opener) press(link string, form url.Values) (int, string) {
	o.t.Helper()
	_, page := o.ask("GET", link, nil)
	if token := csrfField.FindStringSubmatch(page); token != nil {
		form.Set("csrf", token[1])
	}
	return o.ask("POST", link, form)
}

var replyTo = regexp.MustCompile(`reply\+[0-9a-v]+@answers\.example`)

// lineWith is the line of a text with a word in it.
func lineWith(text, word string) string {
	for l := range strings.SplitSeq(text, "\n") {
		if strings.Contains(l, word) {
			return l
		}
	}
	return ""
}

// TestNeverSignedIn: people who never sign in and never chose are told everything in their
// language, what is not urgent at eight of their own day, and answer from the mail: a link
// that is opened changes nothing, and pressed by many at once acts once, as its person, while
// its object stands as the mail told it and its person is there; an answer by mail lands.
func TestNeverSignedIn(t *testing.T) {
	t.Parallel()
	made, err := demoData()
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	if out, err := exec.Command("cp", "-a", made+"/.", data).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sink, server := openLetters(t)
	a, stop, err := runDemo(data, func(c *Config) { c.SMTPURL = server })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stop() })
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ingrid, wen := demoPerson(t, a, "ingrid@aurelia.example"), demoPerson(t, a, "wen@aurelia.example")
	chen, maya, dan := demoPerson(t, a, "chen@huadong.example"), demoPerson(t, a, "maya@kestrel.example"), demoPerson(t, a, "dan@kestrel.example")
	notices := mail.NewNotices(a.mail, a.notify, a.accounts.Directory(), a.secrets)
	notices.Answer(a.answers)
	notices.Act(mail.Objects{Promos: a.promos, Orders: a.trade, Approvals: a.approvals})
	tell := func(at time.Time) {
		t.Helper()
		must(notices.Tell(db.WithNow(ctx, at)))
		must(a.jobs.Idle(ctx))
	}
	begun := time.Now()
	must(a.jobs.Idle(ctx))
	tell(begun.Add(3 * time.Minute)) // what the demo told
	sink.taken("chen@huadong.example")
	sink.taken("wen@aurelia.example")
	sink.taken("maya@kestrel.example")

	// What they are told: an invitation, a word in a room, orders, an approval.
	today := begun.UTC()
	invite := func(title string) promo.ID {
		t.Helper()
		d, err := a.promos.Create(ctx, ingrid, promo.Terms{Title: title, SKUs: []string{"AUR-D18B"}, Kind: promo.Percent, Percent: money.One / 20, Settle: promo.BillBack, By: promo.ByResale, From: today.Format(time.DateOnly), Until: today.AddDate(0, 1, 0).Format(time.DateOnly), Zone: "Europe/London", Currency: "GBP",
			Parts: []promo.Part{{Org: chen.Org, Role: promo.Participant, Currency: "CNY", Rate: money.Rate(money.One) * 9, Limit: money.Whole(20)}}})
		must(err)
		_, err = a.promos.Propose(ctx, ingrid, d.ID, d.Version, "")
		must(err)
		return d.ID
	}
	first, second := invite("Platforms in spring"), invite("Platforms in autumn")
	rooms, _, err := a.rooms.List(ctx, chen, room.Filter{Kind: "partnership"})
	must(err)
	if len(rooms) == 0 {
		t.Fatal("no room")
	}
	said, _, err := a.rooms.Post(ctx, ingrid, room.Draft{Room: rooms[0].ID, Key: "never-signed-in", Text: "@陈静 the third pallet is yours"})
	must(err)
	var orders []string
	must(a.db.View(ctx, func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT id FROM purchase_order WHERE supplier_id = ? AND state = 'received' ORDER BY id", wen.Org).Scan(&orders).Error
	}))
	var open []string
	for _, id := range orders {
		if _, ok, err := notices.Stands(ctx, wen, mail.DeedOrder, id); err != nil {
			t.Fatal(err)
		} else if ok {
			open = append(open, id)
		}
	}
	if len(open) < 1 {
		t.Fatalf("%d of %d orders can be confirmed", len(open), len(orders))
	}
	must(a.notify.Tell(ctx, access.System("test", wen.Org), []notify.Target{{Org: wen.Org, Person: wen.Person}}, notify.Notice{Kind: "order.received", Dedupe: "never-1", Args: map[string]string{"partner": "Kestrel Supply", "number": "PO-NEVER"}, SubjectKind: trade.DocumentOrder, SubjectID: open[0]}))
	admin := maya
	admin.Roles = []access.Role{access.Admin}
	_, err = a.approvals.SaveRule(ctx, admin, approval.Rule{About: approval.AboutOrder, Test: approval.TestLimit, Amount: money.Amount{Minor: 100, Currency: "GBP"}, Person: maya.Person, Active: true})
	must(err)
	between, err := a.partners.Between(ctx, dan, ingrid.Org)
	must(err)
	_, err = a.trade.Place(ctx, dan, trade.PlaceCmd{Partnership: between[0].ID, Number: "PO-APPROVE", Key: "never-signed-in", ShipTo: doc.Party{Name: "Kestrel Leeds", City: "Leeds"}, Lines: []trade.PlaceLine{{SKU: "AUR-D18B", Quantity: money.Whole(3)}}})
	must(err)
	must(a.jobs.Idle(ctx))

	// Urgent at once, the rest at eight of each one's day.
	soon := time.Now().Add(4 * time.Minute)
	tell(soon)
	early := sink.taken("chen@huadong.example")
	if len(early) != 1 || strings.Contains(early[0].Text, "third pallet") || !strings.Contains(early[0].Text, "Platforms in spring") {
		t.Fatalf("at once: %+v", early)
	}
	eight := func(zone string) time.Time {
		l, err := time.LoadLocation(zone)
		must(err)
		at := soon.In(l)
		out := time.Date(at.Year(), at.Month(), at.Day(), 8, 0, 1, 0, l)
		if !out.After(soon) {
			out = time.Date(at.Year(), at.Month(), at.Day()+1, 8, 0, 1, 0, l)
		}
		return out
	}
	mornings := []time.Time{eight("Asia/Shanghai"), eight("Europe/London")}
	slices.SortFunc(mornings, time.Time.Compare)
	for _, at := range mornings {
		tell(at)
	}
	digest := sink.taken("chen@huadong.example")
	if len(digest) != 1 || !strings.Contains(digest[0].Text, "third pallet") || !strings.Contains(digest[0].Text, "您近期未登录") || strings.Contains(digest[0].Text, "⟦") {
		t.Fatalf("in the morning: %+v", digest)
	}
	if !strings.Contains(early[0].Text, "您无需账户即可答复") {
		t.Errorf("the mail does not say that no account is needed: %s", early[0].Text)
	}

	var links []string
	plain, _, _ := strings.Cut(early[0].Text, "text/html")
	for _, l := range strings.Split(plain, "\n") {
		if strings.Contains(l, "无需登录即可加入或婉拒") {
			links = append(links, answerLink.FindString(l))
		}
	}
	if len(links) != 2 {
		t.Fatalf("%d links to join in %s", len(links), early[0].Text)
	}
	state := func(id promo.ID) promo.SeatState {
		t.Helper()
		j, err := a.promos.Join(ctx, chen, id)
		must(err)
		return j.Seat.State
	}
	browser := newOpener(t, a.addrs.http)
	for range 3 {
		if code, page := browser.ask("GET", links[0], nil); code != 200 || !strings.Contains(page, "Platforms in spring") || !strings.Contains(page, "加入") {
			t.Fatalf("%d %.2000s", code, page)
		}
	}
	if got := state(first); got != promo.Asked {
		t.Fatalf("opening the link made it %s", got)
	}
	// Many press at once, some join and some decline: one of them does it.
	codes := make([]int, 6)
	var at sync.WaitGroup
	for i := range codes {
		at.Go(func() {
			way := []string{"accept", "decline"}[i%2]
			codes[i], _ = newOpener(t, a.addrs.http).press(links[0], url.Values{"answer": {way}})
		})
	}
	at.Wait()
	slices.Sort(codes)
	if !slices.Equal(codes, []int{200, 409, 409, 409, 409, 409}) {
		t.Errorf("pressed at once: %v", codes)
	}
	became := state(first)
	if became != promo.Approved && became != promo.Declined {
		t.Errorf("it became %s", became)
	}
	for _, way := range []string{"accept", "decline"} {
		code, page := browser.press(links[0], url.Values{"answer": {way}})
		if code != 409 || !strings.Contains(page, "每个链接只能使用一次") || state(first) != became {
			t.Errorf("used again: %d, %s", code, state(first))
		}
	}
	// Another text: what the mail told is no more.
	d, err := a.promos.Get(ctx, ingrid, second)
	must(err)
	_, err = a.promos.Cancel(ctx, ingrid, second, d.Version, "no stock")
	must(err)
	if code, page := browser.ask("GET", links[1], nil); code != 200 || !strings.Contains(page, "此链接已不能使用") || strings.Contains(page, `name="answer"`) {
		t.Errorf("moved on: %d %.1500s", code, page)
	}
	if code, _ := browser.ask("POST", links[1], url.Values{"answer": {"accept"}}); code == 200 {
		t.Errorf("what moved on was answered: %d", code)
	}
	if code, _ := browser.press(links[1], url.Values{"answer": {"accept"}}); code == 200 || state(second) != promo.Asked && state(second) != promo.Dropped {
		t.Errorf("what moved on was answered: %d %s", code, state(second))
	}

	// An order is confirmed as it stands by who got the mail, not after they left.
	toWen := sink.taken("wen@aurelia.example")
	link := ""
	for _, m := range toWen {
		if l := lineWith(m.Text, "无需登录即可按原样确认"); l != "" {
			link = answerLink.FindString(l)
		}
	}
	if link == "" {
		t.Fatalf("no link to confirm in %+v", toWen)
	}
	o, err := a.trade.Head(ctx, wen, trade.OrderID(open[0]))
	must(err)
	if code, page := browser.ask("GET", link, nil); code != 200 || !strings.Contains(page, o.Number) {
		t.Errorf("%d %.1500s", code, page)
	}
	if code, _ := browser.press(link, url.Values{"answer": {"decline"}}); code != 422 {
		t.Errorf("an order is refused by a link: %d", code)
	}
	if code, page := browser.press(link, url.Values{"answer": {"accept"}}); code != 200 || !strings.Contains(page, "已按原样确认此订单") {
		t.Errorf("%d %.1500s", code, page)
	}
	if o, err = a.trade.Head(ctx, wen, o.ID); err != nil || o.State != trade.Confirmed {
		t.Errorf("the order is %s, %v", o.State, err)
	}
	if code, _ := browser.press(link, url.Values{"answer": {"accept"}}); code != 409 {
		t.Errorf("confirmed twice: %d", code)
	}
	must(a.accounts.Deactivate(ctx, ingrid, wen.Person))
	if code, _ := browser.ask("GET", link, nil); code != 404 {
		t.Errorf("the link of who left: %d", code)
	}

	// An approval, by one who reads English.
	link = ""
	for _, m := range sink.taken("maya@kestrel.example") {
		if l := lineWith(m.Text, "Approve or refuse without signing in:"); l != "" && strings.Contains(m.Text, "You can answer without an account") {
			link = answerLink.FindString(l)
		}
	}
	if link == "" {
		t.Fatal("no link to approve")
	}
	if code, page := browser.press(link, url.Values{"answer": {"decline"}}); code != 422 || !strings.Contains(page, "<form") {
		t.Errorf("refused without a reason: %d", code)
	}
	if code, page := browser.press(link, url.Values{"answer": {"accept"}}); code != 200 || !strings.Contains(page, "You approved it.") {
		t.Errorf("%d %.1500s", code, page)
	}
	asked, err := a.approvals.List(ctx, maya, approval.Filter{View: "closed"})
	must(err)
	if len(asked.Items) != 1 || asked.Items[0].State != approval.Granted || asked.Items[0].DecidedBy != maya.Person {
		t.Errorf("%+v", asked.Items)
	}

	// The word in the room is answered by mail.
	to := replyTo.FindString(digest[0].ReplyTo)
	if to == "" {
		t.Fatalf("no address to answer at: %+v", digest[0])
	}
	raw := ">From chen@huadong.example Mon Nov 23 10:00:00 2026\r\nFrom: =?utf-8?B?6ZmI6Z2Z?= <chen@huadong.example>\r\nMessage-ID: <never@huadong.example>\r\nSubject: Re: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n收到，谢谢。\r\n"
	must(smtp.SendMail(a.addrs.smtp, nil, "chen@huadong.example", []string{to}, []byte(raw)))
	must(a.jobs.Idle(ctx))
	got, err := a.rooms.History(ctx, ingrid, rooms[0].ID, room.Window{Thread: said.Seq})
	if err != nil || len(got) != 1 || got[0].Text != "收到，谢谢。" || got[0].Via != room.ViaMail {
		t.Errorf("%+v %v", got, err)
	}
	visited, err := a.accounts.Directory().Visited(ctx, chen.Person, maya.Person)
	if err != nil || len(visited) != 0 {
		t.Errorf("somebody signed in: %v, %v", visited, err)
	}
}
