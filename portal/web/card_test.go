package web_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entente/portal/portaltest"
)

// cardsIn are the cards of a message as a reader has them: their keys and where they lead.
func cardsIn(body, seq string) (out [][2]string) {
	from := strings.Index(body, `<div data-of="`+seq+`">`)
	if from < 0 {
		return nil
	}
	part, _, _ := strings.Cut(body[from:], "</div>")
	for _, m := range regexp.MustCompile(`<a class="e-obj" href="([^"]+)" data-card="([^"]+)"`).FindAllStringSubmatch(part, -1) {
		out = append(out, [2]string{m[2], m[1]})
	}
	return out
}

// threeInOneRoom makes an open room of the supplier with both competing distributors in it,
// and returns its id.
func threeInOneRoom(t *testing.T, ingrid, maya, kaarel *portaltest.Client) string {
	t.Helper()
	form := url.Values{"title": {"Fair"}, "open": {"1"}, "agreed": {"1"}, "key": {"cards-room"}}
	for _, m := range regexp.MustCompile(`name="partners" value="([0-9a-v]{26})"[^>]*><span>([^<]+)<`).FindAllStringSubmatch(ingrid.Get(t, "/c/aurelia/rooms/new").Body, -1) {
		if strings.HasPrefix(m[2], "Kestrel") || strings.HasPrefix(m[2], "Baltic") {
			form.Add("partners", m[1])
		}
	}
	made := ingrid.Post(t, "/c/aurelia/rooms", form)
	id := made.Header.Get("Location")
	id = id[strings.LastIndexByte(id, '/')+1:]
	for slug, who := range map[string]*portaltest.Client{"kestrel": maya, "baltic": kaarel} {
		if a := who.Post(t, "/c/"+slug+"/rooms/invitations/"+id, url.Values{"join": {"1"}, "agreed": {"1"}}); a.Status != 303 {
			t.Fatalf("%s: %d %.300s", slug, a.Status, a.Body)
		}
	}
	return id
}

// TestCards: what a message links to is a card for whoever may read the object and nothing
// but the link for anybody else, among them a competitor in the same room, whether there is
// such an object or not.
func TestCards(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya, kaarel := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, portaltest.Kaarel)
	id := threeInOneRoom(t, ingrid, maya, kaarel)
	find := func(who *portaltest.Client, path, kind string) string {
		return who.Find(t, path, `href="/c/[a-z]+/`+kind+`/([0-9a-v]{26})"`)
	}
	kestrels, baltics := find(maya, "/c/kestrel/orders", "orders"), find(kaarel, "/c/baltic/orders", "orders")
	nobodys := strings.Repeat("0", 26)
	promotion := find(maya, "/c/kestrel/promotions", "promotions")
	say := func(key, text string) string {
		if a := ingrid.Post(t, "/c/aurelia/rooms/"+id+"/messages", url.Values{"key": {key}, "text": {text}}); a.Status != 303 {
			t.Fatalf("%d %.300s", a.Status, a.Body)
		}
		said := regexp.MustCompile(`id="m(\d+)"`).FindAllStringSubmatch(ingrid.Get(t, "/c/aurelia/rooms/"+id).Body, -1)
		return said[len(said)-1][1]
	}
	seq := say("orders", "see "+p.URL+"/c/kestrel/orders/"+kestrels+", "+p.URL+"/c/aurelia/orders/"+baltics+"?x=1 and "+p.URL+"/c/baltic/orders/"+nobodys+" or https://other.example/c/kestrel/orders/"+kestrels+" "+p.URL+"/c/kestrel/orders/"+kestrels+"/lines")
	about := say("promotion", "it runs: "+p.URL+"/c/aurelia/promotions/"+promotion)
	ask := func(who *portaltest.Client, slug, seq string) string {
		a := who.Get(t, "/c/"+slug+"/rooms/"+id+"/cards?m="+seq)
		if a.Status != 200 || strings.Contains(a.Body, "<html") {
			t.Fatalf("%s: %d", slug, a.Status)
		}
		return a.Body
	}
	for slug, c := range map[string]struct {
		who  *portaltest.Client
		keys []string
	}{"aurelia": {ingrid, []string{kestrels, baltics}}, "kestrel": {maya, []string{kestrels}}, "baltic": {kaarel, []string{baltics}}} {
		body := ask(c.who, slug, seq)
		got := cardsIn(body, seq)
		if len(got) != len(c.keys) {
			t.Errorf("%s has the cards %v, want %v", slug, got, c.keys)
			continue
		}
		for i, key := range c.keys {
			if got[i] != [2]string{"order:" + key, "/c/" + slug + "/orders/" + key} {
				t.Errorf("%s: %v", slug, got[i])
			}
		}
		page := c.who.Get(t, "/c/"+slug+"/rooms/"+id).Body // without scripts, and in the pane
		pane := c.who.Get(t, "/c/"+slug+"/rooms/"+id+"?m="+seq).Body
		if strings.Count(page, `data-card="order:`) != len(c.keys) || strings.Count(pane, `data-card="order:`) != 2*len(c.keys) {
			t.Errorf("%s: the page has other cards", slug)
		}
	}
	// money for who may read it: all three may, and it is the order's
	if total := regexp.MustCompile(`class="clip small t3 num">([^<·]+)`).FindStringSubmatch(ask(maya, "kestrel", seq)); total == nil || !strings.Contains(maya.Get(t, "/c/kestrel/orders/"+kestrels).Body, strings.TrimSpace(total[1])) {
		t.Errorf("the card says %v", total)
	}
	// a promotion with both in it: one card for each, which names and counts no other
	for slug, who := range map[string]*portaltest.Client{"kestrel": maya, "baltic": kaarel} {
		body, other := ask(who, slug, about), map[string]string{"kestrel": "Baltic", "baltic": "Kestrel"}[slug]
		if strings.Contains(body, other) {
			t.Errorf("%s learns of %s: %s", slug, other, body)
		}
	}
	if got := cardsIn(ask(maya, "kestrel", about), about); len(got) != 1 || got[0] != [2]string{"promotion:" + promotion, "/c/kestrel/promotions/" + promotion} {
		t.Errorf("who takes part: %v", got)
	}
	if a := maya.Get(t, "/c/kestrel/promotions/"+promotion); a.Status != 200 {
		t.Errorf("the card leads to %d", a.Status)
	}
	// it changes with the message and the object, and is nobody's outside of the room
	if a := ingrid.Post(t, "/c/aurelia/rooms/"+id+"/messages/"+seq+"/edit", url.Values{"text": {"never mind"}}); a.Status != 303 {
		t.Fatal(a.Status)
	}
	if got := cardsIn(ask(maya, "kestrel", seq), seq); len(got) != 0 {
		t.Errorf("the message links to nothing any more: %v", got)
	}
	nothingLeaves(t, p, ingrid, maya, id)
	home := maya.Find(t, "/c/kestrel/partners", `href="(/c/kestrel/partners/[0-9a-v]{26})"`)
	private := maya.Find(t, home, `data-room="([0-9a-v]{26})"`)
	if a, b := kaarel.Get(t, "/c/baltic/rooms/"+private+"/cards?m=1"), kaarel.Get(t, "/c/baltic/rooms/"+nobodys+"/cards?m=1"); a.Status != 404 || b.Status != 404 {
		t.Errorf("a competitor's answer: %d, of no room %d", a.Status, b.Status)
	}
}

// nothingLeaves posts addresses of a server of ours, which the demo may call, in a room and in
// the forum, and reads them in every way: nobody ever comes to it.
func nothingLeaves(t *testing.T, p *portaltest.Portal, ingrid, maya *portaltest.Client, id string) {
	t.Helper()
	var came atomic.Int64
	trap := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came.Add(1) }))
	trap.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			came.Add(1)
		}
	}
	trap.Start()
	defer trap.Close()
	at := trap.URL + "/c/kestrel/orders/" + strings.Repeat("0", 26)
	text := "look: " + at + " and " + trap.URL + "/p.png ![x](" + trap.URL + "/q.png) <img src=" + trap.URL + "> " + strings.Replace(trap.URL, "http://", "https://", 1) + " //" + strings.TrimPrefix(trap.URL, "http://") + "/x"
	if a := ingrid.Post(t, "/c/aurelia/rooms/"+id+"/messages", url.Values{"key": {"nothing-leaves"}, "text": {text}}); a.Status != 303 {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	category := ingrid.Find(t, "/c/aurelia/forum", `href="/c/aurelia/forum\?category=([0-9a-v]{26})"`)
	topic := url.Values{"category": {category}, "kind": {"question"}, "title": {"Where " + at}, "body": {text}, "key": {"nothing-leaves"}}
	topic.Set("preview", "1")
	if a := ingrid.Post(t, "/c/aurelia/forum/new", topic); a.Status != 200 || !strings.Contains(a.Body, trap.URL+"/q.png") {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	topic.Del("preview")
	made := ingrid.Post(t, "/c/aurelia/forum/new", topic)
	if made.Status != 303 {
		t.Fatalf("%d %.300s", made.Status, made.Body)
	}
	said := regexp.MustCompile(`id="m(\d+)"`).FindAllStringSubmatch(maya.Get(t, "/c/kestrel/rooms/"+id).Body, -1)
	last := said[len(said)-1][1]
	for _, path := range []string{"/c/kestrel/rooms/" + id + "?m=" + last, "/c/kestrel/rooms/" + id + "/cards?m=" + last, "/c/kestrel/rooms/" + id + "/messages/" + last + "/make", "/c/kestrel/rooms?q=look", "/c/kestrel/find?q=look"} {
		if a := maya.Get(t, path); a.Status != 200 || strings.Contains(a.Body, `src="`+trap.URL) {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	page := ingrid.Get(t, made.Header.Get("Location"))
	if page.Status != 200 || strings.Contains(page.Body, "<img src="+trap.URL) || !strings.Contains(page.Body, `href="`+trap.URL+`/q.png"`) {
		t.Errorf("%d: the topic does not lead there", page.Status)
	}
	if n := came.Load(); n != 0 {
		t.Errorf("%d came for what somebody wrote", n)
	}
}

// TestFileInInspector: an interchange attached to a message opens in the inspector, taken
// apart and kept nowhere; other files and other people's do not.
func TestFileInInspector(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	maya, ingrid, kaarel := p.As(t, portaltest.Maya), p.As(t, portaltest.Ingrid), p.As(t, portaltest.Kaarel)
	home := maya.Find(t, "/c/kestrel/partners", `href="(/c/kestrel/partners/[0-9a-v]{26})"`)
	at := maya.Find(t, home, `data-room="[0-9a-v]{26}"[^>]*data-url="(/c/kestrel/rooms/[0-9a-v]{26})"`)
	id := at[strings.LastIndexByte(at, '/')+1:]
	csrf := maya.Find(t, at, `name="csrf" value="([^"]+)"`)
	edi := "UNB+UNOC:3+KESTREL:ZZ+AURELIA:ZZ+261101:1200+77'UNH+1+ORDERS:D:96A:UN'BGM+220+PO-INSPECT+9'UNT+3+1'UNZ+1+77'"
	body, kind := withFiles(t, url.Values{"csrf": {csrf}, "key": {"inspect"}, "text": {"our test"}}, map[string]string{"orders.edi": edi, "note.txt": "plain words"})
	if a := maya.Do(t, "POST", at+"/messages", body, "Content-Type", kind); a.Status != 303 {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	shown := ingrid.Find(t, "/c/aurelia/rooms/"+id, `href="(/c/aurelia/rooms/`+id+`/files/[0-9a-v]{26}/inspect)"`)
	page := ingrid.Get(t, shown)
	for _, want := range []string{"orders.edi", "PO-INSPECT", `data-pane="tree"`, "<b>BGM</b>", strings.TrimSuffix(shown, "/inspect")} {
		if page.Status != 200 || !strings.Contains(page.Body, want) {
			t.Errorf("%d: the inspector lacks %s", page.Status, want)
		}
	}
	if a := ingrid.Get(t, shown+"?view=tree&at=3.2"); a.Status != 200 || !strings.Contains(a.Body, "PO-INSPECT") {
		t.Errorf("the tree: %d", a.Status)
	}
	if strings.Contains(page.Body, `class="pane-n`) {
		t.Error("a file of one document leads to others")
	}
	if a := kaarel.Get(t, strings.Replace(shown, "/c/aurelia/", "/c/baltic/", 1)); a.Status != 404 {
		t.Errorf("a competitor's answer: %d", a.Status)
	}
	for _, m := range regexp.MustCompile(`/c/aurelia/rooms/`+id+`/files/[0-9a-v]{26}"`).FindAllString(ingrid.Get(t, "/c/aurelia/rooms/"+id).Body, -1) {
		if a := ingrid.Get(t, strings.TrimSuffix(m, `"`)+"/inspect"); a.Status != 404 {
			t.Errorf("a file that is no interchange: %d", a.Status)
		}
	}
	for _, number := range []string{"PO-INSPECT", "77"} { // of the order, of the interchange
		if list := ingrid.Get(t, "/c/aurelia/edi?q="+number); list.Status != 200 || strings.Contains(list.Body, "PO-INSPECT<") || regexp.MustCompile(`href="/c/aurelia/edi/[0-9a-v]{26}"`).MatchString(list.Body) {
			t.Errorf("%d: looking at it made a message with %s", list.Status, number)
		}
	}
}

// TestFileOfMany: of an attached interchange with several documents one is shown at a time, and
// what is chosen and explained is of that one.
func TestFileOfMany(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	kaarel := p.As(t, portaltest.Kaarel) // in a room of its own
	home := kaarel.Find(t, "/c/baltic/partners", `href="(/c/baltic/partners/[0-9a-v]{26})"`)
	at := kaarel.Find(t, home, `data-room="[0-9a-v]{26}"[^>]*data-url="(/c/baltic/rooms/[0-9a-v]{26})"`)
	edi := "UNB+UNOC:3+KESTREL:ZZ+AURELIA:ZZ+261101:1200+78'"
	for _, n := range []string{"1", "2", "3"} {
		edi += "UNH+" + n + "+ORDERS:D:96A:UN'BGM+220+PO-MANY-" + n + "+9'UNT+3+" + n + "'"
	}
	body, kind := withFiles(t, url.Values{"csrf": {kaarel.Find(t, at, `name="csrf" value="([^"]+)"`)}, "key": {"many"}, "text": {"three"}}, map[string]string{"many.edi": edi + "UNZ+3+78'"})
	if a := kaarel.Do(t, "POST", at+"/messages", body, "Content-Type", kind); a.Status != 303 {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	shown := kaarel.Find(t, at, `href="(`+at+`/files/[0-9a-v]{26}/inspect)"[^>]*>.{0,400}many\.edi`)
	for n, around := range map[string][]string{"1": {"2"}, "2": {"1", "3"}, "3": {"2"}} {
		page := kaarel.Get(t, shown+"?set="+n+"&at=2.2")
		_, said, _ := strings.Cut(page.Body, `id="said"`)
		said, _, _ = strings.Cut(said, "</section>")
		for _, other := range []string{"1", "2", "3"} {
			if has := strings.Contains(page.Body, "PO-MANY-"+other); has != (other == n) {
				t.Errorf("document %s: the page has document %s: %v", n, other, has)
			}
			if leads := strings.Contains(page.Body, `href="?set=`+other+`"`); leads != slices.Contains(around, other) {
				t.Errorf("document %s leads to %s: %v", n, other, leads)
			}
		}
		if !strings.Contains(said, "PO-MANY-"+n) {
			t.Errorf("document %s: said is %s", n, said)
		}
	}
	if first := kaarel.Get(t, shown).Body; !strings.Contains(first, "PO-MANY-1") || !strings.Contains(first, "1 of 3") {
		t.Error("the first is not what the file opens with")
	}
	if a := kaarel.Get(t, shown+"?set=4"); a.Status != 404 {
		t.Errorf("a document that is not there: %d", a.Status)
	}
}

// TestRoomOfInterchange: the two companies of an interchange talk about it in a room of its
// own, made for the first who asks; to others there is neither.
func TestRoomOfInterchange(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, kaarel, dan := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Kaarel), p.As(t, portaltest.Dan)
	at := dan.Find(t, "/c/kestrel/edi", `href="(/c/kestrel/edi/[0-9a-v]{26})"`)
	id := at[strings.LastIndexByte(at, '/')+1:]
	if a, b := kaarel.Post(t, "/c/baltic/edi/"+id+"/room", nil), kaarel.Post(t, "/c/baltic/edi/"+strings.Repeat("0", 26)+"/room", nil); a.Status != 404 || b.Status != 404 {
		t.Errorf("a competitor: %d, of none %d", a.Status, b.Status)
	}
	dan.Find(t, at, `action="(`+at+`/room)"`)
	first, again := dan.Post(t, at+"/room", nil), dan.Post(t, at+"/room", nil)
	room := first.Header.Get("Location")
	if first.Status != 303 || again.Header.Get("Location") != room {
		t.Fatalf("%d %q, again %q", first.Status, room, again.Header.Get("Location"))
	}
	if body := dan.Get(t, at).Body; !strings.Contains(body, `href="`+room+`"`) || strings.Contains(body, at+"/room") {
		t.Error("the page does not lead to its room")
	}
	if a := dan.Post(t, room+"/messages", url.Values{"key": {"interchange"}, "text": {"why is it held?"}}); a.Status != 303 {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	theirs := strings.Replace(room, "/c/kestrel/", "/c/aurelia/", 1)
	if a := ingrid.Get(t, theirs); a.Status != 200 || !strings.Contains(a.Body, "why is it held?") || !strings.Contains(a.Body, "/c/aurelia/edi/"+id) {
		t.Errorf("the other company: %d", a.Status)
	}
	if a := kaarel.Get(t, strings.Replace(room, "/c/kestrel/", "/c/baltic/", 1)); a.Status != 404 {
		t.Errorf("a competitor's answer: %d", a.Status)
	}
}

// TestCaseOfMessage: a dispute made of what was said in the room of an order begins with it,
// and the message leads to it, for the own company alone.
func TestCaseOfMessage(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	dan, ingrid, kaarel := p.As(t, portaltest.Dan), p.As(t, portaltest.Ingrid), p.As(t, portaltest.Kaarel)
	invoice, at := "", ""
	for _, m := range regexp.MustCompile(`href="(/c/kestrel/invoices/[0-9a-v]{26})"`).FindAllStringSubmatch(dan.Get(t, "/c/kestrel/invoices").Body, 40) {
		page := dan.Get(t, m[1]).Body
		order := regexp.MustCompile(`href="(/c/kestrel/orders/[0-9a-v]{26})"`).FindStringSubmatch(page)
		if !strings.Contains(page, m[1]+"/dispute") || order == nil {
			continue
		}
		if r := regexp.MustCompile(`data-room="[0-9a-v]{26}"[^>]*data-url="(/c/kestrel/rooms/[0-9a-v]{26})"`).FindStringSubmatch(dan.Get(t, order[1]).Body); r != nil {
			invoice, at = m[1], r[1]
			break
		}
	}
	if invoice == "" {
		t.Fatal("the demo has no invoice to dispute whose order has a room")
	}
	if a := dan.Post(t, at+"/messages", url.Values{"key": {"case"}, "text": {"Two drivers arrived broken"}}); a.Status != 303 {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	said := regexp.MustCompile(`id="m(\d+)"`).FindAllStringSubmatch(dan.Get(t, at).Body, -1)
	pane := at + "?m=" + said[len(said)-1][1]
	form := dan.Find(t, dan.Find(t, pane, `href="(`+at+`/messages/\d+/make)"`), `href="(`+invoice+`/dispute\?from=[^"]+)"`)
	page := dan.Get(t, form).Body
	from := regexp.MustCompile(`name="from" value="([^"]+)"`).FindStringSubmatch(page)
	if !strings.Contains(page, "Two drivers arrived broken") || from == nil {
		t.Fatal("the form does not begin with what was said")
	}
	line := regexp.MustCompile(`name="(line\.\d+)\.on"`).FindStringSubmatch(page)
	reason := regexp.MustCompile(`name="reason"[\s\S]*?<option value="([a-z_]+)"`).FindStringSubmatch(page)
	if a := dan.Post(t, invoice+"/dispute", url.Values{"reason": {reason[1]}, "note": {""}, "from": from[1:]}); a.Status != 422 || !strings.Contains(a.Body, `name="from" value="`+from[1]+`"`) {
		t.Errorf("a refused form forgets the message: %d", a.Status)
	}
	a := dan.Post(t, invoice+"/dispute", url.Values{"reason": {reason[1]}, "note": {"Two drivers arrived broken"}, line[1] + ".on": {"1"}, "from": from[1:]})
	if a.Status != 303 || !strings.Contains(a.Header.Get("Location"), "/c/kestrel/disputes/") {
		t.Fatalf("%d %.400s", a.Status, a.Body)
	}
	if body := dan.Get(t, pane).Body; !strings.Contains(body, "Dispute made of this") || !strings.Contains(body, `href="`+a.Header.Get("Location")+`"`) {
		t.Error("the message does not lead to the dispute")
	}
	if body := ingrid.Get(t, strings.Replace(pane, "/c/kestrel/", "/c/aurelia/", 1)).Body; !strings.Contains(body, "Two drivers") || strings.Contains(body, "Dispute made of this") {
		t.Error("the other company is told what it was made of")
	}
	if a := kaarel.Get(t, strings.Replace(form, "/c/kestrel/", "/c/baltic/", 1)); a.Status != 404 || strings.Contains(a.Body, "Two drivers") {
		t.Errorf("a competitor: %d", a.Status)
	}
}

// TestTaskOfMessage: a task of a message is given on a form, seen by both companies at the
// message and above the talk, waits on the start page of its owner, and is done once; a
// competitor finds nothing of it.
func TestTaskOfMessage(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	maya, ingrid, kaarel := p.As(t, portaltest.Maya), p.As(t, portaltest.Ingrid), p.As(t, portaltest.Kaarel)
	made := maya.Post(t, "/c/kestrel/rooms", url.Values{"title": {"Tasks"}, "partner": {maya.Find(t, "/c/kestrel/rooms/new", `name="partner"[\s\S]*?<option value="([0-9a-v]{26})"`)}, "agreed": {"1"}, "key": {"task-room"}})
	at := made.Header.Get("Location")
	id := at[strings.LastIndexByte(at, '/')+1:]
	asked := maya.Post(t, at+"/task", url.Values{"key": {"task-say1"}, "text": {"Measure the pallets of dock 7"}})
	form, where, _ := strings.Cut(asked.Header.Get("Location"), "#")
	if asked.Status != 303 || where != "task" {
		t.Fatalf("%d %s %.300s", asked.Status, asked.Header.Get("Location"), made.Body)
	}
	seq := form[strings.LastIndex(form, "messages/")+9 : strings.LastIndexByte(form, '/')]
	post := maya.Find(t, form, `action="(`+at+`/messages/`+seq+`/task)"`)
	person := maya.Find(t, form, `<option value="([0-9a-v]{26}\.[0-9a-v]{26})"[^>]*>Ingrid Dahl`)
	if a := maya.Post(t, post, url.Values{"person": {person}, "due": {"tomorrow"}, "key": {"task-one1"}}); a.Status != 422 || !strings.Contains(a.Body, `value="`+person+`" selected`) {
		t.Errorf("a day that is none: %d", a.Status)
	}
	for range 2 { // the same form twice is one task
		if a := maya.Post(t, post, url.Values{"person": {person}, "due": {"2020-02-03"}, "key": {"task-one1"}}); a.Status != 303 {
			t.Fatalf("%d %.400s", a.Status, a.Body)
		}
	}
	theirs := "/c/aurelia/rooms/" + id
	if b := ingrid.Get(t, "/c/aurelia/").Body; strings.Count(b, theirs+"?m="+seq) < 1 || !strings.Contains(b, "given by Maya Osei, Kestrel Supply") {
		t.Error("the task does not wait for its owner")
	}
	if b := maya.Get(t, "/c/kestrel/").Body; strings.Contains(b, "Measure the pallets") && strings.Contains(b, "given by") {
		t.Error("the task waits for who gave it")
	}
	page := ingrid.Get(t, theirs).Body
	if !strings.Contains(page, "1 open task") || !strings.Contains(page, "Maya Osei gave Ingrid Dahl a task") {
		t.Error("the room does not tell of the task")
	}
	mark := ingrid.Find(t, theirs+"?m="+seq, `action="(`+theirs+`/tasks/[0-9a-v]{26})"`)
	for path, want := range map[string]int{strings.Replace(mark, "/c/aurelia/", "/c/baltic/", 1): 404, strings.Replace(post, "/c/kestrel/", "/c/baltic/", 1): 404, "/c/baltic/rooms/" + id + "/task": 404} {
		if a := kaarel.Post(t, path, url.Values{"done": {"1"}, "text": {"x"}, "key": {"task-evil1"}}); a.Status != want {
			t.Errorf("a competitor's %s: %d", path, a.Status)
		}
	}
	// handed on to somebody of the room and taken over again, by the page
	pane := ingrid.Get(t, theirs+"?m="+seq).Body
	owner := regexp.MustCompile(`<option value="([0-9a-v]{26}\.[0-9a-v]{26})" selected>Ingrid Dahl`).FindStringSubmatch(pane)
	other := regexp.MustCompile(`<option value="([0-9a-v]{26}\.[0-9a-v]{26})">Maya Osei`).FindStringSubmatch(pane)
	if owner == nil || other == nil || strings.Contains(pane, mark+`/remove`) {
		t.Fatalf("the pane offers nobody, or to delete what another gave: %v %v", owner, other)
	}
	hers := strings.Replace(mark, "/c/aurelia/", "/c/kestrel/", 1) + "/hand"
	if a := ingrid.Post(t, mark+"/hand", url.Values{"person": {other[1]}}); a.Status != 303 {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	if a := ingrid.Post(t, mark+"/hand", url.Values{"person": {owner[1]}}); a.Status != 403 { // it is Kestrel's now, who gave it too
		t.Errorf("taken from another company: %d", a.Status)
	}
	if a := maya.Post(t, hers, url.Values{"person": {owner[1]}}); a.Status != 303 {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	if b := maya.Get(t, at).Body; !strings.Contains(b, "Ingrid Dahl handed a task of Ingrid Dahl on to Maya Osei") || !strings.Contains(b, "Maya Osei handed a task of Maya Osei on to Ingrid Dahl") {
		t.Error("the room does not tell that it was handed on")
	}
	if a := kaarel.Post(t, strings.Replace(mark, "/c/aurelia/", "/c/baltic/", 1)+"/hand", url.Values{"person": {owner[1]}}); a.Status != 404 {
		t.Errorf("a competitor hands it on: %d", a.Status)
	}
	if a := ingrid.Post(t, mark, url.Values{"done": {"1"}}); a.Status != 303 {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	if b := maya.Get(t, at).Body; strings.Contains(b, "open task") || !strings.Contains(b, "Ingrid Dahl has done a task") {
		t.Error("the room does not tell that it is done")
	}
	if b := ingrid.Get(t, "/c/aurelia/").Body; strings.Contains(b, "given by Maya Osei, Kestrel Supply") {
		t.Error("it waits still")
	}
	drop := strings.Replace(mark, "/c/aurelia/rooms", "/c/kestrel/rooms", 1) + "/remove"
	if !strings.Contains(maya.Get(t, at+"?m="+seq).Body, drop) {
		t.Error("who gave it cannot delete it")
	}
	if a := maya.Post(t, drop, url.Values{}); a.Status != 303 || !strings.Contains(ingrid.Get(t, theirs).Body, "Maya Osei deleted a task of Ingrid Dahl") {
		t.Errorf("deleted: %d", a.Status)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(20 * time.Second); !strings.Contains(ingrid.Get(t, "/c/aurelia/inbox").Body, "Maya Osei of Kestrel Supply gave you a task"); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("the owner got no notice")
		}
	}
}
