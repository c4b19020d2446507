package courier

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/db/secret"
	"entente/edi/as2"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/fault"
)

// Aurelia's station lives here, Kestrel's elsewhere; Baltic is a competitor.
var partnership = db.NewID()

const order850 = "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*00501*000000901*0*P*>~GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261122*0912*901*X*005010~ST*850*0001~BEG*00*SA*PO901**20261120~DTM*002*20261205~N1*ST*Kestrel Supply*92*K1~PO1*1*12*EA*84.00**VP*AUR-D18B~CTT*1~SE*7*0001~GE*1*901~IEA*1*000000901~"

type twoSides struct{}

func (twoSides) Route(_ context.Context, from, to string) (Route, error) {
	if from == "KESTREL-AS2" && to == "AURELIA-AS2" {
		return Route{Sender: kestrel, Receiver: aurelia, Partnership: partnership, Supplier: aurelia, Reseller: kestrel}, nil
	}
	return Route{}, nil
}

func (twoSides) Between(_ context.Context, _, from, _ string) (string, string, bool, error) {
	if from == aurelia {
		return "AURELIA-AS2", "KESTREL-AS2", true, nil
	}
	return "KESTREL-AS2", "AURELIA-AS2", true, nil
}

func (twoSides) Sides(_ context.Context, actor access.Actor, id string) (string, string, error) {
	if id != partnership || actor.Org == baltic {
		return "", "", notFound()
	}
	return aurelia, kestrel, nil
}

func (t twoSides) SidesOf(ctx context.Context, actor access.Actor, ids []string) (map[string]Pair, error) {
	return names{}.SidesOf(ctx, actor, ids)
}

func (twoSides) Own(ctx context.Context, org string) ([]string, error) { return names{}.Own(ctx, org) }

func (twoSides) Resolve(context.Context, string, gateway.Identity, gateway.Identity) (gateway.Resolved, error) {
	return gateway.Resolved{Sender: kestrel, Receiver: aurelia, Active: []gateway.Partnership{{ID: partnership, Supplier: aurelia, Reseller: kestrel}}}, nil
}

func (twoSides) ReceiveOrder(context.Context, gateway.OrderIn) (gateway.OrderOut, error) {
	return gateway.OrderOut{OrderID: db.NewID(), Outcome: gateway.BusinessBooked}, nil
}

type desk struct {
	t    *testing.T
	s    *Service
	g    *gateway.Service
	jobs *job.Jobs
	rel  as2.Relation // as Kestrel sees it
	deaf bool
}

func admin(org string) access.Actor {
	return access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{access.Admin}, Via: "session:secret"}
}

func openDesk(t *testing.T, d *db.DB) *desk {
	t.Helper()
	err := d.InTx(t.Context(), func(ctx context.Context) error {
		for _, id := range []string{aurelia, kestrel, baltic} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, '', '', '', 'GBP', 'UTC', 'en', 'active', 0)", id, id).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.New(d, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.Load(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	k := &desk{t: t, jobs: job.New(d, job.Options{})}
	k.g = gateway.New(gateway.Deps{DB: d, Jobs: k.jobs, Blobs: blobs, Partners: twoSides{}, Orders: twoSides{}}, gateway.Options{})
	k.s = New(Deps{DB: d, Jobs: k.jobs, Blobs: blobs, Secrets: box, Names: twoSides{}, Gateway: k.g, Client: http.DefaultClient}, Options{Tries: 1})
	k.g.Carry(k.s)
	now := time.Now()
	theirs, err := as2.Generate("KESTREL-AS2", now.Add(-time.Hour), now.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	ours, err := k.s.AddFile(t.Context(), admin(aurelia), CertificateFile{Generate: "AURELIA-AS2", Purpose: ForBoth})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.s.AddFile(t.Context(), admin(kestrel), CertificateFile{File: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: theirs.Certificate.Raw}), Purpose: ForBoth}); err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(ours.DER)
	if err != nil {
		t.Fatal(err)
	}
	k.rel = as2.Relation{Agreement: as2.New("KESTREL-AS2", "AURELIA-AS2"), Keys: as2.Keys{Sign: theirs, Decrypt: []as2.Identity{theirs}, Encrypt: cert, Verify: []*x509.Certificate{cert}}}
	server := httptest.NewServer(http.HandlerFunc(k.take))
	t.Cleanup(server.Close)
	if _, err := k.s.SetStation(t.Context(), admin(kestrel), server.URL, nil); err != nil {
		t.Fatal(err)
	}
	return k
}

// take is Kestrel's station.
func (k *desk) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || k.deaf {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	got, err := as2.Open(as2.HeaderOf(r.Header), body, func(string, string) (as2.Relation, bool) { return k.rel, true }, as2.Limits{})
	if err != nil {
		k.t.Error(err)
	}
	mdn, err := got.Answer(as2.MDN{ID: as2.NewID("kestrel"), Date: time.Now(), Agent: "kestrel", Disposition: as2.Processed})
	if err != nil {
		k.t.Error(err)
		return
	}
	for _, f := range mdn.Header {
		w.Header().Set(f.Name, f.Value)
	}
	_, _ = w.Write(mdn.Body)
}

// order posts an order to the door and waits until it is answered.
func (k *desk) order() gateway.Message {
	k.t.Helper()
	req, err := as2.Pack(as2.Message{ID: as2.NewID("kestrel"), Date: time.Now(), Payloads: []as2.Payload{{ContentType: as2.TypeX12, FileName: "order.x12", Data: []byte(order850)}}}, k.rel)
	if err != nil {
		k.t.Fatal(err)
	}
	if reply := k.s.Receive(k.t.Context(), Arrival{Header: req.Header, Body: as2.InMemory(req.Body), Addr: "192.0.2.1"}); reply.Status != 200 {
		k.t.Fatalf("%d %s", reply.Status, reply.Body)
	}
	if err := k.jobs.Idle(k.t.Context()); err != nil {
		k.t.Fatal(err)
	}
	page, err := k.g.List(k.t.Context(), admin(aurelia), gateway.Filter{Direction: "in"})
	if err != nil || len(page.Items) != 1 {
		k.t.Fatal(page, err)
	}
	m, err := k.g.Get(k.t.Context(), admin(aurelia), page.Items[0].ID)
	if err != nil {
		k.t.Fatal(err)
	}
	return m
}

// slots says how many of the slots for opening are held while a proof is written to its
// reader, who may be slow, and how many octets were.
func (k *desk) slots(actor access.Actor, id string) (held, size int) {
	k.t.Helper()
	p, err := k.s.Prove(k.t.Context(), actor, id)
	if err != nil || len(p.carried) == 0 {
		k.t.Fatal(p, err)
	}
	to := &packing{zip: zip.NewWriter(io.Discard)}
	to.zip.RegisterCompressor(zip.Deflate, func(io.Writer) (io.WriteCloser, error) {
		return sees(func(b []byte) { held, size = max(held, len(k.s.proving)), size+len(b) }), nil
	})
	if err := p.station(k.t.Context(), to, "as2/1/", &p.carried[0]); err != nil {
		k.t.Fatal(err)
	}
	if !slices.ContainsFunc(to.files, func(f proofFile) bool { return f.Name == "as2/1/content.mime" }) {
		k.t.Error("nothing was opened")
	}
	return held, size
}

type sees func([]byte)

func (s sees) Write(b []byte) (int, error) { s(b); return len(b), nil }
func (s sees) Close() error                { return nil }

// unpack gives the files of a proof, and its folder.
func (k *desk) unpack(actor access.Actor, id string) (map[string]string, string) {
	k.t.Helper()
	p, err := k.s.Prove(k.t.Context(), actor, id)
	if err != nil {
		k.t.Fatal(err)
	}
	r := p.Stream(k.t.Context(), "read me\n")
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		k.t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		k.t.Fatal(err)
	}
	dir, files := k.t.TempDir(), map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			k.t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			k.t.Fatal(err)
		}
		files[f.Name] = string(text)
		to := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			k.t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o600); err != nil {
			k.t.Fatal(err)
		}
	}
	return files, dir
}

// openssl runs the tool in a folder. Without it nothing can be said: in CI that fails.
func openssl(t *testing.T, dir, line string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is missing: docker/ci/test.sh installs it")
		}
		t.Skip("openssl is not installed")
	}
	cmd := exec.CommandContext(t.Context(), path, strings.Fields(line)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// The commands of the README.
const (
	receiptLine   = "cms -verify -in as2/1/receipt.eml -inform SMIME -noverify -nointern -certfile certificates/receiver.pem -out signed.out"
	signatureLine = "cms -verify -binary -in as2/1/signature.p7s -inform DER -content as2/1/content.mime -noverify -nointern -certfile certificates/sender.pem -out signed.out"
)

// verifies runs a command of the README, and again with a byte of the file changed,
// which must fail. It returns what was signed.
func verifies(t *testing.T, dir, line, file string) string {
	t.Helper()
	if out, err := openssl(t, dir, line); err != nil || !strings.Contains(out, "Verification successful") {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	signed, err := os.ReadFile(filepath.Join(dir, "signed.out"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, filepath.FromSlash(file))
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(raw, []byte("Content-Type: "+map[bool]string{true: "multipart/report", false: "application"}[strings.HasSuffix(file, ".eml")]))
	if at < 0 {
		t.Fatalf("%s does not hold what is signed in it", file)
	}
	raw[at+16] ^= 1
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := openssl(t, dir, line); err == nil {
		t.Errorf("%s verifies with a byte changed: %s", file, out)
	}
	return string(signed)
}

func wholeManifest(t *testing.T, files map[string]string, id string) {
	t.Helper()
	var m struct {
		Interchange string
		Files       []struct{ Name, SHA256 string }
	}
	if err := json.Unmarshal([]byte(files["manifest.json"]), &m); err != nil || m.Interchange != id || len(m.Files) != len(files)-1 {
		t.Fatalf("%v %d of %d files: %s", err, len(m.Files), len(files), files["manifest.json"])
	}
	for _, f := range m.Files {
		if sum := sha256.Sum256([]byte(files[f.Name])); hex.EncodeToString(sum[:]) != f.SHA256 {
			t.Errorf("%s has another hash", f.Name)
		}
	}
}

func TestProofOfWhatCameIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := openDesk(t, d)
		m := k.order()
		who := admin(aurelia)
		files, dir := k.unpack(who, m.ID)
		wholeManifest(t, files, m.ID)
		if files["interchange/850-000000901.x12"] != order850 {
			t.Errorf("the bytes: %q", files["interchange/850-000000901.x12"])
		}
		if a := files["acknowledgements/1-997-000000001.x12"]; !strings.Contains(a, "AK9*A*1*1*1") {
			t.Errorf("the 997: %q", a)
		}
		if !strings.Contains(files["findings.json"], `"accepted"`) || strings.Contains(files["audit.json"], "secret") {
			t.Errorf("%s\n%s", files["findings.json"], files["audit.json"])
		}
		for name, text := range files {
			if strings.Contains(text, "PRIVATE KEY") {
				t.Errorf("%s holds a private key", name)
			}
		}
		if signed := verifies(t, dir, signatureLine, "as2/1/content.mime"); !strings.Contains(signed, order850) {
			t.Errorf("the sender signed %q", signed)
		}
		mdn := verifies(t, dir, receiptLine, "as2/1/receipt.eml")
		sum := sha256.Sum256([]byte(files["as2/1/content.mime"]))
		if mic := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(mdn, mic) || !strings.Contains(files["as2/1/content.mime"], order850) {
			t.Errorf("the receipt is not about %s:\n%s", mic, mdn)
		}
		if _, err := k.s.Prove(t.Context(), admin(baltic), m.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a competitor: %v", err)
		}
		if _, err := k.s.Prove(t.Context(), access.Actor{Person: "x", Org: aurelia, Roles: []access.Role{access.Viewer}, Via: "session:x"}, m.ID); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("a viewer: %v", err)
		}
	})
}

// The proof of an interchange holds the verdict on every set, not on a first page of them.
func TestProofHoldsEverySet(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := openDesk(t, d)
		const sets = gateway.MaxSets + 5
		head, set, _ := strings.Cut(order850, "ST*850*")
		set, _, _ = strings.Cut(set, "GE*1*")
		var b strings.Builder
		b.WriteString(head)
		for i := 1; i <= sets; i++ {
			b.WriteString(strings.NewReplacer("0001~BEG", fmt.Sprintf("%04d~BEG", i), "*7*0001~", fmt.Sprintf("*7*%04d~", i), "PO901", fmt.Sprintf("PO-%d", i)).Replace("ST*850*" + set))
		}
		fmt.Fprintf(&b, "GE*%d*901~IEA*1*000000901~", sets)
		a, err := k.g.Receive(t.Context(), admin(kestrel), gateway.Submission{Reader: strings.NewReader(b.String()), Door: "api"})
		if err != nil {
			t.Fatal(err)
		}
		if err := k.jobs.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
		files, _ := k.unpack(admin(aurelia), a.ID)
		wholeManifest(t, files, a.ID)
		var said struct {
			Result string
			Count  int `json:"set_count"`
			Sets   []struct {
				Position int
				Number   string
				Result   string
			}
		}
		if err := json.Unmarshal([]byte(files["findings.json"]), &said); err != nil || said.Result != "accepted" || said.Count != sets || len(said.Sets) != sets {
			t.Fatalf("%v: %s, %d of %d sets", err, said.Result, len(said.Sets), said.Count)
		}
		for i, s := range said.Sets {
			if s.Position != i+1 || s.Number != fmt.Sprintf("PO-%d", i+1) || s.Result != "accepted" {
				t.Errorf("set %d: %+v", i+1, s)
			}
		}
	})
}

func TestProofOfWhatWentOut(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := openDesk(t, d)
		m := k.order()
		answer := m.Acknowledgements[0]
		if answer.Delivery != gateway.DeliveryDelivered {
			t.Fatalf("delivery %s", answer.Delivery)
		}
		files, dir := k.unpack(admin(kestrel), answer.ID)
		wholeManifest(t, files, answer.ID)
		mdn := verifies(t, dir, receiptLine, "as2/1/receipt.eml")
		sum := sha256.Sum256([]byte(files["as2/1/content.mime"]))
		if mic := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(mdn, mic) {
			t.Errorf("the receipt is not about %s:\n%s", mic, mdn)
		}
		if files["as2/1/request.eml"] == "" || files["as2/1/signature.p7s"] != "" {
			t.Error("what we encrypted for them we cannot open")
		}
		for _, id := range []string{m.ID, answer.ID} {
			if held, size := k.slots(admin(kestrel), id); held > 0 || size == 0 {
				t.Errorf("%d slots are held while %d octets are written", held, size)
			}
		}
	})
}

func TestCarriedAgainOnlyWhereGivenUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := openDesk(t, d)
		k.deaf = true
		m := k.order()
		id := m.Acknowledgements[0].ID
		who := admin(aurelia)
		if got := m.Acknowledgements[0].Delivery; got != gateway.DeliveryFailed {
			t.Fatalf("delivery %s", got)
		}
		k.deaf = false
		if err := k.g.Resend(t.Context(), who, id); err != nil {
			t.Fatal(err)
		}
		if err := k.g.Resend(t.Context(), who, id); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("on its way: %v", err)
		}
		if err := k.jobs.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
		out, err := k.g.Get(t.Context(), who, id)
		if err != nil || out.Delivery != gateway.DeliveryDelivered {
			t.Errorf("%s %v", out.Delivery, err)
		}
		if err := k.g.Resend(t.Context(), who, id); fault.KeyOf(err) != "edi.proved" {
			t.Errorf("delivered: %v", err)
		}
	})
}
