package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestStoryMapping: two programs that share nothing compare lists by files that people carry.
// What both have is found exactly, on both sides; the bytes that go between them hold no name,
// no domain and no identity of any account, common or not, and neither does what one side keeps
// of the other; a file that was changed on the way is refused.
func TestStoryMapping(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		type side struct {
			api  *client
			id   string
			done map[int]bool
		}
		here := &side{api: start(t, d, "--demo").token("ingrid@aurelia.example", "mappings:read,mappings:write,customers:read,customers:write"), done: map[int]bool{}}
		there := &side{api: start(t, database{name: "sqlite"}, "--demo").token("maya@kestrel.example", "mappings:read,mappings:write,customers:read,customers:write"), done: map[int]bool{}}
		words := []string{"okapi", "tapir", "kudu"} // both have these
		give := func(x *side, name, web string) {
			x.api.post("/api/v1/customers", fmt.Sprintf(`{"name":%q,"country":"GB","web":%q}`, name, web), 200, nil)
		}
		for i := range 40 {
			give(here, fmt.Sprintf("Ouronly %d", i), fmt.Sprintf("ouronly%d.com", i))
			give(there, fmt.Sprintf("Theironly %d", i), fmt.Sprintf("theironly%d.com", i))
		}
		for _, w := range words {
			give(here, "Here "+w, "www."+w+"-works.com")
			give(there, "There "+w, w+"-works.com")
		}
		type run struct {
			ID, State      string
			Step, Accounts int
			Files          []int
			Overlap        *struct{ From, To int }
		}
		var r run
		here.api.post("/api/v1/mappings", `{"name":"Kestrel Supply","kinds":["domain"],"fields":["name"]}`, 201, &r)
		here.id = r.ID
		var crossed bytes.Buffer
		look := func(x *side) (r run) {
			if x.id != "" {
				x.api.get("/api/v1/mappings/"+x.id, &r)
			}
			return r
		}
		carry := func(from, to *side) {
			for _, part := range look(from).Files {
				if from.done[part] {
					continue
				}
				from.done[part] = true
				file := from.api.do(http.MethodPost, fmt.Sprintf("/api/v1/mappings/%s/files/%d", from.id, part), "application/json", nil)
				if file.status != 200 {
					t.Fatalf("file %d: %d %s", part, file.status, file.body)
				}
				crossed.Write(file.body)
				if part > 1 { // changed on the way
					spoilt := bytes.Clone(file.body)
					spoilt[len(spoilt)/2] ^= 1
					if got := to.api.do(http.MethodPost, "/api/v1/mappings/files", "application/octet-stream", spoilt); got.status == 200 {
						t.Errorf("file %d is taken although it was changed", part)
					}
				}
				got := to.api.do(http.MethodPost, "/api/v1/mappings/files", "application/octet-stream", file.body)
				if got.status != 200 {
					t.Fatalf("bring file %d: %d %s", part, got.status, got.body)
				}
				var r run
				got.json(t, &r)
				to.id = r.ID
			}
		}
		until := func(step int) {
			eventually(t, fmt.Sprintf("step %d", step), func() bool {
				carry(here, there)
				carry(there, here)
				return look(here).Step >= step && look(there).Step >= step
			})
		}
		until(1)
		if a, b := look(here), look(there); a.Accounts != 0 || b.Accounts != 0 || a.Overlap == nil || a.Overlap.From < 5 {
			t.Fatalf("after the first step: %+v %+v", a, b)
		}
		for _, x := range []*side{here, there} {
			if got := x.api.do(http.MethodGet, "/api/v1/mappings/"+x.id+"/accounts", "", nil); got.status != 409 {
				t.Errorf("accounts before the second step: %d", got.status)
			}
		}
		for _, x := range []*side{here, there} {
			x.api.post("/api/v1/mappings/"+x.id+"/consent", `{"step":2}`, 200, nil)
		}
		until(2)
		for _, x := range []*side{here, there} {
			var list struct{ Items []struct{ Name string } }
			x.api.get("/api/v1/mappings/"+x.id+"/accounts?limit=200", &list)
			found := 0
			for _, i := range list.Items {
				for _, w := range words {
					if strings.HasSuffix(i.Name, w) {
						found++
					}
				}
				if strings.Contains(i.Name, "only") {
					t.Errorf("%s is no account of both", i.Name)
				}
			}
			if found != len(words) || look(x).Accounts != len(list.Items) || len(list.Items) != look(here).Accounts {
				t.Errorf("found %d of %d, %d accounts", found, len(words), len(list.Items))
			}
		}
		if crossed.Len() < 2*50*32 {
			t.Fatalf("only %d bytes went between the two", crossed.Len())
		}
		low := bytes.ToLower(crossed.Bytes())
		for _, w := range append(words, "ouronly", "theironly", "-works", ".com", "harrow", "northgate") {
			if bytes.Contains(low, []byte(w)) {
				t.Errorf("%q went between the two", w)
			}
		}
	})
}
