package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/edi/ack"
	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/gateway"
	"entente/edi/guide"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/edi/x12"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/partner"
	"entente/prm/trade"
)

// benchSets is how many sets of a tried file are shown in words.
const benchSets = 20

// benchShow is the test bench of a partnership.
// With from it begins with the text of an interchange, to be mended.
func benchShow(v *visit) error {
	id := v.Query("from")
	if id == "" {
		return v.benchPage(200, view.Form{}, nil)
	}
	body, i, err := v.w.d.Gateway.Raw(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	defer body.Close()
	if i.Size > maxMend || i.Partnership != v.Params("id") {
		return fault.New(fault.NotFound, "error.not_found")
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return v.benchPage(200, view.Form{Values: map[string]string{"edi": string(raw)}}, raw)
}

// maxMend is the largest interchange, in bytes, that is mended in a text field.
const maxMend = 64 << 10

func (v *visit) benchPage(status int, form view.Form, raw []byte) error {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	page := &view.BenchPage{Base: v.shell(), Connection: v.connection(l, "bench"), Samples: v.samples(l), Form: form}
	gate, err := v.w.d.Gateway.Gate(v.ctx, v.actor(), l.p.ID)
	if err != nil {
		return err
	}
	tests, err := v.w.d.Gateway.Rehearsal(v.ctx, v.actor(), l.p.ID)
	if err != nil {
		return err
	}
	if page.Gate = slices.ContainsFunc(gate.Stages, gateway.Stage.Tested); page.Gate || tests.Order != "" {
		page.Scenario, page.Standard = v.ticks(l, tests), map[string]string{gateway.SyntaxX12: "X12", gateway.SyntaxEDIFACT: "EDIFACT", "": "X12"}[tests.Standard]
	} else if page.Scenario, page.Standard, err = v.scenario(l); err != nil {
		return err
	}
	page.CanSend = tests.Order != "" && l.own == l.p.Supplier && v.may(access.LinkManage, l.p.Resource()) && v.may(access.EDISend, access.Own(l.own))
	page.Done = doneOf(page.Scenario)
	if raw != nil {
		result, err := v.tried(l, raw)
		if err != nil {
			errs, note, ok := v.formErrors(err)
			if !ok {
				return err
			}
			status = 422
			page.Form.Errors, page.Form.Note = errs, note
		}
		page.Result = result
		page.CanPost = result != nil && len(result.Envelope) == 0 && form.Value("edi") != "" && v.may(access.EDISend, access.Own(v.org())) && v.onlyTest(raw) == nil
	}
	return v.renderAs(status, page, nil)
}

// benchTry reads pasted or uploaded EDI and shows what would be answered. Nothing of it
// is kept, and nothing is booked.
func benchTry(v *visit) error {
	in := v.input()
	raw := v.file("file")
	if len(raw) == 0 {
		raw = []byte(strings.TrimLeft(in.values["edi"], " \r\n\t"))
	} else {
		in.values["edi"] = ""
	}
	if len(raw) == 0 {
		raw = nil
		in.wrong.With("edi", "bench.nothing")
		errs, note, _ := v.formErrors(in.err())
		return v.benchPage(422, in.form(errs, note), nil)
	}
	return v.benchPage(200, in.form(nil, view.Text{}), raw)
}

// tried judges a file like the gateway does and writes its answer.
// Codes: Invalid (not EDI, unreadable).
func (v *visit) tried(l link, raw []byte) (*view.BenchResult, error) {
	if !gateway.LooksLikeEDI(raw) {
		return nil, fault.InvalidField("edi", "edi.not_edi")
	}
	answer, report, err := ack.AnswerWith(bytes.NewReader(raw), guide.WithAssociations(schema.Options{}), ack.Style{}, unbookable, v.now)
	var broken *wire.Error
	switch {
	case errors.As(err, &broken) && len(report.Interchanges) == 0:
		return nil, fault.InvalidField("edi", "edi.error."+broken.Key, "Value", clean([]byte(broken.Value)), "Offset", broken.Pos.Offset, "Segment", broken.Pos.FileSegment)
	case err != nil && broken == nil:
		return nil, fault.Wrap(err, fault.Internal, "error.internal")
	}
	words := &bench{v: v}
	_ = schema.ReadBytes(raw, guide.WithAssociations(schema.Options{}), words) // what ends reading was found above
	out := &view.BenchResult{Envelope: v.addressed(l, report), Sets: words.sets, More: words.more, Answer: string(answer), Status: view.Status{State: "edi.accepted"}}
	if report.Rejected || broken != nil {
		out.Status.State = "edi.rejected"
	} else if words.remarks {
		out.Status.State = "edi.accepted_with_errors"
	}
	first := report.Interchanges[0]
	found := slices.Clone(first.Findings)
	for _, g := range first.GroupReports {
		found = append(found, g.Findings...)
	}
	kind, position := "", 0
	if words.chosen != nil {
		found, kind, position = append(found, words.chosen.Findings...), words.chosen.Type, words.chosen.Index+1
	}
	out.Findings = v.findings(found, kind)
	syntax := gateway.SyntaxX12
	if first.Syntax == schema.SyntaxEDIFACT {
		syntax = gateway.SyntaxEDIFACT
	}
	if out.Raw, out.Truncated, err = rawOf(bytes.NewReader(raw), syntax, position, found); err != nil {
		return nil, err
	}
	pin(out.Raw, out.Findings, found)
	if len(answer) > 0 {
		out.AnswerAs = "997"
		if first.Syntax == schema.SyntaxEDIFACT {
			out.AnswerAs = "CONTRL"
		}
	}
	return out, nil
}

// addressed says where the senders and receivers of a file are not the two companies,
// in which case the gateway takes nothing of it.
func (v *visit) addressed(l link, report *schema.Report) []view.Text {
	var out []view.Text
	say := func(key, id string) {
		if t := view.T(key, "id", clean([]byte(id))); !slices.ContainsFunc(out, func(o view.Text) bool { return o.In(v.p) == t.In(v.p) }) {
			out = append(out, t)
		}
	}
	for _, i := range report.Interchanges {
		kind, syntax := account.X12, gateway.SyntaxX12
		from, to := gateway.Identity{Qualifier: i.Header.SenderQualifier, Value: strings.TrimRight(i.Header.Sender, " ")}, gateway.Identity{Qualifier: i.Header.ReceiverQualifier, Value: strings.TrimRight(i.Header.Receiver, " ")}
		if i.UNB != nil {
			kind, syntax = account.EDIFACT, gateway.SyntaxEDIFACT
			from, to = gateway.Identity{Qualifier: i.UNB.SenderQualifier, Value: i.UNB.Sender}, gateway.Identity{Qualifier: i.UNB.RecipientQualifier, Value: i.UNB.Recipient}
		}
		sender, receiver := l.holder(kind, from), l.holder(kind, to)
		switch {
		case sender == "":
			say("bench.sender_unknown", from.Written(syntax))
		case receiver == "":
			say("bench.receiver_unknown", to.Written(syntax))
		case sender == receiver:
			say("bench.same_company", from.Written(syntax))
		}
	}
	return out
}

// holder is the company of the link whose confirmed identity it is.
func (l link) holder(kind account.IdentityKind, id gateway.Identity) string {
	for _, s := range []side{l.ours, l.theirs} {
		for _, i := range s.ids {
			if i.Kind == kind && i.Qualifier == id.Qualifier && i.Value == id.Value && !i.Confirmed.IsZero() {
				return s.org
			}
		}
	}
	return ""
}

// bench keeps of every set what a person wants to read, and the set to look at: the
// first refused one, else the first.
type bench struct {
	v       *visit
	sets    []view.BenchSet
	more    int
	remarks bool
	chosen  *schema.Set
}

func (b *bench) Interchange(*schema.Interchange) error    { return nil }
func (b *bench) Group(*schema.Group) error                { return nil }
func (b *bench) GroupEnd(*schema.Group) error             { return nil }
func (b *bench) InterchangeEnd(*schema.Interchange) error { return nil }

// unbookable judges an order beyond its syntax, as booking does.
var unbookable = gateway.Unbookable(trade.Unbookable)

func (b *bench) Set(s *schema.Set) error {
	judged := *s
	s = &judged
	s.Judge(unbookable)
	b.remarks = b.remarks || s.Verdict == wire.AcceptedWithErrors
	if s.Interchange == 0 && (b.chosen == nil || s.Verdict == wire.Rejected && b.chosen.Verdict != wire.Rejected) {
		kept := *s
		kept.Segments, kept.Un = nil, nil
		b.chosen = &kept
	}
	if len(b.sets) == benchSets {
		b.more++
		return nil
	}
	row := view.BenchSet{Type: clean([]byte(s.Type)), Control: clean([]byte(s.Control)), Status: view.Status{State: view.State("edi." + string(s.Verdict))}}
	if d, _ := translate.Read(s); d != nil {
		for _, f := range translate.Summary(d) {
			row.Facts = append(row.Facts, view.KV{Label: view.T("edi.summary." + f.Key), Value: b.v.fact(f)})
		}
	}
	b.sets = append(b.sets, row)
	return nil
}

// scenarioWords say what each document of the chain is.
var scenarioWords = []string{"order", "answered", "response", "shipped", "invoiced", "acknowledged"}

// scenario is the chain of documents that shows a partnership works, each step ticked
// by the interchanges that really went.
func (v *visit) scenario(l link) (steps []view.Step, standard string, err error) {
	buyer, seller := l.buyerAndSeller()
	kinds := []string{"850", "997", "855", "856", "810", "997"}
	switch {
	case !v.lists(access.EDIRead):
		return nil, "", nil
	case buyer.has(account.X12) && seller.has(account.X12):
		standard = "X12"
	case buyer.has(account.EDIFACT) && seller.has(account.EDIFACT):
		standard, kinds = "EDIFACT", []string{"ORDERS", "CONTRL", "ORDRSP", "DESADV", "INVOIC", "CONTRL"}
	default:
		return nil, "", nil
	}
	for i, kind := range kinds {
		from := seller.org
		if i == 0 || i == len(kinds)-1 {
			from = buyer.org
		}
		f := gateway.Filter{Partnership: l.p.ID, Type: kind, Direction: "in", Limit: 1}
		if from == l.own {
			f.Direction = "out"
		}
		if i == 0 {
			f.Result = gateway.ResultAccepted
		}
		list, err := v.w.d.Gateway.List(v.ctx, v.actor(), f)
		if err != nil {
			return nil, "", err
		}
		way := []any{"from", l.n.org(from), "to", l.n.org(l.p.Other(from))}
		s := view.Step{Name: view.T("bench.step", "type", kind, "what", view.T("bench.step."+scenarioWords[i])), Note: view.T("bench.way", way...)}
		if len(list.Items) > 0 {
			last, seen := list.Items[0], "bench.seen_live"
			if last.Test {
				seen = "bench.seen_test"
			}
			s.Done, s.At, s.URL, s.Note = true, last.Received, v.path("edi", last.ID), view.T(seen, append(way, "control", last.Control)...)
		}
		steps = append(steps, s)
	}
	for i := range steps {
		if !steps[i].Done {
			steps[i].Now = true
			break
		}
	}
	return steps, standard, nil
}

// sampleLines is how many products a sample order asks for.
const sampleLines = 3

// sampleKinds are the samples: an order in each standard, one that is taken and one
// with two mistakes that people make.
var sampleKinds = []struct {
	name   string // in the address
	kind   account.IdentityKind
	syntax string
	bad    bool
}{
	{"850", account.X12, gateway.SyntaxX12, false}, {"850-wrong", account.X12, gateway.SyntaxX12, true},
	{"orders", account.EDIFACT, gateway.SyntaxEDIFACT, false}, {"orders-wrong", account.EDIFACT, gateway.SyntaxEDIFACT, true},
}

// buyerAndSeller are the sides of a link that order and deliver.
func (l link) buyerAndSeller() (buyer, seller side) {
	if l.p.Reseller == l.own {
		return l.ours, l.theirs
	}
	return l.theirs, l.ours
}

// samples are those that both companies have addresses for.
func (v *visit) samples(l link) []view.Sample {
	if !v.lists(access.CatalogRead) {
		return nil
	}
	buyer, seller := l.buyerAndSeller()
	var out []view.Sample
	for _, k := range sampleKinds {
		if !buyer.has(k.kind) || !seller.has(k.kind) {
			continue
		}
		s := view.Sample{URL: v.path("edi", "connections", l.p.ID, "bench", k.name), Name: map[bool]string{true: "850", false: "ORDERS"}[k.kind == account.X12], Bad: k.bad, About: view.T("bench.sample.good")}
		if k.bad {
			s.About = view.T("bench.sample.bad")
		}
		out = append(out, s)
	}
	return out
}

// benchSample makes a sample and sends it as a file.
func benchSample(v *visit) error {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	for _, k := range sampleKinds {
		if k.name != v.Params("sample") {
			continue
		}
		buyer, seller := l.buyerAndSeller()
		from, _ := buyer.named(k.kind)
		to, _ := seller.named(k.kind)
		if from.ID == "" || to.ID == "" {
			break
		}
		items, err := v.w.d.Catalog.List(v.ctx, v.actor(), catalog.Filter{Supplier: l.p.Supplier, Limit: sampleLines})
		if err != nil {
			return err
		}
		order := v.sampleOrder(l, items.Items, k.bad)
		raw, err := writeSample(order, k.syntax, from, to, v.now)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		v.Set(fiber.HeaderContentType, gateway.Interchange{Syntax: k.syntax}.MediaType())
		v.Set(fiber.HeaderContentDisposition, `attachment; filename="test-`+k.name+`.edi"`)
		return v.Send(raw)
	}
	return fault.New(fault.NotFound, "error.not_found")
}

// sampleOrder is an order of the first products of the catalogue. The wrong one asks
// for delivery on a day that does not exist, and counts in a unit that does not.
func (v *visit) sampleOrder(l link, items []catalog.Entry, bad bool) *doc.PurchaseOrder {
	wanted := v.now.AddDate(0, 0, 14).Format(time.DateOnly)
	if bad {
		wanted = fmt.Sprintf("%d-11-31", v.now.Year())
	}
	d := &doc.PurchaseOrder{
		Purpose: "00", Type: "SA", Number: "TEST-" + v.now.UTC().Format("060102-1504"), Date: v.now.UTC().Format(time.DateOnly),
		Header: doc.Header{
			Currency: string(l.p.Currency), Dates: []doc.Date{{Qualifier: "002", Date: wanted}},
			Parties: []doc.Party{{Role: "BY", Name: l.n.org(l.p.Reseller), IDQualifier: "92", ID: "TEST-BY"}, {Role: "ST", Name: l.n.org(l.p.Reseller), IDQualifier: "92", ID: "TEST-ST"}},
		},
	}
	for i, e := range items {
		line := doc.Line{Number: fmt.Sprint(i + 1), VendorItem: e.SKU, GTIN: e.GTIN, Quantity: doc.Decimal(fmt.Sprint(12 * (i + 1))), Unit: or(e.Unit, "EA"), Description: e.Name("en")}
		for _, p := range e.Prices {
			if p.Currency == l.p.Currency {
				line.Price = doc.Decimal(p.Price.String())
				break
			}
		}
		if bad && i == 0 {
			line.Unit = "XYZQ"
		}
		d.Lines = append(d.Lines, line)
	}
	return d
}

// writeSample puts an order into an interchange of a standard with the test indicator
// set. Its control number follows the clock.
func writeSample(d *doc.PurchaseOrder, syntax string, from, to partner.Identity, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	control := at.Unix() % 1e9
	if syntax == gateway.SyntaxEDIFACT {
		body, _ := translate.WriteUN(d, edifact.MessageID{Version: "D", Release: "96A", Agency: "UN", Association: "EAN008"})
		h := edifact.Header{Syntax: "UNOC", SyntaxVersion: "3", Sender: from.Value, SenderQualifier: from.Qualifier, Recipient: to.Value, RecipientQualifier: to.Qualifier, Reference: fmt.Sprintf("%09d", control), Test: true}
		err := edifact.WriteInterchange(&b, edifact.Outgoing{Header: h, Bodies: []edifact.Body{body}}, at)
		var unfit *edifact.DataError
		if errors.As(err, &unfit) { // a name beyond Latin-1
			b.Reset()
			h.Syntax, h.SyntaxVersion = "UNOY", "4"
			err = edifact.WriteInterchange(&b, edifact.Outgoing{Header: h, Bodies: []edifact.Body{body}}, at)
		}
		return b.Bytes(), err
	}
	body, _ := translate.WritePurchaseOrder(d, "005010")
	err := x12.WriteInterchange(&b, x12.Outgoing{
		Header: x12.Header{SenderQualifier: from.Qualifier, Sender: from.Value, ReceiverQualifier: to.Qualifier, Receiver: to.Value, Control: fmt.Sprintf("%09d", control), Usage: "T"},
		Group:  x12.Group{FunctionalID: "PO", Sender: from.Value, Receiver: to.Value, Control: fmt.Sprint(control), Agency: "X", Version: "005010"}, Bodies: []x12.Body{body}, EOL: "\n",
	}, at)
	return b.Bytes(), err
}
