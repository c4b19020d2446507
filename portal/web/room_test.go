package web_test

import (
	"archive/zip"
	"bytes"
	"io"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"entente/portal/portaltest"
)

// withFiles is a form with files.
func withFiles(t *testing.T, values url.Values, files map[string]string) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, list := range values {
		for _, v := range list {
			if err := w.WriteField(k, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, body := range files {
		f, err := w.CreateFormFile("file", name)
		if err == nil {
			_, err = io.WriteString(f, body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, w.FormDataContentType()
}

// TestTalkWithoutScript: everything a message allows is done by forms, the other company
// sees it, a competitor sees nothing.
func TestTalkWithoutScript(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	maya, ingrid, kaarel := p.As(t, portaltest.Maya), p.As(t, portaltest.Ingrid), p.As(t, portaltest.Kaarel)
	home := maya.Find(t, "/c/kestrel/partners", `href="(/c/kestrel/partners/[0-9a-v]{26})"`)
	at := maya.Find(t, home, `data-room="[0-9a-v]{26}"[^>]*data-url="(/c/kestrel/rooms/[0-9a-v]{26})"`)
	id := at[strings.LastIndexByte(at, '/')+1:]
	csrf := maya.Find(t, at, `name="csrf" value="([^"]+)"`)

	// only the page of a call may use a camera and a microphone, and it is for the room's members
	if a := maya.Get(t, at+"/call"); a.Status != 200 || !strings.Contains(a.Header.Get("Permissions-Policy"), "camera=(self), microphone=(self)") || !strings.Contains(a.Body, `data-call="`+id+`"`) || !strings.Contains(a.Body, "<noscript>") {
		t.Errorf("the call's page: %d %v", a.Status, a.Header)
	}
	if a := maya.Get(t, at); !strings.Contains(a.Header.Get("Permissions-Policy"), "camera=(), microphone=()") || !strings.Contains(a.Body, `href="`+at+`/call"`) {
		t.Errorf("the room's page: %v", a.Header)
	}
	if a := kaarel.Get(t, "/c/baltic/rooms/"+id+"/call"); a.Status != 404 {
		t.Errorf("a competitor's call: %d", a.Status)
	}
	// one person can be called, of those with whom one shares the room and nobody else
	beside, pane := maya.Get(t, home).Body, maya.Get(t, at+"?about=1").Body
	people := regexp.MustCompile(`call\?who=([0-9a-v]{26})"[^>]*>`).FindAllStringSubmatch(beside, -1)
	if len(people) == 0 || strings.Contains(beside, `call?who=`+maya.Find(t, at, `data-me="([0-9a-v]{26})"`)) || !strings.Contains(pane, people[0][0][:len(`call?who=`)+26]) {
		t.Errorf("who can be called: %v", people)
	}
	if a := maya.Get(t, at+"/call?who="+people[0][1]); !strings.Contains(a.Body, `data-who="`+people[0][1]+`"`) {
		t.Error("the call is for nobody")
	}
	if a := maya.Get(t, at+"/call?who="+kaarel.Find(t, kaarel.Find(t, "/c/baltic/partners", `href="(/c/baltic/partners/[0-9a-v]{26})"`), `data-me="([0-9a-v]{26})"`)); !strings.Contains(a.Body, `data-who=""`) {
		t.Error("the call is for somebody who is not in the room")
	}
	picture := "\x89PNG\x0d\x0a\x1a\x0a not much of one"
	body, kind := withFiles(t, url.Values{"csrf": {csrf}, "key": {"talk-without-script"}, "text": {"@Ingrid Dahl see https://kestrel.example/x. 价目表"}}, map[string]string{"pallet <1>.png": picture, "850.edi": "UNB+UNOC:3+A+B+260101:1200+1'"})
	if a := maya.Do(t, "POST", at+"/messages", body, "Content-Type", kind); a.Status != 303 {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	said := regexp.MustCompile(`id="m(\d+)"`).FindAllStringSubmatch(maya.Get(t, at).Body, -1)
	seq := said[len(said)-1][1]
	do := at + "/messages/" + seq
	page := ingrid.Get(t, "/c/aurelia/rooms/"+id+"?m="+seq).Body
	for _, want := range []string{`<span class="mention">@Ingrid Dahl</span>`, `<a href="https://kestrel.example/x" rel="nofollow noopener noreferrer">`, "850.edi", "pallet 1.png", "Maya Osei"} {
		if !strings.Contains(page, want) {
			t.Errorf("the other company's page lacks %s", want)
		}
	}
	file := regexp.MustCompile(`/c/aurelia/rooms/` + id + `/files/[0-9a-v]{26}`)
	for _, href := range file.FindAllString(page, -1) {
		a := ingrid.Get(t, href)
		if a.Status != 200 || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") || a.Header.Get("Content-Type") != "application/octet-stream" || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") || a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", href, a.Status, a.Header)
		}
		if b := kaarel.Get(t, strings.Replace(href, "/c/aurelia/", "/c/baltic/", 1)); b.Status != 404 {
			t.Errorf("a competitor's answer: %d", b.Status)
		}
	}
	shown := regexp.MustCompile(`src="(/c/aurelia/rooms/[^"]+show=1)"`).FindStringSubmatch(page)
	if shown == nil {
		t.Fatal("the picture is not shown")
	}
	if a := ingrid.Get(t, shown[1]); a.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "inline") || a.Body != picture {
		t.Errorf("%v %q", a.Header, a.Body)
	}
	aurelia := "/c/aurelia/rooms/" + id + "/messages/" + seq
	for _, step := range []struct {
		who  *portaltest.Client
		path string
		form url.Values
		want int
	}{
		{ingrid, aurelia + "/react", url.Values{"emoji": {"👍"}, "on": {"1"}}, 303},
		{ingrid, aurelia + "/react", url.Values{"emoji": {"<b>"}, "on": {"1"}}, 422},
		{ingrid, aurelia + "/pin", url.Values{"on": {"1"}}, 303},
		{ingrid, aurelia + "/edit", url.Values{"text": {"mine now"}}, 403},
		{ingrid, aurelia + "/answer", url.Values{"answer": {""}}, 422},
		{ingrid, aurelia + "/answer", url.Values{"answer": {"an answer in the thread"}, "key": {"answer-1-2-3"}}, 303},
		{maya, do + "/edit", url.Values{"text": {""}}, 422},
		{maya, do + "/edit", url.Values{"text": {"changed afterwards"}}, 303},
		{maya, at + "/level", url.Values{"level": {"loud"}}, 422},
		{maya, at + "/level", url.Values{"level": {"mentions"}}, 303},
		{maya, at + "/draft", url.Values{"text": {"begun but not sent"}}, 204},
		{maya, at + "/retention", url.Values{"keep_days": {"x"}}, 422},
		{maya, at + "/retention", url.Values{"keep_days": {"30000"}}, 303},
		{maya, at + "/hold", url.Values{"reason": {""}}, 422},
		{maya, at + "/hold", url.Values{"reason": {"dispute"}}, 303},
		{kaarel, "/c/baltic/rooms/" + id + "/messages/" + seq + "/react", url.Values{"emoji": {"👍"}, "on": {"1"}}, 404},
		{kaarel, "/c/baltic/rooms/" + id + "/retention", url.Values{"keep_days": {"1"}}, 404},
		{kaarel, "/c/baltic/rooms/" + id + "/hold", url.Values{"reason": {"x"}}, 404},
	} {
		if a := step.who.Post(t, step.path, step.form); a.Status != step.want {
			t.Errorf("%s %v: %d, want %d", step.path, step.form, a.Status, step.want)
		}
	}
	page = maya.Get(t, at+"?m="+seq).Body
	for _, want := range []string{"changed afterwards", "an answer in the thread", "👍", "edited", "1 answer", "1 pinned message", "begun but not sent", "Seen by Aurelia Tools (1 of 3)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the message lacks %q", want)
		}
	}
	if about := ingrid.Get(t, "/c/aurelia/rooms/"+id+"?about=1").Body; !strings.Contains(about, "Kestrel Supply keeps its messages for 30000 days") || strings.Contains(about, "holds this room") {
		t.Error("what the other company keeps is not told, or its hold is")
	}
	found := maya.Get(t, "/c/kestrel/rooms?q="+url.QueryEscape("thread answer")).Body
	if !strings.Contains(found, "an answer in the thread") {
		t.Error("the search finds no message")
	}
	if other := kaarel.Get(t, "/c/baltic/rooms?q="+url.QueryEscape("thread answer")).Body; strings.Contains(other, "an answer") {
		t.Error("the search tells a competitor")
	}
	inbox := named(t, ingrid, "")
	if !strings.Contains(inbox, "/c/aurelia/rooms/"+id+"?m="+seq) {
		t.Error("the notice does not lead to the message")
	}
	ingrid.Get(t, "/c/aurelia/rooms/"+id) // opening it is reading what was told of it
	if a := maya.Post(t, at+"/messages", url.Values{"key": {"named-again-1"}, "text": {"@Ingrid Dahl and once more"}}); a.Status != 303 {
		t.Fatalf("%d", a.Status)
	}
	named(t, ingrid, "unread")
	centre(t, ingrid, kaarel, "/c/aurelia/rooms/"+id)
	if a := maya.Post(t, do+"/remove", nil); a.Status != 303 {
		t.Fatalf("%d", a.Status)
	}
	page = ingrid.Get(t, "/c/aurelia/rooms/"+id).Body
	if !strings.Contains(page, "Message removed by Maya Osei") || strings.Contains(page, "changed afterwards") {
		t.Error("the removal leaves no trace, or the text")
	}
	archive := maya.Get(t, at+"/export")
	z, err := zip.NewReader(strings.NewReader(archive.Body), int64(len(archive.Body)))
	if err != nil {
		t.Fatalf("%d %v", archive.Status, err)
	}
	all := ""
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(r)
		all += f.Name + "\n" + string(b)
	}
	for _, want := range []string{"room.json", "messages.jsonl", "an answer in the thread", "changed afterwards", "pallet 1.png", "Ingrid Dahl", `"for": "kestrel"`} {
		if !strings.Contains(all, want) {
			t.Errorf("the export lacks %q", want)
		}
	}
	if strings.Contains(all, "Baltic") || strings.Contains(all, "Kaarel") {
		t.Error("the export names a competitor")
	}
	if a := kaarel.Get(t, "/c/baltic/rooms/"+id+"/export"); a.Status != 404 {
		t.Errorf("a competitor's export: %d", a.Status)
	}
	freeRoomByForms(t, p, maya, ingrid, kaarel)
}

const namedYou = "Maya Osei of Kestrel Supply named you"

// named waits until a pile of the inbox tells of being named.
func named(t *testing.T, ingrid *portaltest.Client, view string) string {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(20 * time.Second); ; {
		select {
		case <-tick.C:
			if body := ingrid.Get(t, "/c/aurelia/inbox?view="+view).Body; strings.Contains(body, namedYou) {
				return body
			}
		case <-end:
			t.Fatal("no notice of being named")
		}
	}
}

// centre does with a notice of being named in a room what its page offers.
func centre(t *testing.T, ingrid, kaarel *portaltest.Client, room string) {
	t.Helper()
	const at = "/c/aurelia/inbox"
	says := func(view string, want bool) string {
		t.Helper()
		body := ingrid.Get(t, at+"?view="+view).Body
		if strings.Contains(body, namedYou) != want {
			t.Errorf("the pile %q says so: %v", view, !want)
		}
		return body
	}
	first := regexp.MustCompile(`(?s)` + namedYou + `.*?` + at + `/([0-9a-v]{26})/done`)
	inbox := says("unread", true)
	if !strings.Contains(inbox, "A message names you") || !strings.Contains(inbox, "What is urgent still comes.") {
		t.Error("no reason, or no end")
	}
	row := first.FindStringSubmatch(inbox)
	if row == nil {
		t.Fatal("nothing to be done")
	}
	if body := ingrid.Get(t, at+"/count").Body; !regexp.MustCompile(`"unread":[1-9]`).MatchString(body) {
		t.Error(body)
	}
	ingrid.Get(t, room) // opening it is reading what was told of it
	says("unread", false)
	says("", true)
	for _, step := range []struct {
		who  *portaltest.Client
		path string
		form url.Values
		want int
	}{
		{kaarel, "/c/baltic/inbox/" + row[1] + "/done", nil, 404},
		{ingrid, at + "/" + row[1] + "/snooze", url.Values{"until": {"never"}}, 422},
		{ingrid, at + "/" + row[1] + "/snooze", url.Values{"until": {"week"}}, 303},
	} {
		if a := step.who.Post(t, step.path, step.form); a.Status != step.want {
			t.Errorf("%s %v: %d, want %d", step.path, step.form, a.Status, step.want)
		}
	}
	says("", false)
	says("snoozed", true)
	deed := func(what string, form url.Values) {
		t.Helper()
		if a := ingrid.Post(t, at+"/"+row[1]+"/"+what, form); a.Status != 303 {
			t.Errorf("%s: %d %.300s", what, a.Status, a.Body)
		}
	}
	deed("reopen", url.Values{"view": {"snoozed"}})
	says("", true)
	deed("mute", url.Values{"on": {"1"}})
	if body := says("done", true); !strings.Contains(body, "only what is urgent") {
		t.Error("it is not said what is ended")
	}
	deed("mute", url.Values{"view": {"done"}})
	deed("reopen", url.Values{"view": {"done"}})
	deed("done", nil)
	says("", false)

	const mail = "/c/aurelia/profile/mail"
	if a := ingrid.Post(t, mail, url.Values{"mail": {"daily"}, "quiet_from": {"late"}, "quiet_to": {"07:00"}}); a.Status != 422 || !strings.Contains(a.Body, "Write a time of day") {
		t.Errorf("%d", a.Status)
	}
	if a := ingrid.Post(t, mail, url.Values{"mail": {"daily"}, "quiet_from": {"22:00"}, "quiet_to": {"07:00"}, "inbox": {"order", "chat"}, "mail_of": {"chat"}}); a.Status != 303 {
		t.Errorf("%d", a.Status)
	}
	profile := ingrid.Get(t, "/c/aurelia/profile").Body
	for want, n := range map[string]int{`value="22:00"`: 1, `value="daily" selected`: 1, `name="inbox" value="order" aria-label="Inbox: Orders" checked`: 1, `name="mail_of" value="order" aria-label="Mail: Orders" checked`: 0, `name="mail_of" value="chat" aria-label="Mail: Being named in a room" checked`: 1} {
		if strings.Count(profile, want) != n {
			t.Errorf("the profile does not say %d times %s", n, want)
		}
	}
}

// freeRoomByForms: a room about nothing is made with a partner, told where the two keep
// for different times, seen by who was chosen and by no competitor.
func freeRoomByForms(t *testing.T, p *portaltest.Portal, maya, ingrid, kaarel *portaltest.Client) {
	t.Helper()
	dan := p.As(t, portaltest.Dan)
	form := maya.Get(t, "/c/kestrel/rooms/new").Body
	aurelia := regexp.MustCompile(`<option value="([0-9a-v]{26})"[^>]*>Aurelia Tools`).FindStringSubmatch(form)
	person := regexp.MustCompile(`name="people" value="([0-9a-v]{26})"`).FindStringSubmatch(form)
	if aurelia == nil || person == nil || strings.Contains(form, "Baltic") || !strings.Contains(maya.Get(t, "/c/kestrel/rooms").Body, `href="/c/kestrel/rooms/new"`) {
		t.Fatalf("the form: %.2000s", form)
	}
	values := url.Values{"title": {"Fair in Leeds"}, "partner": {aurelia[1]}, "people": {person[1]}, "key": {"free-room-key"}}
	if a := maya.Post(t, "/c/kestrel/rooms", values); a.Status != 422 || !strings.Contains(a.Body, "yours 30000 days, theirs 0") || !strings.Contains(a.Body, `name="agreed"`) || !strings.Contains(a.Body, `value="`+person[1]+`" checked`) {
		t.Errorf("%d %.3000s", a.Status, a.Body)
	}
	values.Set("agreed", "1")
	var at string
	for range 2 { // sent twice it is one room
		a := maya.Post(t, "/c/kestrel/rooms", values)
		if a.Status != 303 || at != "" && a.Location != at {
			t.Fatalf("%d %s", a.Status, a.Location)
		}
		at = a.Location
	}
	id := at[strings.LastIndexByte(at, '/')+1:]
	for _, step := range []struct {
		who  *portaltest.Client
		path string
		form url.Values
		want int
	}{
		{kaarel, "/c/baltic/rooms/" + id + "/title", url.Values{"title": {"x"}}, 404},
		{kaarel, "/c/baltic/rooms/" + id + "/leave", url.Values{}, 404},
		{kaarel, "/c/baltic/rooms", url.Values{"title": {"x"}, "partner": {"none"}}, 422},
		{ingrid, "/c/aurelia/rooms/" + id + "/archive", url.Values{"on": {"1"}}, 403},
		{ingrid, "/c/aurelia/rooms/" + id + "/title", url.Values{"title": {"Fair at Leeds"}}, 303},
		{maya, at + "/title", url.Values{"title": {""}}, 422},
		{maya, at + "/people", url.Values{}, 303}, // herself alone
		{maya, at + "/archive", url.Values{"on": {"1"}}, 303},
	} {
		if a := step.who.Post(t, step.path, step.form); a.Status != step.want {
			t.Errorf("%s %v: %d, want %d", step.path, step.form, a.Status, step.want)
		}
	}
	for name, c := range map[string]struct {
		who  *portaltest.Client
		path string
		want int
	}{"maya": {maya, at, 200}, "ingrid": {ingrid, "/c/aurelia/rooms/" + id, 200}, "dan": {dan, at, 404}, "kaarel": {kaarel, "/c/baltic/rooms/" + id, 404}} {
		if a := c.who.Get(t, c.path+"?about=1"); a.Status != c.want || c.want == 200 && (!strings.Contains(a.Body, "Fair at Leeds") || !strings.Contains(a.Body, "archived the room") || strings.Contains(a.Body, "⟦")) {
			t.Errorf("%s: %d %.2000s", name, a.Status, a.Body)
		}
		if list := c.who.Get(t, c.path[:strings.LastIndexByte(c.path, '/')]).Body; strings.Contains(list, "Fair at Leeds") != (c.want == 200) {
			t.Errorf("%s: the list", name)
		}
	}
	if a := maya.Post(t, at+"/leave", url.Values{}); a.Status != 303 || maya.Get(t, at).Status != 404 || ingrid.Get(t, "/c/aurelia/rooms/"+id).Status != 200 {
		t.Errorf("leaving: %d", a.Status)
	}
}

// TestMakeOfMessage: a message becomes a lead or an answer of who may make one, with a way
// back; what goes to the forum is read first and names nobody; the other company learns of
// nothing. Beside it: a partner let into a free room, and how calls go.
func TestMakeOfMessage(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	maya, ingrid, kaarel := p.As(t, portaltest.Maya), p.As(t, portaltest.Ingrid), p.As(t, portaltest.Kaarel)
	home := maya.Find(t, "/c/kestrel/partners", `href="(/c/kestrel/partners/[0-9a-v]{26})"`)
	at := maya.Find(t, home, `data-room="[0-9a-v]{26}"[^>]*data-url="(/c/kestrel/rooms/[0-9a-v]{26})"`)
	id := at[strings.LastIndexByte(at, '/')+1:]
	if a := maya.Post(t, at+"/messages", url.Values{"key": {"make"}, "text": {"Ingrid, Harrow needs AUR-D18B for GBP 12.50"}}); a.Status != 303 {
		t.Fatal(a.Status)
	}
	said := regexp.MustCompile(`id="m(\d+)"`).FindAllStringSubmatch(maya.Get(t, at).Body, -1)
	seq := said[len(said)-1][1]
	pane, from := at+"?m="+seq, id+"."+seq
	page := maya.Get(t, maya.Find(t, pane, `href="(`+at+`/messages/`+seq+`/make)"`)).Body
	for want, n := range map[string]int{"/c/kestrel/leads/new?from=" + from: 1, "[…], Harrow needs AUR-D18B for […]": 1, "12.50": 0} {
		if got := strings.Count(page, want); got != n {
			t.Errorf("%q stands %d times on the page of choices", want, got)
		}
	}
	if a := kaarel.Get(t, "/c/baltic/rooms/"+id+"/messages/"+seq+"/make"); a.Status != 404 {
		t.Errorf("a competitor: %d", a.Status)
	}
	if a := kaarel.Get(t, "/c/baltic/leads/new?from="+from); a.Status != 200 || strings.Contains(a.Body, "Harrow needs") {
		t.Errorf("a competitor's form says it: %d", a.Status)
	}
	// a lead
	form := "/c/kestrel/leads/new?from=" + from
	customer := maya.Find(t, form, `name="customer"[\s\S]*?<option value="([0-9a-v]{26})"`)
	if a := maya.Get(t, form); !strings.Contains(a.Body, "Harrow needs AUR-D18B for GBP 12.50") {
		t.Error("the form does not begin with what was said")
	}
	a := maya.Post(t, "/c/kestrel/leads/new", url.Values{"customer": {customer}, "title": {"Drivers"}, "source": {"direct"}, "currency": {"GBP"}, "from": {from}})
	if a.Status != 303 {
		t.Fatalf("%d %.400s", a.Status, a.Body)
	}
	made := a.Header.Get("Location")
	if !strings.Contains(maya.Get(t, pane).Body, `href="`+made+`"`) || !strings.Contains(maya.Get(t, made).Body, `href="`+pane+`"`) {
		t.Error("message and lead do not name each other")
	}
	if strings.Contains(ingrid.Get(t, "/c/aurelia/rooms/"+id+"?m="+seq).Body, "Lead made of this") {
		t.Error("the other company learns of the lead")
	}
	// an answer
	topic := maya.Find(t, at+"/messages/"+seq+"/make", `href="(/c/kestrel/forum/topics/[0-9a-v]{26}\?from=[^"#]+)#reply"`)
	if b := maya.Get(t, topic).Body; !strings.Contains(b, "[…], Harrow needs") || !strings.Contains(b, `name="from" value="`+from+`"`) {
		t.Error("the answer does not begin with what was said")
	}
	bare, _, _ := strings.Cut(topic, "?")
	if a := maya.Post(t, bare+"/reply", url.Values{"body": {"It needs a driver."}, "from": {from}, "preview": {"1"}}); a.Status != 200 || !strings.Contains(a.Body, `name="from" value="`+from+`"`) {
		t.Errorf("the preview forgets the message: %d", a.Status)
	}
	if a := maya.Post(t, bare+"/reply", url.Values{"body": {"It needs a driver."}, "from": {from}, "key": {"made"}}); a.Status != 303 || !strings.Contains(maya.Get(t, pane).Body, "Answer made of this") {
		t.Errorf("the answer: %d", a.Status)
	}

	// a partner is let into a free room later
	a = maya.Post(t, "/c/kestrel/rooms", url.Values{"title": {"Fair"}, "key": {"invite"}})
	free := a.Header.Get("Location")
	partner := maya.Find(t, free+"?about=1", `name="partner"[\s\S]*?<option value="([0-9a-v]{26})"`)
	theirs := "/c/aurelia/rooms/" + free[strings.LastIndexByte(free, '/')+1:]
	if a := maya.Post(t, free+"/invite", url.Values{"partner": {partner}}); a.Status != 422 || !strings.Contains(a.Body, "will read everything") || ingrid.Get(t, theirs).Status != 404 {
		t.Errorf("without a word about what was said: %d", a.Status)
	}
	if a := maya.Post(t, free+"/invite", url.Values{"partner": {partner}, "shown": {"1"}, "agreed": {"1"}}); a.Status != 303 || ingrid.Get(t, theirs).Status != 200 || kaarel.Get(t, strings.Replace(theirs, "aurelia", "baltic", 1)).Status != 404 {
		t.Errorf("let in: %d", a.Status)
	}
	// a bot speaks there, seen as one, until the other company's admin ends it
	a = maya.Post(t, free+"/bots", url.Values{"name": {"Price watch"}})
	token := regexp.MustCompile(`<code class="e-any">(ebot_[a-z2-7]+)</code>`).FindStringSubmatch(a.Body)
	if a.Status != 200 || token == nil || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("a bot: %d %v", a.Status, token)
	}
	if strings.Contains(maya.Get(t, free+"?about=1").Body, token[1]) {
		t.Error("the token is shown again")
	}
	say := func() int {
		return kaarel.Do(t, "POST", "/api/v1/bots/"+token[1]+"/messages", strings.NewReader(`{"text":"cheaper today"}`), "Content-Type", "application/json").Status
	}
	if got := say(); got != 201 {
		t.Errorf("the bot says: %d", got)
	}
	end := ingrid.Find(t, theirs+"?about=1", `action="(`+theirs+`/bots/[0-9a-v]{26}/end)"`)
	if b := ingrid.Get(t, theirs).Body; !strings.Contains(b, "cheaper today") || !regexp.MustCompile(`<b data-name>Price watch</b>[^\n]*data-bot>bot<`).MatchString(b) {
		t.Error("the bot is not seen, or not as one")
	}
	if a := ingrid.Post(t, end, nil); a.Status != 303 || say() != 401 {
		t.Errorf("ended: %d", a.Status)
	}
	if a := ingrid.Get(t, "/c/aurelia/inbox"); !strings.Contains(a.Body, "Maya Osei of Kestrel Supply invited your company to a room") {
		t.Error("the admin of the partner is not told")
	}
}
