package app

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"entente/edi/as2"
)

// The AS2 names of the demo's companies (CONTRACT 2).
var erpAS2Names = map[string]string{"kestrel": "KESTREL-AS2", "aurelia": "AURELIA-AS2"}

// erpAS2 is a station of the ERP's own: it sends signed and encrypted messages, wants a
// signed receipt, and takes what the portal sends to its own door.
type erpAS2 struct {
	p      *erp
	rel    as2.Relation
	server *http.Server
	before string // where the company took messages before

	certificate string // ours at the portal, by its id

	mu    sync.Mutex
	files map[string][]byte // by the name of an item
	items []erpItem
}

type erpStation struct {
	Company      string
	URL          string
	Certificates []struct {
		ID, PEM string
		Own     bool
	}
}

// dialAS2 makes a key, gives the portal its certificate and opens a door.
func (p *erp) dialAS2(ctx context.Context) (*erpAS2, error) {
	w := &erpAS2{p: p, files: map[string][]byte{}}
	us, them := erpAS2Names[p.company.slug], erpAS2Names[p.company.seller]
	now := time.Now()
	id, err := as2.Generate(us, now.Add(-time.Hour), now.AddDate(0, 0, 7))
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(map[string]string{"certificate": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.Certificate.Raw}))})
	if err != nil {
		return nil, err
	}
	var made struct{ ID string }
	if err := p.call(ctx, p.token, "POST", "/api/v1/edi/station/certificates", text, &made); err != nil {
		return nil, err
	}
	w.certificate = made.ID
	theirs, err := p.partnerCertificate(ctx)
	if err != nil {
		return nil, err
	}
	w.rel = as2.Relation{Agreement: as2.New(us, them), Keys: as2.Keys{Sign: id, Decrypt: []as2.Identity{id}, Encrypt: theirs, Verify: []*x509.Certificate{theirs}}}
	p.say("made a key for %s and gave the portal its certificate; %s is pinned by its own", us, them)
	return w, w.listen(ctx)
}

// partnerCertificate is the supplier's, as the portal shows it to its partner.
func (p *erp) partnerCertificate(ctx context.Context) (*x509.Certificate, error) {
	var partners struct {
		Items []struct{ ID, Company string }
	}
	if err := p.call(ctx, p.token, "GET", "/api/v1/partners", nil, &partners); err != nil {
		return nil, err
	}
	for _, partner := range partners.Items {
		if partner.Company != p.company.seller {
			continue
		}
		var link struct{ Stations []erpStation }
		if err := p.call(ctx, p.token, "GET", "/api/v1/partners/"+partner.ID+"/as2", nil, &link); err != nil {
			return nil, err
		}
		for _, s := range link.Stations {
			for i := len(s.Certificates) - 1; i >= 0 && s.Company == p.company.seller; i-- {
				block, _ := pem.Decode([]byte(s.Certificates[i].PEM))
				if block != nil && s.Certificates[i].Own {
					return x509.ParseCertificate(block.Bytes)
				}
			}
		}
	}
	return nil, errors.New("the supplier has no certificate of an AS2 station in the portal")
}

// listen opens the door and tells the portal where it is.
func (w *erpAS2) listen(ctx context.Context) error {
	var station erpStation
	if err := w.p.call(ctx, w.p.token, "GET", "/api/v1/edi/station", nil, &station); err != nil {
		return err
	}
	w.before = station.URL
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.server = &http.Server{Handler: http.HandlerFunc(w.take), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = w.server.Serve(l) }()
	address := "http://" + l.Addr().String() + "/as2"
	w.p.say("taking messages at %s", address)
	return w.station(ctx, address)
}

func (w *erpAS2) station(ctx context.Context, address string) error {
	body, err := json.Marshal(map[string]string{"url": address})
	if err != nil {
		return err
	}
	return w.p.call(ctx, w.p.token, "PUT", "/api/v1/edi/station", body, nil)
}

// take is the door: what verifies is kept before the receipt says so.
func (w *erpAS2) take(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil {
		return
	}
	got, err := as2.Open(as2.HeaderOf(r.Header), body, func(from, to string) (as2.Relation, bool) {
		return w.rel, from == w.rel.Agreement.Them && to == w.rel.Agreement.Us
	}, as2.Limits{})
	d := as2.Processed
	var failure *as2.Failure
	if errors.As(err, &failure) {
		d = failure.Disposition
	} else {
		w.keep(got)
	}
	mdn, err := got.Answer(as2.MDN{ID: as2.NewID("demo-erp"), Date: time.Now(), Agent: "entente demo erp", Disposition: d})
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	for _, f := range mdn.Header {
		out.Header().Set(f.Name, f.Value)
	}
	_, _ = out.Write(mdn.Body)
}

func (w *erpAS2) keep(got *as2.Received) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, have := w.files[got.MessageID]; have {
		return
	}
	data := bytes.Clone(got.Payloads[0].Data)
	w.files[got.MessageID] = data
	w.items = append(w.items, erpItem{ID: got.MessageID, Type: setTypeOf(data), Control: controlOf(data), Href: got.MessageID})
}

// controlOf is ISA13, which stands at its fixed place.
func controlOf(data []byte) string {
	if len(data) < 99 {
		return ""
	}
	return string(data[90:99])
}

// setTypeOf is ST01 of the first set.
func setTypeOf(data []byte) string {
	_, rest, ok := bytes.Cut(data, []byte("~ST*"))
	if !ok || len(rest) < 3 {
		return ""
	}
	return string(rest[:3])
}

func (w *erpAS2) send(ctx context.Context, raw []byte) (string, error) {
	req, err := as2.Pack(as2.Message{ID: as2.NewID("demo-erp"), Date: time.Now(), Payloads: []as2.Payload{{ContentType: as2.TypeX12, FileName: "erp.x12", Data: raw}}}, w.rel)
	if err != nil {
		return "", err
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, w.p.base+"/as2", bytes.NewReader(req.Body))
	if err != nil {
		return "", err
	}
	for _, f := range req.Header {
		post.Header[f.Name] = append(post.Header[f.Name], f.Value)
	}
	res, err := http.DefaultClient.Do(post)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return "", err
	}
	report, err := as2.ParseMDN(as2.HeaderOf(res.Header), answer, as2.Limits{})
	if err != nil {
		return "", fmt.Errorf("POST /as2: %s: %w", res.Status, err)
	}
	if f := report.Check(req.Sent, w.rel.Keys.Verify, false); f.Verdict != as2.Proven {
		return "", fmt.Errorf("the receipt proves nothing: %s (%s)", f.Verdict, f.Claim)
	}
	w.p.say("signed receipt: %s, MIC %s", report.Disposition, report.RawMIC)
	return req.Sent.MessageID, nil
}

func (w *erpAS2) waiting(context.Context) ([]erpItem, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]erpItem(nil), w.items...), nil
}

func (w *erpAS2) fetch(_ context.Context, it erpItem) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.files[it.ID], nil
}

func (w *erpAS2) done(_ context.Context, it erpItem) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.items {
		if w.items[i].ID == it.ID {
			w.items = append(w.items[:i], w.items[i+1:]...)
			break
		}
	}
	return nil
}

// close puts the company's station back as it was, and takes the key out of use.
func (w *erpAS2) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := w.station(ctx, w.before); err != nil {
		w.p.say("the station's address could not be put back: %v", err)
	}
	if err := w.p.call(ctx, w.p.token, "POST", "/api/v1/edi/station/certificates/"+w.certificate+"/retire", nil, nil); err != nil {
		w.p.say("the certificate could not be retired: %v", err)
	}
	_ = w.server.Close()
}
