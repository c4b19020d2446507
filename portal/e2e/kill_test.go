package e2e

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	mix "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"entente/db/fail"
	"entente/edi/as2"
)

// killRounds is how often the program is killed at each step; 0: a few steps share
// a server. make long sets it.
func killRounds(t *testing.T) int {
	text := os.Getenv("ENTENTE_KILL_ROUNDS")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("ENTENTE_KILL_ROUNDS: %v", err)
	}
	return n
}

// everySteps are those of every run of make test: a way of handing on what happened, the
// other on the other database, and one that each finds hardest.
var everySteps = map[string][]string{
	"sqlite":   {fail.DeliverSingle, fail.ReceiveStored},
	"postgres": {fail.DeliverHandled, fail.ProcessInside},
}

// inTurn is how many of the others a run takes: eight runs in turn take all of them on each
// database, five on one of the two.
const inTurn = 4

// stepsOf are the steps of one run on a database: its turn says which of the others it takes.
func stepsOf(database string, turn uint64) []string {
	steps := slices.Clone(everySteps[database])
	others := slices.DeleteFunc(fail.Points(), func(p string) bool { return slices.Contains(steps, p) })
	turns := uint64(len(others)+inTurn-1) / inTurn
	if database == "postgres" { // half a round ahead
		turn += turns / 2
	}
	for i := range uint64(inTurn) {
		steps = append(steps, others[(turn%turns*inTurn+i)%uint64(len(others))])
	}
	return steps
}

// thisTurn is ENTENTE_KILL_SEED, such as the number of a run of CI. Without it the turns begin
// anywhere and go on from one run on this machine to the next.
func thisTurn(t *testing.T) uint64 {
	if n, err := strconv.ParseUint(os.Getenv("ENTENTE_KILL_SEED"), 10, 64); err == nil {
		return n
	}
	turn := mix.Uint64() >> 40
	dir, err := os.UserCacheDir()
	if err != nil {
		return turn
	}
	path := filepath.Join(dir, "entente", "kill-turn")
	if b, err := os.ReadFile(path); err == nil {
		if last, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64); err == nil {
			turn = last + 1
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
		err = os.WriteFile(path, fmt.Appendln(nil, turn), 0o600)
	}
	if err != nil {
		t.Logf("the next run begins anywhere: %v", err)
	}
	return turn
}

// TestKillTurns: the turns of eight runs take every step on each database, those of five on
// one of them, and every run kills what hands on what happened, both ways.
func TestKillTurns(t *testing.T) {
	t.Parallel()
	for from := range uint64(9) {
		either := map[string]bool{}
		for _, database := range []string{"sqlite", "postgres"} {
			all := map[string]bool{}
			for turn := range uint64(8) {
				steps := stepsOf(database, from+turn)
				if len(steps) != 6 || !slices.Contains(steps, everySteps[database][0]) {
					t.Fatalf("turn %d on %s: %v", from+turn, database, steps)
				}
				for _, p := range steps {
					all[p] = true
					if turn < 5 {
						either[p] = true
					}
				}
			}
			if len(all) != len(fail.Points()) {
				t.Errorf("eight turns from %d on %s take %d of %d steps", from, database, len(all), len(fail.Points()))
			}
		}
		if len(either) != len(fail.Points()) {
			t.Errorf("five turns from %d take %d of %d steps", from, len(either), len(fail.Points()))
		}
	}
}

// mortal builds the program that can be told where to die.
var mortal = sync.OnceValues(func() (string, error) {
	path := binary + "-failpoints"
	build := exec.Command("go", "build", "-tags", "failpoints", "-o", path, "entente")
	build.Dir = "../.."
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out)
	}
	return path, err
})

// TestKillAtEveryStep kills the program at each named step of taking, processing,
// answering, sending and fetching while orders come by HTTP, AS2, SFTP, a folder and a
// partner's own server. After each death it is started again and some of what got no
// answer is sent again. In the end reconcile finds nothing, every order that was
// acknowledged was booked once and answered once, no order was booked twice, and everyone who
// is told of it was told once: its room, its buyer, a webhook and a promotion.
func TestKillAtEveryStep(t *testing.T) {
	t.Parallel()
	bin, err := mortal()
	if err != nil {
		t.Fatal(err)
	}
	rounds := killRounds(t)
	points := fail.Points()
	if only := os.Getenv("ENTENTE_KILL_POINTS"); only != "" {
		points = strings.Split(only, ",")
	}
	turn := uint64(0)
	if rounds == 0 {
		turn = thisTurn(t)
	}
	eachDatabase(t, func(t *testing.T, d database) {
		if rounds == 0 {
			steps := stepsOf(d.name, turn)
			t.Logf("ENTENTE_KILL_SEED=%d: %v", turn, steps)
			k := newKills(t, d, bin)
			for _, p := range steps {
				n := 1
				if p == fail.DeliverSingle { // one delivery of the batch is done, the others are not
					n = 2
				}
				k.round(p, n)
			}
			k.account()
			return
		}
		for _, p := range points {
			t.Run(p, func(t *testing.T) {
				own := d
				if d.url != "" {
					own.url = freshPostgres(t, os.Getenv("ENTENTE_TEST_POSTGRES"))
				}
				k := newKills(t, own, bin)
				for i := range rounds {
					k.round(p, 1+i%3)
				}
				k.account()
			})
		}
	})
}

// kills is a server that dies again and again, and all that was sent to it.
type kills struct {
	t        *testing.T
	s        *server
	plan     string
	folder   string
	kestrel  *client
	aurelia  *client
	buyer    *client // who confirmations are told to
	x        *away
	remote   *foreign
	hook     *hookEnd
	promo    string // a promotion that counts every order
	today    string // when they are ordered, CCYYMMDD
	partner  string
	key      ssh.Signer // of the SFTP login: a password whose check is killed counts as a wrong one
	deaths   int
	awaits   string
	wantsAS2 bool // answers go to the distributor's station

	mu      sync.Mutex
	control int
	sent    []*document
	asked   map[string]bool // orders that were confirmed: true when that was answered
	todo    []string        // booked orders that nobody confirmed
}

// document is one order on its way.
type document struct {
	po       po
	door     string
	again    func() bool // sends it, again the same; true: it was acknowledged
	answered bool
	asked    string // Message-ID, where a receipt is to come on its own
	why      error  // of the last time it was not
}

func newKills(t *testing.T, d database, bin string) *kills {
	k := &kills{t: t, folder: t.TempDir(), control: 100000, asked: map[string]bool{}, remote: openForeign(t)}
	k.plan = filepath.Join(t.TempDir(), "plan")
	if err := os.Mkdir(filepath.Join(k.folder, "kestrel"), 0o700); err != nil {
		t.Fatal(err)
	}
	k.s = &server{t: t, db: d, data: t.TempDir(), bin: bin, env: []string{"ENTENTE_FAIL=" + k.plan}, args: []string{"--demo", "--sftp-addr", "127.0.0.1:0", "--folder", k.folder}}
	k.s.takeDemo()
	k.s.run()
	t.Cleanup(k.s.kill)
	k.kestrel = k.s.token("maya@kestrel.example", buyerScopes+",chat:read,promotions:read,promotions:write")
	k.aurelia = k.s.token("ingrid@aurelia.example", sellerScopes+",promotions:read,promotions:write,webhooks:write")
	k.buyer = k.s.token("dan@kestrel.example", "notices:read")
	k.partner = k.kestrel.partnership("aurelia")
	k.x = newAway(connect(t, k.s, k.kestrel, k.partner))
	k.x.listen()
	k.kestrel.put("/api/v1/partners/"+k.partner+"/as2/terms", `{"sender":"aurelia","version":0,"terms":{"async":true}}`, 200)
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if k.key, err = ssh.NewSignerFromKey(key); err != nil {
		t.Fatal(err)
	}
	public := filepath.Join(t.TempDir(), "id.pub")
	if err := os.WriteFile(public, ssh.MarshalAuthorizedKey(k.key.PublicKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	k.s.command("sftp", "user", "--org", "kestrel", "--name", "kills", "--key", public)
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("right\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k.s.command("sftp", "remote", "--org", "kestrel", "--name", "own", "--server", k.remote.addr, "--login", "entente", "--host-key", k.remote.hostKey,
		"--password-file", secret, "--in", "/from", "--done", "/done", "--out", "/to", "--every", "1s", "--allow-dial", "127.0.0.1")
	k.kestrel.put("/api/v1/edi/station", k.station(k.x.url), 200)
	k.wantsAS2 = true
	k.promote()
	k.hook = listenHook(t)
	k.aurelia.post("/api/v1/webhooks", `{"url":"`+k.hook.url+`","events":["order.received","order.confirmed"]}`, 201, nil)
	k.load()
	eventually(t, "the first orders are booked", func() bool { return k.find() })
	return k
}

// station is where Kestrel takes messages, and receipts in any case.
func (k *kills) station(url string) string {
	return `{"url":"` + url + `","receipt_hosts":["127.0.0.1"]}`
}

// way has answers go to the station, or wait to be fetched and pushed. What lies at the other
// server when the program dies is put there again: it is given the time, for else it went by
// AS2 as well.
func (k *kills) way(as2 bool) {
	k.t.Helper()
	if as2 && !k.wantsAS2 {
		var box struct{ Items []outboxItem }
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-time.After(100 * time.Millisecond) {
			if k.kestrel.get("/api/v1/edi/outbox?limit=1", &box); len(box.Items) == 0 {
				break
			}
		}
	}
	k.wantsAS2 = as2
	url := ""
	if as2 {
		url = k.x.url
	}
	k.kestrel.put("/api/v1/edi/station", k.station(url), 200)
}

// find looks for booked orders that nobody has confirmed yet.
func (k *kills) find() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	known := map[string]bool{}
	for _, o := range k.aurelia.ordersAll("KILLS") {
		if _, asked := k.asked[o.ID]; !asked && o.State == "received" {
			known[o.ID] = true
		}
	}
	k.todo = nil
	for id := range known {
		k.todo = append(k.todo, id)
	}
	return len(k.todo) > 2
}

// round lets everybody send and has the program die at the nth passing of a step.
func (k *kills) round(point string, n int) {
	k.t.Helper()
	k.way(!strings.HasPrefix(point, "fetch.") && !strings.HasPrefix(point, "push."))
	if err := os.WriteFile(k.plan+".new", fmt.Appendf(nil, "%s %d %d\n", point, n, k.deaths), 0o600); err != nil {
		k.t.Fatal(err)
	}
	if err := os.Rename(k.plan+".new", k.plan); err != nil {
		k.t.Fatal(err)
	}
	var work sync.WaitGroup
	began := time.Now()
	work.Go(k.load)
	died := false
	for end := began.Add(60 * time.Second); !died && time.Now().Before(end); {
		died = k.s.died(50 * time.Millisecond)
		k.x.settle()
	}
	if err := os.Remove(k.plan); err != nil {
		k.t.Fatal(err)
	}
	if !died {
		k.t.Fatalf("%s was not reached %d times\n%s", point, n, k.s.logs)
	}
	work.Wait()
	k.deaths++
	k.s.run()
	k.x.settle()
	k.mu.Lock()
	var open []*document
	for _, d := range k.sent {
		if !d.answered {
			open = append(open, d)
		}
	}
	k.mu.Unlock()
	for i, d := range open {
		if i%2 == 0 {
			d.answered = d.again()
			if !d.answered {
				k.t.Errorf("%s by %s is not taken after a restart: %v\n%s", d.po.number, d.door, d.why, k.s.logs)
			}
		}
	}
	k.find()
}

// load is what comes at once in a round: orders through every door, confirmations, and
// somebody who fetches.
func (k *kills) load() {
	doors := map[string]func(*document) func() bool{
		"api": k.byHTTP, "large": k.byHTTP, "as2": k.byAS2, "async": k.byAS2, "sftp": k.bySFTP, "folder": k.byFolder, "remote": k.byRemote,
	}
	var all sync.WaitGroup
	for door, make := range doors {
		for range 3 {
			k.mu.Lock()
			k.control++
			d := &document{door: door, po: po{control: k.control, number: fmt.Sprintf("KILLS-%06d", k.control), ordered: k.today}}
			k.sent = append(k.sent, d)
			k.mu.Unlock()
			all.Go(func() {
				d.again = make(d)
				ok := d.again()
				k.mu.Lock()
				d.answered = ok
				k.mu.Unlock()
			})
		}
	}
	k.mu.Lock()
	confirm := k.todo[:min(len(k.todo), 3)]
	k.todo = k.todo[len(confirm):]
	for _, id := range confirm {
		k.asked[id] = false
	}
	k.mu.Unlock()
	for _, id := range confirm {
		all.Go(func() {
			a, err := k.aurelia.try(k.t.Context(), "POST", "/api/v1/orders/"+id+"/confirm", "application/json", []byte("{}"))
			if err == nil && a.status != 200 {
				k.t.Errorf("confirm: %d %s", a.status, a.body)
			}
			k.mu.Lock()
			k.asked[id] = err == nil
			k.mu.Unlock()
		})
	}
	if !k.wantsAS2 {
		all.Go(k.fetch)
	}
	all.Wait()
}

// fetch takes a few documents off the outbox, until the server is gone.
func (k *kills) fetch() {
	end := time.Now().Add(20 * time.Second)
	for n := 0; n < 6 && time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		a, err := k.kestrel.try(k.t.Context(), "GET", "/api/v1/edi/outbox?limit=1", "", nil)
		var box struct{ Items []outboxItem }
		if err != nil || json.Unmarshal(a.body, &box) != nil {
			return
		}
		for _, it := range box.Items {
			if _, err := k.kestrel.try(k.t.Context(), "POST", "/api/v1/edi/outbox/"+it.ID+"/ack", "", nil); err != nil {
				return
			}
			n++
		}
	}
}

func (k *kills) byHTTP(d *document) func() bool {
	body := d.po.String()
	if d.door == "large" { // beyond what lies in a row
		body += strings.Repeat("\n", 70<<10)
	}
	return func() bool {
		a, err := k.kestrel.try(k.t.Context(), "POST", "/api/v1/edi/interchanges", "application/edi-x12", []byte(body))
		if err == nil && a.status != 202 && a.status != 503 {
			k.t.Errorf("%s: %d %s", d.po.number, a.status, a.body)
		}
		return err == nil && a.status == 202
	}
}

func (k *kills) byAS2(d *document) func() bool {
	from := *k.x.station
	if d.door == "async" {
		from.rel.Agreement.AsyncURL = k.x.url
	}
	r := from.pack(d.po.String())
	if d.door == "async" {
		d.asked = bareID(r.Sent.MessageID)
	}
	return func() bool {
		a, err := k.x.try(r)
		if err != nil || a.status == 503 {
			return false
		}
		if d.door == "async" {
			if len(a.body) != 0 {
				k.t.Errorf("%s: %d %s", d.po.number, a.status, a.body)
			}
			return a.status == 200
		}
		if f := from.verdict(a, r); f.Verdict != as2.Proven {
			k.t.Errorf("%s: %+v %s", d.po.number, f, a.body)
		}
		return true
	}
}

func (k *kills) bySFTP(d *document) func() bool {
	return func() bool {
		a, err := (&client{t: k.t, s: k.s}).try(k.t.Context(), "GET", "/readyz", "", nil)
		var ready struct {
			Addresses struct{ SFTP string }
		}
		if err != nil || json.Unmarshal(a.body, &ready) != nil {
			return false
		}
		c, err := signInBy(k.t, ready.Addresses.SFTP, "kills", ssh.PublicKeys(k.key))
		if err == nil {
			defer c.Close()
			err = putFile(c, "/in", d.po.number+".edi", d.po.String())
		}
		d.why = err
		return err == nil
	}
}

// byFolder and byRemote put a file where it stays until it is taken: that is their yes.
func (k *kills) byFolder(d *document) func() bool {
	return func() bool {
		path := filepath.Join(k.folder, "kestrel", d.po.number+".edi")
		return os.WriteFile(path+".tmp", []byte(d.po.String()), 0o600) == nil && os.Rename(path+".tmp", path) == nil
	}
}

func (k *kills) byRemote(d *document) func() bool {
	return func() bool { return putFile(k.remote.files, "/from", d.po.number+".edi", d.po.String()) == nil }
}
