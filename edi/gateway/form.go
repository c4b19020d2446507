package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"entente/db"
	"entente/db/blob"
	"entente/edi/doc"
	"entente/edi/format"
	"entente/edi/markup"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/prm/access"
	"entente/prm/fault"
)

// Forms of ERP systems go the way of interchanges: a file is one interchange between two
// companies, its syntax is the name of the form (format.JSON …), each document is a set
// named as in X12, and the addresses are the short names of the companies. No partner
// acknowledges them: what was found is told in words.

// Counterparts knows with whom companies exchange forms. It is implemented by portal/app.
type Counterparts interface {
	// Working gives the active partnerships of a company: those with the company of a
	// short name, or all, at most two of each side, where the name is empty. A name that
	// belongs to nobody gives none.
	Working(ctx context.Context, org, slug string) ([]Partnership, error)
	// Slugs are the short names of companies by their ids.
	Slugs(ctx context.Context, orgs ...string) (map[string]string, error)
}

// Know lets companies exchange documents in forms; call it before Jobs.Start.
func (s *Service) Know(c Counterparts) { s.counterparts = c }

// IsForm says whether a syntax is a form of ERP systems.
func IsForm(syntax string) bool { return slices.Contains(format.Names(), syntax) }

// Endings are the usual endings of file names, by syntax.
var endings = map[string]string{
	SyntaxX12: ".edi", SyntaxEDIFACT: ".edi", format.JSON: ".json", format.CSV: ".csv", format.XLSX: ".xlsx", format.IDoc: ".idoc", format.IDocXML: ".xml", format.UBL: ".xml",
}

// Ending is the ending of a file of a syntax: ".edi", ".json".
func Ending(syntax string) string {
	if e := endings[syntax]; e != "" {
		return e
	}
	return outEnding
}

// formName is what a submission is, empty for interchanges: what is said of it, else what
// its beginning looks like.
func (in *Submission) formName(head []byte) string {
	switch {
	case !in.Forms:
		return ""
	case in.Form != "":
		return in.Form
	}
	if found, _ := scanBytes(head, wire.Limits{}); len(found) > 0 && found[0].offset == 0 {
		return ""
	}
	return format.Detect(head)
}

// maxForms bounds the documents of a file.
const maxForms = 10_000

// receiver of a form: how a partner was named.
type toward struct {
	slug string
	said bool // by the sender of the file, not in it
}

// named says to whom a file goes, where the door or the name of the file tells it: a file
// "aurelia.orders-1.csv" is for the company aurelia.
func (s *Service) named(ctx context.Context, org string, in *Submission) (toward, error) {
	if in.Partner != "" {
		return toward{strings.ToLower(strings.TrimSpace(in.Partner)), true}, nil
	}
	base := strings.ToLower(path.Base(strings.ReplaceAll(in.Name, `\`, "/")))
	slug, rest, ok := strings.Cut(base, ".")
	if !ok || !strings.Contains(rest, ".") || slug == "" || len(slug) > 60 {
		return toward{}, nil
	}
	list, err := s.counterparts.Working(ctx, org, slug)
	if err != nil || len(list) == 0 {
		return toward{}, err
	}
	return toward{slug, true}, nil
}

// addressees are the names of the other company that stand in a document.
func addressees(it *format.Item) []string {
	out := []string{it.Receiver}
	var h *doc.Header
	switch d := it.Document.(type) {
	case *doc.PurchaseOrder:
		h = &d.Header
	case *doc.OrderAck:
		h = &d.Header
	case *doc.ShipNotice:
		h = &d.Header
	case *doc.Invoice:
		h = &d.Header
	case *doc.OrderChange:
		h = &d.Header
	}
	if h == nil {
		return out
	}
	want := []string{"BY", "BT", "ST"}
	if !sides[it.Type] {
		want = []string{"SU", "SE", "VN"}
	}
	for _, role := range want {
		for _, p := range h.Parties {
			if p.Role == role {
				out = append(out, p.ID)
			}
		}
	}
	return out
}

// partnerOf finds the partnership that a file belongs to: the one that was named, else the
// one that its documents name, else the only one in which the company may send them.
func (s *Service) partnerOf(ctx context.Context, org string, to toward, items []format.Item) (Partnership, error) {
	fits := func(list []Partnership) (out []Partnership) {
		for _, p := range list {
			if !slices.ContainsFunc(items, func(it format.Item) bool {
				supplier, one := sides[it.Type]
				return one && supplier != (p.Supplier == org)
			}) {
				out = append(out, p)
			}
		}
		return out
	}
	if to.said {
		list, err := s.counterparts.Working(ctx, org, to.slug)
		if err != nil {
			return Partnership{}, err
		}
		if len(list) == 0 {
			return Partnership{}, fault.New(fault.Invalid, "edi.receiver_unknown", "Receiver", text(to.slug, 60), "Control", "")
		}
		if some := fits(list); len(some) > 0 {
			list = some
		}
		return list[0], nil
	}
	tried := map[string]bool{"": true}
	var found []Partnership
	for i := range items {
		for _, name := range addressees(&items[i]) {
			slug := strings.ToLower(strings.TrimSpace(name))
			if tried[slug] || len(tried) > 20 || len(slug) > 60 {
				continue
			}
			tried[slug] = true
			list, err := s.counterparts.Working(ctx, org, slug)
			if err != nil {
				return Partnership{}, err
			}
			for _, p := range fits(list) {
				if !slices.Contains(found, p) {
					found = append(found, p)
				}
			}
		}
	}
	if len(found) == 0 {
		list, err := s.counterparts.Working(ctx, org, "")
		if err != nil {
			return Partnership{}, err
		}
		if found = fits(list); len(found) == 0 && len(list) == 1 {
			found = list // what is from the wrong side is said of each document
		}
	}
	if len(found) != 1 {
		return Partnership{}, fault.New(fault.Invalid, "edi.form_partner")
	}
	return found[0], nil
}

// unreadForm says why a file cannot be read at all.
func unreadForm(err error) error {
	var w *wire.Error
	if !errors.As(err, &w) {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	code := fault.Invalid
	if errors.Is(w, wire.ErrTooLarge) {
		code = fault.TooLarge
	}
	return fault.Wrap(err, code, "edi.error."+w.Key, "Value", text(w.Value, wire.MaxValue), "Offset", w.Pos.Offset, "Segment", w.Pos.FileSegment)
}

// readForm reads a file in the way its sender writes.
func readForm(body io.Reader, form string, style Style) ([]format.Item, error) {
	items, err := format.Read(body, form, style.options())
	if err != nil {
		return nil, unreadForm(err)
	}
	if len(items) > maxForms {
		return nil, fault.New(fault.TooLarge, "edi.error.limit.elements")
	}
	for i := range items {
		whole(items[i].Document)
	}
	return items, nil
}

// whole fills what a plain document may leave out: purpose, type, and the short names of
// its item numbers.
func whole(d format.Document) {
	set := func(to *string, v string) {
		if *to == "" {
			*to = v
		}
	}
	switch d := d.(type) {
	case *doc.PurchaseOrder:
		set(&d.Purpose, "00")
		set(&d.Type, "SA")
		for i := range d.Lines {
			d.Lines[i].Identify()
		}
	case *doc.OrderAck:
		set(&d.Purpose, "00")
		set(&d.Type, "AC")
		for i := range d.Lines {
			d.Lines[i].Identify()
		}
	case *doc.ShipNotice:
		set(&d.Purpose, "00")
		d.EachLine(func(_ *doc.ShippedOrder, l *doc.ShipLine) { l.Identify() })
	case *doc.Invoice:
		for i := range d.Lines {
			d.Lines[i].Identify()
		}
	}
}

// inspectForm reads a file before anything is kept and prepares its row: what cannot be
// read at all, or goes to nobody, is refused here; the rest is judged like a set.
func (s *Service) inspectForm(ctx context.Context, actor access.Actor, in *Submission, form string, staged *blob.Staged) ([]interchangeRow, error) {
	if s.counterparts == nil || !IsForm(form) {
		return nil, fault.New(fault.Invalid, "edi.not_edi", "Offset", int64(0))
	}
	if staged.Size > markup.Default.Bytes {
		return nil, fault.New(fault.TooLarge, "edi.error.limit.file")
	}
	to, err := s.named(ctx, actor.Org, in)
	if err != nil {
		return nil, err
	}
	style, p := Style{}, Partnership{}
	if to.said {
		if p, err = s.partnerOf(ctx, actor.Org, to, nil); err != nil {
			return nil, err
		}
		if style, err = s.styleOf(ctx, p.ID, actor.Org); err != nil {
			return nil, err
		}
	}
	items, err := s.itemsIn(staged, form, style)
	if err != nil {
		return nil, err
	}
	if p, err = s.partnerOf(ctx, actor.Org, to, items); err != nil {
		return nil, err
	}
	if !to.said { // its style may say more of the columns
		if style, err = s.styleOf(ctx, p.ID, actor.Org); err != nil {
			return nil, err
		}
		if !style.plain() {
			if items, err = s.itemsIn(staged, form, style); err != nil {
				return nil, err
			}
		}
	}
	names, err := s.counterparts.Slugs(ctx, p.Supplier, p.Reseller)
	if err != nil {
		return nil, err
	}
	other := p.Supplier
	if actor.Org == p.Supplier {
		other = p.Reseller
	}
	if in.Receiver != "" && in.Receiver != other {
		return nil, fault.New(fault.Invalid, "edi.receiver_unknown", "Receiver", names[other], "Control", "")
	}
	e := envelope{
		syntax: form, version: strconv.Itoa(format.Version), sender: Identity{Value: names[actor.Org]}, receiver: Identity{Value: names[other]},
		control: staged.Hash[:12], length: staged.Size, digest: staged.Hash, sets: len(items),
	}
	for i := range items {
		if items[i].Test != items[0].Test {
			return nil, fault.New(fault.Invalid, "edi.form_test")
		}
		e.test = items[i].Test
		if t := items[i].Type; !slices.Contains(e.types, t) {
			e.types = append(e.types, t)
		}
	}
	row := rowOf(&e, actor, Resolved{Sender: actor.Org, Receiver: other}, p, staged.Hash)
	row.Sha256 = staged.Hash
	return []interchangeRow{row}, nil
}

func (s *Service) itemsIn(staged *blob.Staged, form string, style Style) ([]format.Item, error) {
	body, err := staged.Bytes()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return readForm(body, form, style)
}

// softProblems are rules that a document breaks and is taken all the same.
var softProblems = map[string]bool{doc.KeyLineCount: true, doc.KeyTotal: true, doc.KeyQuantity: true, doc.KeyVerdict: true, doc.KeyPlaces: true, doc.KeyPeriod: true}

// maxFormFindings bounds what is told of one document.
const maxFormFindings = 200

// formFindings are what is wrong with a document, and what it has no place for.
func formFindings(it *format.Item) []wire.Finding {
	var out []wire.Finding
	add := func(p doc.Problem, severity wire.Severity) {
		if len(out) < maxFormFindings {
			out = append(out, wire.Finding{
				Level: wire.LevelElement, Severity: severity, Key: "form." + p.Key, Value: text(p.Value, wire.MaxValue), Args: map[string]string{"Path": text(p.Path, 120)},
			})
		}
	}
	for _, p := range it.Problems {
		switch {
		case p.Key == "not_carried":
			add(p, wire.Note)
		case softProblems[p.Key]:
			add(p, wire.AcceptedWithError)
		default:
			add(p, wire.Reject)
		}
	}
	for _, p := range it.Left {
		add(p, wire.Note)
	}
	return out
}

// processForm works through a claimed file of documents.
func (w *worker) processForm(body io.Reader) error {
	style, err := w.s.styleOf(w.ctx, w.row.PartnershipID, w.row.SenderID)
	if err != nil {
		return err
	}
	if w.row.Door == DoorSFTP || w.row.Door == DoorFolder {
		if w.evidence, err = io.ReadAll(io.LimitReader(body, maxEvidence)); err != nil {
			return fault.Wrap(err, fault.Unavailable, "error.unavailable")
		}
		body = io.MultiReader(bytes.NewReader(w.evidence), body)
	}
	items, err := readForm(body, w.row.Syntax, style)
	if err != nil {
		if c := fault.CodeOf(err); c != fault.Invalid && c != fault.TooLarge {
			return err
		}
		// It could be read when it came: the style was changed since. What cannot be
		// read now is refused, with the reason.
		w.extra = append(w.extra, wire.Finding{Level: wire.LevelInterchange, Severity: wire.Reject, Key: findingForm})
		w.doomed = true
		return w.flush(true)
	}
	for i := range items {
		if int64(i) < w.row.SetsDone {
			continue
		}
		if err := w.form(&items[i], i+1); err != nil {
			return err
		}
	}
	return w.flush(true)
}

// form prepares one document.
func (w *worker) form(it *format.Item, position int) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if !w.hold && len(w.steps) >= commitSets {
		if err := w.flush(false); err != nil {
			return err
		}
	}
	findings := formFindings(it)
	supplier := w.fromSupplier()
	switch {
	case !w.sideFits(it.Type):
		findings = []wire.Finding{{Level: wire.LevelSet, Severity: wire.Reject, Key: findingSide, Value: it.Type}}
	case !w.terms.takes(it.Type, supplier) && !w.terms.takes(unKinds[it.Type], supplier):
		findings = []wire.Finding{{Level: wire.LevelSet, Severity: wire.Reject, Key: findingAgreed, Value: it.Type}}
	}
	verdict := wire.VerdictOf(findings)
	st := step{}
	if verdict != wire.Rejected {
		switch d := it.Document.(type) {
		case *doc.PurchaseOrder:
			st.order = d
			w.terms.Codes.In(d)
		default:
			if x, ok := d.(translate.Document); ok && w.booked(it.Type) && w.s.replies != nil {
				if st.reply = x; !supplier {
					w.terms.Codes.In(x)
				}
			}
		}
	}
	control := it.Control
	if control == "" {
		control = strconv.Itoa(position)
	}
	st.set = &setRow{
		InterchangeID: w.row.ID, Position: int64(position), SupplierID: w.row.SupplierID, ResellerID: w.row.ResellerID, GroupNo: 1,
		Kind: word(it.Type), Control: word(control), Size: w.row.Size / max(1, w.row.SetCount), Result: string(verdict), BusinessKey: text(it.Number, 80), Findings: findingsText(findings),
	}
	st.numbers = formNumbers(it.Document)
	w.steps = append(w.steps, st)
	w.enough()
	return nil
}

// formNumbers are the further numbers by which people look for a document.
func formNumbers(d format.Document) []string {
	var out []string
	seen := map[string]bool{"": true}
	add := func(s string) {
		if s = plainSSCC(text(strings.TrimSpace(s), 80)); !seen[s] && len(out) < maxNumbers {
			seen[s] = true
			out = append(out, s)
		}
	}
	var packs func(list []doc.Pack)
	packs = func(list []doc.Pack) {
		for i := range list {
			add(list[i].SSCC)
			packs(list[i].Packs)
		}
	}
	switch d := d.(type) {
	case *doc.Invoice:
		add(d.OrderNumber)
	case *doc.ShipNotice:
		for i := range d.Orders {
			add(d.Orders[i].Number)
			packs(d.Orders[i].Packs)
		}
	}
	return out
}

// tellRefusedForm puts beside the files that could not be read what was found wrong in
// one that came by SFTP or from a folder: nobody acknowledges a form.
func (w *worker) tellRefusedForm(ctx context.Context, t tally) error {
	if !IsForm(w.row.Syntax) || t.rejected == 0 || w.row.Door != DoorSFTP && w.row.Door != DoorFolder {
		return nil
	}
	rows, err := setsOf(ctx, w.row.ID, 0, MaxSets)
	if err != nil {
		return err
	}
	for i := range rows {
		for _, f := range findingsOf(rows[i].Findings) {
			if rows[i].Result != ResultRejected || f.Severity != wire.Reject {
				continue
			}
			name := rows[i].Kind + "-" + w.row.ID + Ending(w.row.Syntax)
			args := plain(map[string]any{"Number": rows[i].BusinessKey, "Refused": t.rejected, "All": t.total})
			for k, v := range f.Data() {
				args[k] = v
			}
			return keepRefusal(ctx, &refusalRow{OrgID: w.row.SenderID, ID: db.NewID(), Name: name, Size: w.row.Size, Data: w.evidence, Reason: "edi.finding." + f.Key, Args: db.Text(args), Made: db.Micros(db.Now(ctx))})
		}
	}
	return nil
}

// formDocument reads one document of a file again.
func (s *Service) formDocument(ctx context.Context, r *interchangeRow, position int) (format.Document, error) {
	whose := r.SenderID
	if r.Origin == OriginMade { // it was written as its receiver reads
		whose = r.ReceiverID
	}
	style, err := s.styleOf(ctx, r.PartnershipID, whose)
	if err != nil {
		return nil, err
	}
	body, err := s.open(ctx, r)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	items, err := readForm(body, r.Syntax, style)
	if err != nil {
		return nil, err
	}
	if position < 1 || position > len(items) {
		return nil, notFound()
	}
	return items[position-1].Document, nil
}
