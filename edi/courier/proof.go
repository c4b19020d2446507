package courier

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/edi/as2"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/fault"
)

// Proof is everything kept about one interchange that proves what was sent, received
// and answered, for somebody who has nothing but the file and openssl.
type Proof struct {
	Name string // of the file, without ending

	s        *Service
	actor    access.Actor
	message  gateway.Message
	carried  []Carried
	sender   []certificateRow
	receiver []certificateRow
	audit    []audit.Entry
	made     time.Time
}

// proofTime bounds the writing of a proof. What is opened for it lies in files without names
// beyond smallBody; provers is how many messages are opened at once.
const (
	proofTime = 10 * time.Minute
	provers   = 2
)

// Prove gathers the proof of an interchange. Codes: NotFound.
func (s *Service) Prove(ctx context.Context, actor access.Actor, id string) (*Proof, error) {
	m, err := s.Gateway.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	p := &Proof{Name: "proof-" + m.Control + "-" + m.ID, s: s, actor: actor, message: m, made: s.DB.Clock().UTC()}
	if p.carried, err = s.Messages(ctx, actor, m.Interchange); err != nil {
		return nil, err
	}
	subjects := []string{m.ID}
	for _, c := range p.carried {
		subjects = append(subjects, c.ID)
	}
	err = s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		if p.sender, err = certificatesOf(ctx, true, m.From); err != nil {
			return err
		}
		if p.receiver, err = certificatesOf(ctx, true, m.To); err != nil {
			return err
		}
		p.audit, err = audit.Of(ctx, actor.Org, subjects...)
		return err
	})
	return p, err
}

// Stream gives the archive as it is made. The caller closes it. What fails on the way
// ends the stream with the error; ctx may end before it does.
func (p *Proof) Stream(ctx context.Context, readme string) io.ReadCloser {
	r, w := io.Pipe()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), proofTime)
	go func() {
		defer cancel()
		_ = w.CloseWithError(p.Write(ctx, w, readme))
	}()
	return r
}

// packing is an archive under way with the hashes of what is in it.
type packing struct {
	zip   *zip.Writer
	at    time.Time
	files []proofFile
}

type proofFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// write adds a file whose content fill writes.
func (k *packing) write(name string, fill func(io.Writer) error) error {
	f, err := k.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: k.at})
	if err != nil {
		return err
	}
	h, n := sha256.New(), tally(0)
	err = fill(io.MultiWriter(f, h, &n))
	k.files = append(k.files, proofFile{name, int64(n), hex.EncodeToString(h.Sum(nil))})
	return err
}

// tally counts what is written to it.
type tally int64

// Write implements io.Writer.
func (n *tally) Write(b []byte) (int, error) {
	*n += tally(len(b))
	return len(b), nil
}

func (k *packing) copy(name string, r io.Reader) error {
	return k.write(name, func(w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	})
}

func (k *packing) bytes(name string, b []byte) error { return k.copy(name, bytes.NewReader(b)) }

func (k *packing) json(name string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return k.bytes(name, append(b, '\n'))
}

// Write writes the archive: the interchange, what carried it, the acknowledgements, the
// certificates of both sides, findings, audit lines, and last the manifest with the
// SHA-256 of all.
func (p *Proof) Write(ctx context.Context, w io.Writer, readme string) error {
	k := &packing{zip: zip.NewWriter(w), at: p.made}
	if err := k.bytes("README.txt", []byte(readme)); err != nil {
		return err
	}
	if err := p.raw(ctx, k, "interchange/", p.message.ID); err != nil {
		return err
	}
	for i, a := range p.message.Acknowledgements {
		if err := p.raw(ctx, k, fmt.Sprintf("acknowledgements/%d-", i+1), a.ID); err != nil && !fault.IsNotFound(err) {
			return err
		}
	}
	for i := range p.carried {
		if err := p.station(ctx, k, fmt.Sprintf("as2/%d/", i+1), &p.carried[i]); err != nil {
			return err
		}
	}
	for name, rows := range map[string][]certificateRow{"certificates/sender.pem": p.sender, "certificates/receiver.pem": p.receiver} {
		if len(rows) == 0 {
			continue
		}
		var b bytes.Buffer
		for _, r := range rows {
			if Purpose(r.Purpose) == ForServer { // it proves nothing of a message
				continue
			}
			if err := pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: r.Der}); err != nil {
				return err
			}
		}
		if b.Len() == 0 {
			continue
		}
		if err := k.bytes(name, b.Bytes()); err != nil {
			return err
		}
	}
	if err := k.write("findings.json", func(w io.Writer) error { return p.findings(ctx, w) }); err != nil {
		return err
	}
	if err := k.json("audit.json", p.lines()); err != nil {
		return err
	}
	if err := k.json("manifest.json", p.manifest(k.files)); err != nil {
		return err
	}
	return k.zip.Close()
}

// raw writes the exact bytes of an interchange.
func (p *Proof) raw(ctx context.Context, k *packing, prefix, id string) error {
	body, head, err := p.s.Gateway.Raw(ctx, p.actor, id)
	if err != nil {
		return err
	}
	defer body.Close()
	end := ".x12"
	if head.Syntax == gateway.SyntaxEDIFACT {
		end = ".edi"
	}
	return k.copy(prefix+as2.SafeName(strings.Join(head.Types, "-")+"-"+head.Control+end), body)
}

// station writes one AS2 message with its receipt.
func (p *Proof) station(ctx context.Context, k *packing, dir string, c *Carried) error {
	e, err := p.s.Evidence(ctx, p.actor, c.ID)
	if err != nil {
		return err
	}
	if e.Body != nil {
		defer e.Body.Close()
		head := eml(headerOf(string(e.Headers)))
		if err := k.copy(dir+"request.eml", io.MultiReader(bytes.NewReader(head), e.Body)); err != nil {
			return err
		}
	}
	if len(e.Receipt) > 0 {
		if err := k.bytes(dir+"receipt.eml", append(eml(headerOf(string(e.ReceiptHeaders))), e.Receipt...)); err != nil {
			return err
		}
	}
	if err := p.opened(ctx, k, dir, c, headerOf(string(e.Headers))); err != nil {
		return err
	}
	return k.json(dir+"message.json", map[string]any{
		"id": c.ID, "direction": c.Direction, "as2_from": c.From, "as2_to": c.To, "message_id": c.MessageID, "mic": c.MIC, "security": c.Security, "files": c.FileNames,
		"state": c.State, "disposition": c.Disposition, "receipt_mic": c.ReceiptMIC, "receipt_proved": c.ReceiptOK, "body_sha256": c.BodyHash, "at": c.At, "settled": c.Settled, "tries": len(c.Tries),
	})
}

// opened writes the part that the MIC of the receipt is made of, and the sender's signature
// over it where we received it. Nothing is written that cannot be opened, or whose MIC is
// another: keys end, terms change.
func (p *Proof) opened(ctx context.Context, k *packing, dir string, c *Carried, h as2.Header) error {
	mic, ok := as2.ParseMIC(c.MIC)
	if !ok {
		return nil
	}
	select {
	case p.s.proving <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	// What was opened is in memory or in files then: whoever reads it slowly keeps nobody
	// else from opening theirs.
	free := sync.OnceFunc(func() { <-p.s.proving })
	defer free()
	files := &tempFiles{dir: p.s.Temp}
	defer files.close()
	if c.Direction == In {
		return p.received(ctx, k, dir, c, h, mic, files, free)
	}
	if len(c.FileNames) != 1 {
		return nil
	}
	raw, _, err := p.s.Gateway.Raw(ctx, p.actor, p.message.ID)
	if err != nil {
		return err
	}
	defer raw.Close()
	data, _, err := files.keep(raw, p.message.Size)
	if err != nil {
		return err
	}
	kind := as2.TypeX12
	if p.message.Syntax == gateway.SyntaxEDIFACT {
		kind = as2.TypeEDIFACT
	}
	pay := as2.NewPayload(kind, c.FileNames[0], data)
	whole, err := as2.Part(pay)
	if err != nil {
		return err
	}
	for _, read := range []func() io.Reader{whole.Reader, pay.Reader} {
		if ok, err := mic.OfReader(read()); err != nil || ok {
			if free(); err == nil {
				err = k.copy(dir+"content.mime", read())
			}
			return err
		}
	}
	return nil
}

// received writes what was signed of a message that came, as it was opened again.
func (p *Proof) received(ctx context.Context, k *packing, dir string, c *Carried, h as2.Header, mic as2.MIC, files *tempFiles, free func()) error {
	e, err := p.s.Evidence(ctx, p.actor, c.ID)
	if err != nil || e.Body == nil {
		return err
	}
	defer e.Body.Close()
	body, _, err := files.keep(e.Body, c.Size)
	if err != nil {
		return err
	}
	got, err := as2.OpenBody(h, body, func(from, to string) (as2.Relation, bool) {
		rel, _, ok, err := p.s.known(ctx, from, to)
		return rel, ok && err == nil
	}, as2.Limits{Body: int(p.s.opt.Limit), Spool: files.make})
	if errors.Is(err, as2.ErrFile) {
		return fault.Wrap(err, fault.Unavailable, "courier.internal")
	}
	if err != nil {
		return nil
	}
	if same, err := mic.OfReader(got.Signed.Reader()); err != nil || !same {
		return err
	}
	free()
	if len(got.Detached) > 0 {
		if err := k.bytes(dir+"signature.p7s", got.Detached); err != nil {
			return err
		}
	}
	return k.copy(dir+"content.mime", got.Signed.Reader())
}

// eml is a header as it stands before a body in a file of mail.
func eml(h as2.Header) []byte {
	var b bytes.Buffer
	for _, f := range h {
		b.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

type proofSet struct {
	Position int    `json:"position"`
	Type     string `json:"type"`
	Control  string `json:"control"`
	Number   string `json:"number"`
	Result   string `json:"result"`
	Business string `json:"business"`
	Answered string `json:"answered,omitempty"`
	Findings any    `json:"findings"`
}

// findings writes the verdicts as they were stored, on the interchange and on every set of
// it: a page of sets is in memory at a time, however many there are.
func (p *Proof) findings(ctx context.Context, w io.Writer) error {
	m := p.message
	envelope, err := json.MarshalIndent(m.Findings, "  ", "  ")
	if err != nil {
		return err
	}
	result, err := json.Marshal(m.Result)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "{\n  \"result\": %s,\n  \"envelope\": %s,\n  \"set_count\": %d,\n  \"sets\": [", result, envelope, m.SetCount); err != nil {
		return err
	}
	between := "\n    "
	for after := 0; ; {
		page, err := p.s.Gateway.Sets(ctx, p.actor, m.ID, gateway.SetFilter{After: after})
		if err != nil {
			return err
		}
		for _, s := range page.Items {
			b, err := json.MarshalIndent(proofSet{s.Position, s.Kind, s.Control, s.BusinessKey, s.Result, s.Business, s.Answered, s.Findings}, "    ", "  ")
			if err != nil {
				return err
			}
			if _, err := io.WriteString(w, between); err != nil {
				return err
			}
			if _, err := w.Write(b); err != nil {
				return err
			}
			between = ",\n    "
		}
		if after = page.Next; after == 0 {
			break
		}
	}
	_, err = io.WriteString(w, "\n  ]\n}\n")
	return err
}

type proofLine struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Person  string    `json:"person,omitempty"`
	Via     string    `json:"via"`
	Action  string    `json:"action"`
	Subject string    `json:"subject"`
	Outcome string    `json:"outcome"`
}

// lines are the audit lines of the reader's company: ids, never names.
func (p *Proof) lines() []proofLine {
	out := []proofLine{}
	for _, e := range p.audit {
		via, _, _ := strings.Cut(e.Via, ":") // not which session or token
		out = append(out, proofLine{e.ID, e.At, e.Person, via, e.Action, e.SubjectKind + ":" + e.SubjectID, e.Outcome})
	}
	return out
}

// manifest says what the archive holds.
func (p *Proof) manifest(files []proofFile) any {
	m := p.message
	return struct {
		Made         time.Time   `json:"made"`
		Interchange  string      `json:"interchange"`
		Syntax       string      `json:"syntax"`
		Sender       string      `json:"sender"`
		Receiver     string      `json:"receiver"`
		Control      string      `json:"control"`
		Types        []string    `json:"types"`
		Test         bool        `json:"test"`
		Received     time.Time   `json:"received"`
		Delivery     string      `json:"delivery,omitempty"`
		Acknowledged string      `json:"acknowledged,omitempty"`
		SHA256       string      `json:"sha256"`
		Files        []proofFile `json:"files"`
	}{p.made, m.ID, m.Syntax, m.Sender.Written(m.Syntax), m.Receiver.Written(m.Syntax), m.Control, m.Types, m.Test, m.Received, m.Delivery, m.Acknowledged, m.SHA256, files}
}
