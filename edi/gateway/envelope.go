package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"entente/edi/edifact"
	"entente/edi/guide"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/edi/x12"
	"entente/prm/access"
	"entente/prm/fault"
)

// The syntaxes of an interchange.
const (
	SyntaxX12     = "x12"
	SyntaxEDIFACT = "edifact"
)

// envelope is what intake needs to know of an interchange, whatever its standard.
type envelope struct {
	syntax           string
	version          string // GS08 of the first group, else ISA12; "D:96A:UN" of the first message
	sender, receiver Identity
	control          string // ISA13 or 0020
	dated            string
	test             bool
	offset, length   int64
	digest           string
	sets             int
	types            []string
	findings         []wire.Finding
}

// fromSupplier says that the types in it come from a supplier.
func (e *envelope) fromSupplier() bool { return slices.ContainsFunc(e.types, suppliers) }

// scan reads the envelopes of a file, which may hold both standards. There may be thousands:
// only what intake needs of each is held.
func scan(r io.Reader, head []byte, limits wire.Limits) ([]envelope, error) {
	var out []envelope
	rest := wire.Rest{Src: r}
	for un := edifact.Is(head); ; un = !un {
		var err, other error
		if un {
			rest, err = edifact.ScanRest(rest, limits, func(e *edifact.Envelope) { out = append(out, ofEDIFACT(e)) })
			other = edifact.ErrX12
		} else {
			rest, err = x12.ScanRest(rest, limits, func(e *x12.Envelope) { out = append(out, ofX12(e)) })
			other = x12.ErrEDIFACT
		}
		if !errors.Is(err, other) {
			return out, err
		}
	}
}

// scanBytes is scan of bytes in memory, which are not copied where they hold one standard.
func scanBytes(b []byte, limits wire.Limits) (out []envelope, err error) {
	if edifact.Is(b) {
		found, err := edifact.ScanBytes(b, limits)
		if errors.Is(err, edifact.ErrX12) {
			return scan(bytes.NewReader(b), b, limits)
		}
		for i := range found {
			out = append(out, ofEDIFACT(&found[i]))
		}
		return out, err
	}
	found, err := x12.ScanBytes(b, limits)
	if errors.Is(err, x12.ErrEDIFACT) {
		return scan(bytes.NewReader(b), b, limits)
	}
	for i := range found {
		out = append(out, ofX12(&found[i]))
	}
	return out, err
}

func ofX12(e *x12.Envelope) envelope {
	out := envelope{
		syntax: SyntaxX12, version: word(e.Version), sender: Identity{e.SenderQualifier, e.Sender},
		receiver: Identity{e.ReceiverQualifier, e.Receiver}, control: word(e.Control), dated: word(e.Date + e.Time), test: e.Usage != "P",
		offset: e.Offset, length: e.Length, digest: e.Digest, sets: e.SetCount, findings: e.Findings,
	}
	if len(e.Groups) > 0 {
		out.version = word(e.Groups[0].Version)
	}
	for _, g := range e.Groups {
		if t := setTypes[g.FunctionalID]; t != "" && !slices.Contains(out.types, t) {
			out.types = append(out.types, t)
		}
	}
	return out
}

func ofEDIFACT(e *edifact.Envelope) envelope {
	out := envelope{
		syntax: SyntaxEDIFACT, version: word(e.Syntax + ":" + e.SyntaxVersion), sender: Identity{e.SenderQualifier, e.Sender},
		receiver: Identity{e.RecipientQualifier, e.Recipient}, control: word(e.Reference), dated: word(e.Date + e.Time), test: e.Test,
		offset: e.Offset, length: e.Length, digest: e.Digest, sets: e.MessageCount, findings: e.Findings,
	}
	if len(e.Messages) > 0 {
		out.version = word(directoryOf(e.Messages[0]))
	}
	for _, m := range e.Messages {
		if t := word(m.Type); t != "" && !slices.Contains(out.types, t) && len(out.types) < maxKinds {
			out.types = append(out.types, t)
		}
	}
	return out
}

// directoryOf is the directory of a message as an interchange's version: "D:96A:UN"
// or "D:96A:UN:EAN008".
func directoryOf(m edifact.MessageID) string {
	s := m.Version + ":" + m.Release + ":" + m.Agency
	if m.Association != "" {
		s += ":" + m.Association
	}
	return s
}

// setTypes is the set type that a functional group code stands for.
var setTypes = map[string]string{
	"PO": "850", "PR": "855", "IN": "810", "SH": "856", "FA": "997", "PC": "860", "CA": "865", "IB": "846", "RA": "820", "SC": "832",
	"RC": "861", "PT": "867", "AG": "824", "PD": "852", "CF": "844", "SB": "849", "CX": "845", "CD": "812", "RS": "870", "AN": "180",
}

// sides says which side of a partnership sends a document. What is not in it goes
// both ways.
var sides = map[string]bool{ // true: the supplier
	"850": false, "860": false, "820": false, "861": false, "867": false, "852": false, "844": false,
	"855": true, "856": true, "810": true, "865": true, "832": true, "870": true, "849": true, "845": true,
	"ORDERS": false, "ORDCHG": false, "RECADV": false, "REMADV": false, "SLSRPT": false, "RETANN": false,
	"ORDRSP": true, "DESADV": true, "INVOIC": true, "PRICAT": true, "RETINS": true,
}

// SentBy says whether a set or message is one that companies exchange here, and
// whether this side of a partnership may send it. Acknowledgements are not asked about:
// they need no agreement.
func SentBy(kind string, supplier bool) (known, fits bool) {
	one, directed := sides[kind]
	return directed || eitherWay[kind], !directed || one == supplier
}

// Documents lists the sets and messages of SentBy, those that only the supplier, only
// the reseller and either may send.
func Documents() (supplier, reseller, either []string) {
	for kind, one := range sides {
		if one {
			supplier = append(supplier, kind)
		} else {
			reseller = append(reseller, kind)
		}
	}
	for kind := range eitherWay {
		either = append(either, kind)
	}
	slices.Sort(supplier)
	slices.Sort(reseller)
	slices.Sort(either)
	return supplier, reseller, either
}

// eitherWay are the documents that both sides may send.
var eitherWay = map[string]bool{"812": true, "824": true, "846": true, "180": true, "APERAK": true, "INVRPT": true, "COMDIS": true}

func suppliers(kind string) bool { return sides[kind] }

// acknowledges says that a kind is an acknowledgement: never answered, matched to
// what we sent.
func acknowledges(kind string) bool {
	return kind == "997" || kind == "999" || kind == "CONTRL" || kind == "TA1"
}

// MaxSummary is the longest document, in bytes, of which OpenSet.Summary tells what it
// says: a summary takes all of a document into memory, some 60 bytes for each of its own.
const MaxSummary = 1 << 20

// OpenSet is one set of an interchange with its text. Whoever gets one closes it.
type OpenSet struct {
	Interchange Interchange
	Set         Set
	// Place is the number of the set in what Text reads: 1 where it stands there alone
	// with the envelope around it, else its position in the interchange.
	Place int

	s    *Service
	row  *interchangeRow
	body io.ReadCloser
	at   io.ReaderAt
	cuts []span // of the interchange, one after the other
}

// span is a run of bytes.
type span struct{ from, to int64 }

// Close lets go of the file.
func (d *OpenSet) Close() error { return d.body.Close() }

// Text reads the document from its beginning, each time anew. So that the last document of
// a large interchange costs no more than the first, what stands before and after it is left
// out, but for the segments of the envelope.
func (d *OpenSet) Text() io.Reader {
	parts := make([]io.Reader, len(d.cuts))
	for i, c := range d.cuts {
		parts[i] = io.NewSectionReader(d.at, c.from, c.to-c.from)
	}
	return io.MultiReader(parts...)
}

// Summary says in a few facts what the document is about; nothing of one that is no
// business document or cannot be read again. Long says that it is longer than MaxSummary
// and was not read.
func (d *OpenSet) Summary(ctx context.Context) (facts []translate.Fact, long bool, err error) {
	if IsForm(d.row.Syntax) {
		if d.row.Size > MaxSummary {
			return nil, true, nil
		}
		doc, err := d.s.formDocument(ctx, d.row, d.Set.Position)
		if x, ok := doc.(translate.Document); ok && err == nil {
			facts = translate.Summary(x)
		}
		if c := fault.CodeOf(err); c == fault.Invalid || c == fault.NotFound || c == fault.Internal {
			err = nil
		}
		return facts, false, err
	}
	if d.Set.Size > MaxSummary {
		return nil, true, nil
	}
	v := &summarizer{}
	limits := d.s.opt.Limits
	limits.Set = min(limits.Set, 2*MaxSummary) // whatever was stored of its size
	_ = schema.Read(d.Text(), guide.WithAssociations(schema.Options{Limits: limits, SkipSets: d.Place - 1}), v)
	return v.facts, false, nil
}

// summarizer stops after the first set it is shown.
type summarizer struct{ facts []translate.Fact }

func (v *summarizer) Interchange(*schema.Interchange) error    { return nil }
func (v *summarizer) Group(*schema.Group) error                { return nil }
func (v *summarizer) GroupEnd(*schema.Group) error             { return nil }
func (v *summarizer) InterchangeEnd(*schema.Interchange) error { return nil }

func (v *summarizer) Set(set *schema.Set) error {
	if d, _ := translate.Read(set); d != nil {
		v.facts = translate.Summary(d)
	}
	return io.EOF
}

var _ schema.Visitor = (*summarizer)(nil)

// OpenSet opens one set of an interchange (position from 1); with position 0 the first that
// was refused, else the first. Codes: NotFound.
func (s *Service) OpenSet(ctx context.Context, actor access.Actor, id string, position int) (*OpenSet, error) {
	if err := may(actor); err != nil {
		return nil, err
	}
	d := &OpenSet{s: s}
	err := s.db.View(ctx, func(ctx context.Context) error {
		var err error
		if d.row, err = see(ctx, actor, id); err != nil {
			return err
		}
		var set *setRow
		if position == 0 {
			set, err = firstSet(ctx, d.row)
		} else {
			set, err = setAt(ctx, id, position)
		}
		if err != nil {
			return err
		}
		d.Interchange, d.Place = d.row.view(), int(set.Position)
		if d.Set, err = seenSet(ctx, actor, d.row, set); err != nil {
			return err
		}
		d.cuts = []span{{0, d.row.Size}}
		if cuts, err := cutsOf(ctx, d.row, set); err != nil {
			return err
		} else if cuts != nil {
			d.cuts, d.Place = cuts, 1
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if d.body, err = s.open(ctx, d.row); err != nil {
		return nil, err
	}
	at, ok := d.body.(io.ReaderAt)
	if !ok {
		_ = d.body.Close()
		return nil, fault.New(fault.Internal, "error.internal", "Cause", "a payload that cannot be read at an offset")
	}
	d.at = at
	return d, nil
}

// cutsOf are the parts of an interchange to read for one of its sets: what stands before
// the first set, before the first of its group, the set, and what stands after the last.
// Nil where the set cannot be told from its surroundings by what was stored: a form, or
// lines of one width, which are counted from the beginning.
func cutsOf(ctx context.Context, r *interchangeRow, set *setRow) ([]span, error) {
	if State(r.State) != Processed || r.SetCount < 2 || IsForm(r.Syntax) || r.Origin == OriginMade {
		return nil, nil
	}
	if slices.ContainsFunc(findingsOf(r.Findings), func(f wire.Finding) bool { return f.Key == "interchange.wrapped" }) {
		return nil, nil
	}
	around, err := neighboursOf(ctx, set)
	if err != nil {
		return nil, err
	}
	cuts := []span{{0, around.first}}
	if around.group > around.first {
		cuts = append(cuts, span{around.before, around.group})
	}
	cuts = append(cuts, span{set.StartAt, set.StartAt + set.Size}, span{around.last, r.Size})
	end := int64(0)
	for _, c := range cuts { // as they must stand if they were stored of these bytes
		if c.from < end || c.to < c.from || c.to > r.Size {
			return nil, nil
		}
		end = c.to
	}
	if set.Size == 0 || around.first == 0 {
		return nil, nil
	}
	return cuts, nil
}
