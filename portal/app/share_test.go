package app

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/edi/gateway"
	"entente/edi/mask"
	"entente/edi/schema"
	"entente/edi/share"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// pricedOrder is an order of Kestrel's with the values in it that tell a price.
func pricedOrder(t *testing.T, a *App, who access.Actor) (gateway.Interchange, []string) {
	t.Helper()
	list, err := a.gateway.List(t.Context(), who, gateway.Filter{Type: "850", Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list.Items {
		if i.Syntax != gateway.SyntaxX12 || i.Result != gateway.ResultRejected {
			continue
		}
		raw, _, err := a.gateway.Raw(t.Context(), who, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		var prices []string
		_ = schema.Explain(raw, schema.Options{}, func(_ *schema.Interchange, _ *schema.Group, e schema.Explained) error {
			for _, s := range e.Segments {
				for _, el := range s.Elements {
					if mask.PriceX12(el.Ref) && len(el.Value) > 3 {
						prices = append(prices, el.Value)
					}
				}
			}
			return nil
		})
		if len(prices) > 1 {
			return i, prices
		}
	}
	t.Fatal("the demo data hold no refused order with prices")
	return gateway.Interchange{}, nil
}

// shareOfKestrel makes a link of Kestrel's.
func shareOfKestrel(t *testing.T, a *App) string {
	t.Helper()
	maya := demoPerson(t, a, "maya@kestrel.example", access.Admin)
	i, _ := pricedOrder(t, a, maya)
	_, token, err := a.shares.Make(t.Context(), maya, share.Cmd{Interchange: i.ID, Note: "Harrow Fabrication"})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestShareLink: whoever has the address sees the document without what it costs, and
// nothing else; a link that ended is one that never was.
func TestShareLink(t *testing.T) {
	t.Parallel()
	a := demoApp(t)
	ctx := t.Context()
	maya := demoPerson(t, a, "maya@kestrel.example", access.EDI)
	order, prices := pricedOrder(t, a, maya)
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar}
	home, err := url.Parse(a.addrs.http)
	if err != nil {
		t.Fatal(err)
	}
	get := func(path, language string) (int, string, http.Header) {
		req, err := http.NewRequestWithContext(ctx, "GET", a.addrs.http+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Language", language)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != 429 && (res.Header.Get("Referrer-Policy") != "no-referrer" || res.Header.Get("Cache-Control") != "no-store") {
			t.Errorf("%s: %v", path, res.Header)
		}
		if res.Header.Get("Set-Cookie") != "" || !strings.Contains(res.Header.Get("X-Robots-Tag"), "noindex") {
			t.Errorf("%s: %v", path, res.Header)
		}
		return res.StatusCode, string(raw), res.Header
	}

	link, token, err := a.shares.Make(ctx, maya, share.Cmd{Interchange: order.ID, Note: "The carrier"})
	if err != nil || !link.Expires.Equal(link.Made.AddDate(0, 0, share.DefaultDays)) {
		t.Fatal(link, err)
	}
	var kept []map[string]any
	if err := a.db.View(ctx, func(ctx context.Context) error { return db.Tx(ctx).Table("edi_share").Find(&kept).Error }); err != nil || len(kept) != 1 {
		t.Fatal(kept, err)
	}
	for k, v := range kept[0] {
		if s, ok := v.(string); ok && strings.Contains(s, token) {
			t.Errorf("%s holds the token", k)
		}
	}
	at := "/shared/" + token
	pages := map[string]string{}
	for _, path := range []string{at, at + "?view=tree&at=5.2", at + "?view=form", at + "?in=zh-CN", at + "/file"} {
		code, body, head := get(path, "en")
		if code != 200 || !strings.Contains(body, order.Reference) || !strings.Contains(body, mask.Word) {
			t.Errorf("%s: %d %.300s", path, code, body)
		}
		pages[path] = body
		for _, secret := range append(prices, "Baltic", "华东", "Maya Osei", "The carrier", "/c/", "/orders/", order.ID, "<script") {
			if strings.Contains(body, secret) {
				t.Errorf("%s holds %q", path, secret)
			}
		}
		if csp := head.Get("Content-Security-Policy"); strings.Contains(csp, "script") || !strings.HasPrefix(csp, "default-src 'none'") {
			t.Errorf("%s: %s", path, csp)
		}
	}
	if u := jar.Cookies(home); len(u) != 0 {
		t.Errorf("cookies: %v", u)
	}
	if !strings.Contains(pages[at+"?in=zh-CN"], `lang="zh-CN"`) || !strings.Contains(pages[at+"/file"], "*"+mask.Word+"*") || !strings.HasPrefix(pages[at+"/file"], "ISA*") {
		t.Errorf("%.300s", pages[at+"/file"])
	}

	links, err := a.shares.List(ctx, maya, order.ID)
	if err != nil || len(links) != 1 || links[0].Opened != 4 || links[0].Note != "The carrier" || links[0].MadeBy != maya.Person {
		t.Errorf("%+v %v", links, err)
	}
	ingrid := demoPerson(t, a, "ingrid@aurelia.example", access.Manager)
	if theirs, err := a.shares.List(ctx, ingrid, order.ID); err != nil || len(theirs) != 0 {
		t.Errorf("the partner sees %+v %v", theirs, err)
	}

	// who may not
	kestrel := func(r access.Role) access.Actor { return demoPerson(t, a, "maya@kestrel.example", r) }
	for name, c := range map[string]struct {
		who  access.Actor
		code fault.Code
	}{"buyer": {kestrel(access.Buyer), fault.Forbidden}, "sales": {kestrel(access.Sales), fault.Forbidden}, "viewer": {kestrel(access.Viewer), fault.Forbidden}, "stranger": {stranger(t, a), fault.NotFound}, "nobody": {access.Actor{}, fault.Unauthenticated},
		"a token that writes EDI": {access.Actor{Person: maya.Person, Org: maya.Org, Roles: maya.Roles, Scopes: []string{"edi:read", "edi:write"}, Via: "token:x"}, fault.Forbidden}} {
		_, _, made := a.shares.Make(ctx, c.who, share.Cmd{Interchange: order.ID})
		_, listed := a.shares.List(ctx, c.who, order.ID)
		if fault.CodeOf(made) != c.code || fault.CodeOf(listed) != c.code {
			t.Errorf("%s: %v, %v", name, made, listed)
		}
		if err := a.shares.Revoke(ctx, c.who, link.ID); err == nil {
			t.Errorf("%s took a link back", name)
		}
	}
	if err := a.shares.Revoke(ctx, ingrid, link.ID); !fault.IsNotFound(err) {
		t.Errorf("the partner took a link back: %v", err)
	}
	for _, bad := range []share.Cmd{{Interchange: order.ID, Days: share.MaxDays + 1}, {Interchange: order.ID, Days: -1}, {Interchange: order.ID, Position: 2}, {Interchange: order.ID, Position: -1}, {Interchange: order.ID, Note: strings.Repeat("x", 121)}} {
		if _, _, err := a.shares.Make(ctx, maya, bad); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}

	// ended, taken back, never: the same
	_, never, _ := get("/shared/ABCDEFGHIJKLMNOPQRSTUVWXY2", "en")
	if err := a.shares.Revoke(ctx, maya, link.ID); err != nil {
		t.Fatal(err)
	}
	if err := a.shares.Revoke(ctx, maya, link.ID); err != nil {
		t.Errorf("a second time: %v", err)
	}
	code, revoked, _ := get(at, "en")
	if code != 404 || revoked != never {
		t.Errorf("taken back: %d %s", code, revoked)
	}
	other, token, err := a.shares.Make(ctx, maya, share.Cmd{Interchange: order.ID, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.db.InTx(ctx, func(ctx context.Context) error {
		return db.Tx(ctx).Exec("UPDATE edi_share SET expires = ? WHERE id = ?", db.Micros(a.db.Clock().Add(-time.Second)), other.ID).Error
	}); err != nil {
		t.Fatal(err)
	}
	if code, ended, _ := get("/shared/"+token, "en"); code != 404 || ended != never {
		t.Errorf("ended: %d %s", code, ended)
	}
	if code, file, _ := get("/shared/"+token+"/file", "en"); code != 404 || file != never {
		t.Errorf("the file of one that ended: %d %s", code, file)
	}
	var said []string
	if err := a.db.View(ctx, func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT action FROM audit WHERE subject_id = ? AND action LIKE 'edi.share%' AND outcome = 'done' ORDER BY id", order.ID).Scan(&said).Error
	}); err != nil || strings.Join(said, " ") != "edi.share edi.share.open edi.share.revoke edi.share" {
		t.Errorf("the log says %q, %v", said, err)
	}

	// too many
	made := 2
	for range 100 {
		_, _, err = a.shares.Make(ctx, maya, share.Cmd{Interchange: order.ID})
		if err != nil {
			break
		}
		made++
	}
	if fault.CodeOf(err) != fault.RateLimited || made != 30 {
		t.Errorf("%d links, %v", made, err)
	}
	limited := 0
	for range 80 {
		if code, _, _ := get("/shared/ABCDEFGHIJKLMNOPQRSTUVWXY3", "en"); code == 429 {
			limited++
		}
	}
	if limited == 0 {
		t.Error("whoever guesses is never slowed down")
	}
}

// TestShareOfMisplacedPrice: a price that stands where none belongs is neither in the
// document nor in what is said of it.
func TestShareOfMisplacedPrice(t *testing.T) {
	t.Parallel()
	a := demoApp(t)
	maya := demoPerson(t, a, "maya@kestrel.example", access.Admin)
	const raw = "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261124*0930*^*00501*000731001*0*P*>~GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261124*0930*731001*X*005010~ST*850*0001~BEG*00*SA*731.37**20261124~" +
		"MSG*it costs ~ 731.37 net ~PO1*1*2*731.37*EA*PE*VP*AUR-D18B~PO1*2*7*EA**731.37*VP*AUR-D18B~PID*F****Drill, 731.37 each~CTT*2~SE*8*0001~GE*1*731001~IEA*1*000731001~"
	i, err := a.gateway.Receive(t.Context(), maya, gateway.Submission{Reader: strings.NewReader(raw), Door: "api"})
	if err != nil {
		t.Fatal(err)
	}
	for end, state := time.Now().Add(time.Minute), gateway.Received; state == gateway.Received && time.Now().Before(end); runtime.Gosched() {
		m, err := a.gateway.Get(t.Context(), maya, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		state = m.State
	}
	_, token, err := a.shares.Make(t.Context(), maya, share.Cmd{Interchange: i.ID})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", "?view=tree&at=4.3", "?view=form", "?in=zh-CN", "/file"} {
		res, err := http.Get(a.addrs.http + "/shared/" + token + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != 200 || !strings.Contains(string(body), "AUR-D18B") || strings.Contains(string(body), "731.37") {
			t.Errorf("%s: %d %v %s", path, res.StatusCode, err, body)
		}
	}
}

// TestShareByAPI: a program makes, lists and takes back links, with a scope of their own.
func TestShareByAPI(t *testing.T) {
	t.Parallel()
	a := demoApp(t)
	maya := demoPerson(t, a, "maya@kestrel.example", access.Admin)
	order, _ := pricedOrder(t, a, maya)
	secret, _, err := a.accounts.CreateToken(t.Context(), maya, account.TokenCmd{Name: "shares", Days: 30, Scopes: []string{"edi:read", "shares:write"}})
	if err != nil {
		t.Fatal(err)
	}
	call := func(method, path, body string) (int, map[string]any) {
		req, err := http.NewRequestWithContext(t.Context(), method, a.addrs.http+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+secret)
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var out map[string]any
		_ = json.NewDecoder(res.Body).Decode(&out)
		return res.StatusCode, out
	}
	base := "/api/v1/edi/interchanges/" + order.ID + "/shares"
	code, made := call("POST", base, `{"days":3,"note":"Auditor"}`)
	address, _ := made["url"].(string)
	if code != 201 || !strings.Contains(address, "/shared/") {
		t.Fatal(code, made)
	}
	code, list := call("GET", base, "")
	items, _ := list["items"].([]any)
	if code != 200 || len(items) != 1 || items[0].(map[string]any)["note"] != "Auditor" || items[0].(map[string]any)["url"] != nil {
		t.Errorf("%d %v", code, list)
	}
	path := address[strings.Index(address, "/shared/"):]
	if res, err := http.Get(a.addrs.http + path); err != nil || res.StatusCode != 200 {
		t.Errorf("%v %v", res, err)
	}
	id, _ := made["id"].(string)
	for range 2 {
		if code, out := call("POST", "/api/v1/edi/shares/"+id+"/revoke", ""); code != 204 {
			t.Errorf("%d %v", code, out)
		}
	}
	if res, err := http.Get(a.addrs.http + path); err != nil || res.StatusCode != 404 {
		t.Errorf("%v %v", res, err)
	}
	if code, out := call("POST", base, `{"days":91}`); code != 422 {
		t.Errorf("%d %v", code, out)
	}
	if code, out := call("POST", "/api/v1/edi/interchanges/"+db.NewID()+"/shares", `{}`); code != 404 {
		t.Errorf("%d %v", code, out)
	}
}
