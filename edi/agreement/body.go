package agreement

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"entente/db"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/edi/guide"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/prm/fault"
	"entente/prm/money"
)

// The sides of a partnership, as an agreement names them.
const (
	Supplier = "supplier"
	Reseller = "reseller"
)

// Body is what was agreed. A part that is empty was not agreed: what holds without an
// agreement holds. Numbers of days and hours that are 0 are not agreed either, but
// where they are pointers.
type Body struct {
	Supplier Side `json:"supplier,omitzero"`
	Reseller Side `json:"reseller,omitzero"`
	// X12 is GS08 of what is sent, "005010"; EDIFACT the directory, "D:96A:UN", with
	// EANCOM's association after it where that was agreed.
	X12     string `json:"x12,omitempty"`
	EDIFACT string `json:"edifact,omitempty"`
	// Sets are the agreed sets and messages, each with who sends it. Empty: any.
	// Acknowledgements need not be agreed.
	Sets []Set `json:"sets,omitempty"`
	// Guides are guides of edi/guide, by which the sets of their kind are judged.
	Guides  []json.RawMessage `json:"guides,omitempty"`
	Writing Writing           `json:"writing,omitzero"`
	// DuplicateDays is how long a control number is remembered.
	DuplicateDays int `json:"duplicate_days,omitempty"`
	// ResponseHours is how soon the supplier answers an order, in working hours of
	// its calendar.
	ResponseHours int `json:"response_hours,omitempty"`
	// Codes turn the reseller's units, codes, item and location numbers ("theirs")
	// into the supplier's ("ours"), and back.
	Codes translate.Profile `json:"codes,omitzero"`
	Price Price             `json:"price,omitzero"`
	Tax   Tax               `json:"tax,omitzero"`
	// CheckLocations holds an order whose ship-to the supplier does not know.
	CheckLocations bool `json:"check_locations,omitempty"`
}

// Side is what one company brings.
type Side struct {
	// X12 and EDIFACT are the identities it uses in this partnership, as they
	// are written: "ZZ:KESTRELSUPPLY", "BALTICTRADE:ZZZ".
	X12     string `json:"x12,omitempty"`
	EDIFACT string `json:"edifact,omitempty"`
	// Groups are the ids that may stand for it in GS02 and GS03, or UNG. Empty: any.
	Groups []string `json:"groups,omitempty"`
	// Transport is a Transports word: "folder" gives what it receives into the one that
	// the operator gave it, "van" goes with Network. Other doors each company chooses.
	Transport string `json:"transport,omitempty"`
	// Network is the VAN by which it is reached and by which it sends, by the name that
	// the other side gave its account there.
	Network string `json:"network,omitempty"`
	// Terms secure the AS2 messages that it sends; nil: the receiver decides alone.
	Terms *courier.Terms `json:"terms,omitempty"`
	// Patience is how many hours it waits for the acknowledgement of what it sends,
	// 0: it does not wait; nil: it decides alone.
	Patience *int `json:"patience_hours,omitempty"`
	// Tries is how often what it sends is tried before a person is asked.
	Tries int `json:"tries,omitempty"`
	// Delegates may send for it.
	Delegates []Delegate `json:"delegates,omitempty"`
	// TaxNumber is its VAT or tax number on the documents of this partnership; empty:
	// the one of its company page.
	TaxNumber string `json:"tax_number,omitempty"`
}

// Delegate is a company, such as a provider or a network, whose channel may speak for
// a side. Org is its code, Name what it is called here.
type Delegate struct {
	Org  string   `json:"org"`
	Name string   `json:"name"`
	Sets []string `json:"sets,omitempty"` // empty: every set
}

// Set is an agreed set or message and who sends it.
type Set struct {
	Kind string `json:"kind"` // "850", "ORDERS"
	From string `json:"from"` // Supplier or Reseller
}

// Writing is how what we write for the two looks. X12 delimiters are one character
// each.
type Writing struct {
	Element    string `json:"element,omitempty"`
	Component  string `json:"component,omitempty"`
	Repetition string `json:"repetition,omitempty"`
	Segment    string `json:"segment,omitempty"`
	// Lines ends every segment with a line end as well.
	Lines bool `json:"lines,omitempty"`
	// Implementation answers groups of 005010 and later by a 999 instead of a 997.
	Implementation bool `json:"implementation,omitempty"`
	// OnlyErrors leaves accepted sets out of acknowledgements.
	OnlyErrors bool `json:"only_errors,omitempty"`
}

// Price says how prices are judged.
type Price struct {
	// PriceTolerance and QuantityTolerance are ratios as decimals: "0.005" is 0.5 %.
	PriceTolerance    string `json:"price_tolerance,omitempty"`
	QuantityTolerance string `json:"quantity_tolerance,omitempty"`
	Date              string `json:"date,omitempty"`       // a PriceDates word
	Basis             string `json:"basis,omitempty"`      // a PriceBases word
	FreeGoods         string `json:"free_goods,omitempty"` // a FreeGoods word
}

// Tax says how the tax of an invoice is judged.
type Tax struct {
	// Rounding is a Roundings word: the tax of a rate is rounded once, so that it is off by
	// nothing, or on every line, by a unit each.
	Rounding string `json:"rounding,omitempty"`
	// Reverse says that the reseller owes the tax: an invoice that charges some is marked.
	Reverse bool `json:"reverse,omitempty"`
}

// The words that a field may hold.
var (
	Transports = []string{"folder", "van"}
	PriceDates = []string{"order", "requested"} // the day of the order; the day on which a line is wanted
	PriceBases = []string{"net", "list"}        // the partner's own prices; those of the standard list
	FreeGoods  = []string{"ordered"}            // a line that says it is free of charge (PO105 NC, QTY 192) is so
	Roundings  = []string{"line", "rate"}
)

// The bounds of a body.
const (
	MaxBody      = 1 << 20 // bytes of JSON
	MaxGuides    = 20
	MaxDelegates = 10
	MaxTries     = 50
	MaxDays      = 365
	MaxResponse  = 400 // working hours
)

var (
	x12Version = regexp.MustCompile(`^00[3-9]0[0-9]0([A-Z0-9]{0,6})$`)
	directory  = regexp.MustCompile(`^[A-Z]:[0-9]{2}[A-Z]:[A-Z]{2}(:[A-Z0-9]{1,6})?$`)
)

// side returns one of the two by its word.
func (b *Body) side(word string) *Side {
	if word == Supplier {
		return &b.Supplier
	}
	return &b.Reseller
}

// guides reads the guides; they were checked before.
func (b *Body) guides() ([]*guide.Guide, error) {
	var out []*guide.Guide
	for i, raw := range b.Guides {
		g, problems, err := guide.Read(bytes.NewReader(raw))
		if err != nil {
			return nil, fault.InvalidField("guide", "agreement.guide_unreadable", "No", i+1, "Cause", err.Error())
		}
		for _, p := range problems {
			if p.Error {
				return nil, fault.InvalidField("guide", "agreement.guide_wrong", "Name", g.Name, "Rule", p.Rule, "Path", p.Path, "Value", p.Value)
			}
		}
		out = append(out, g)
	}
	return out, nil
}

// Check says what is wrong with a body, by the names of its fields; of the addresses only
// Propose knows whose they are. Codes: Invalid.
func (b *Body) Check() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	if b.X12 != "" && (!x12Version.MatchString(b.X12) || schema.DictionaryOf(b.X12[:6], "855") == nil) {
		bad.With("x12", "agreement.version_wrong", "Value", b.X12)
	}
	if b.EDIFACT != "" && (!directory.MatchString(b.EDIFACT) || schema.DictionaryOf(b.EDIFACT[:1]+b.EDIFACT[2:5], "ORDRSP") == nil) {
		bad.With("edifact", "agreement.directory_wrong", "Value", b.EDIFACT)
	}
	seen := map[Set]bool{}
	for _, s := range b.Sets {
		known, fits := gateway.SentBy(s.Kind, s.From == Supplier)
		switch {
		case s.From != Supplier && s.From != Reseller || !known:
			bad.With("sets", "agreement.set_unknown", "Value", s.Kind)
		case !fits:
			bad.With("sets", "agreement.set_side", "Value", s.Kind)
		case seen[s]:
			bad.With("sets", "agreement.set_twice", "Value", s.Kind)
		}
		seen[s] = true
	}
	if len(b.Guides) > MaxGuides {
		bad.With("guide", "agreement.too_many", "Most", MaxGuides)
	} else if _, err := b.guides(); err != nil {
		bad.Fields = append(bad.Fields, fault.As(err).Fields...)
	}
	b.Writing.check(bad)
	within := func(name string, n, most int) {
		if n < 0 || n > most {
			bad.With(name, "agreement.range", "Least", 0, "Most", most)
		}
	}
	within("duplicate_days", b.DuplicateDays, MaxDays)
	within("response_hours", b.ResponseHours, MaxResponse)
	if wrong := (*translate.ProfileError)(nil); errors.As(b.Codes.Check(), &wrong) {
		if wrong.Twice != "" {
			bad.With(wrong.List, "agreement.code_twice", "Value", wrong.Twice)
		} else {
			bad.With(wrong.List, "agreement.code_half", "No", wrong.Entry)
		}
	}
	for name, text := range map[string]string{"price_tolerance": b.Price.PriceTolerance, "quantity_tolerance": b.Price.QuantityTolerance} {
		if _, err := ratio(text); err != nil {
			bad.With(name, "partner.tolerance_wrong")
		}
	}
	oneOf := func(name, word string, words []string) {
		if word != "" && !slices.Contains(words, word) {
			bad.With(name, "agreement.word_unknown", "Value", word)
		}
	}
	oneOf("price_date", b.Price.Date, PriceDates)
	oneOf("price_basis", b.Price.Basis, PriceBases)
	oneOf("free_goods", b.Price.FreeGoods, FreeGoods)
	oneOf("tax_rounding", b.Tax.Rounding, Roundings)
	for _, word := range []string{Supplier, Reseller} {
		s := b.side(word)
		oneOf(word+"_transport", s.Transport, Transports)
		within(word+"_tries", s.Tries, MaxTries)
		if s.Patience != nil {
			within(word+"_patience", *s.Patience, gateway.MaxPatience)
		}
		if s.Terms != nil {
			if err := s.Terms.Check(); err != nil {
				for _, f := range fault.As(err).Fields {
					if f.Name == "transport" { // beside that of the side
						f.Name = "key_transport"
					}
					f.Name = word + "_" + f.Name
					bad.Fields = append(bad.Fields, f)
				}
			}
		}
		for _, g := range s.Groups {
			if n := utf8.RuneCountInString(g); n < 2 || n > 35 {
				bad.With(word+"_groups", "agreement.group_wrong", "Value", g)
			}
		}
		s.checkDelegates(bad, word)
		if n := len(s.TaxNumber); n > 30 || strings.ContainsFunc(s.TaxNumber, func(r rune) bool { return r < ' ' || r > '~' }) {
			bad.With(word+"_tax", "agreement.tax_wrong")
		}
		for name, text := range map[string]string{"x12": s.X12, "edifact": s.EDIFACT, "network": s.Network} {
			if utf8.RuneCountInString(text) > 128 {
				bad.With(word+"_"+name, "form.too_long", "Max", 128)
			}
		}
	}
	if bad.OrNil() != nil {
		slices.SortStableFunc(bad.Fields, func(a, b fault.Field) int { return strings.Compare(a.Name, b.Name) })
	}
	return bad.OrNil()
}

func (s *Side) checkDelegates(bad *fault.Error, word string) {
	if len(s.Delegates) > MaxDelegates {
		bad.With(word+"_delegates", "agreement.too_many", "Most", MaxDelegates)
	}
	for _, d := range s.Delegates {
		if !db.ValidID(d.Org) {
			bad.With(word+"_delegates", "agreement.delegate_wrong", "Value", d.Org)
		}
		if d.Name == "" || utf8.RuneCountInString(d.Name) > 80 {
			bad.With(word+"_delegates", "agreement.delegate_name")
		}
		for _, k := range d.Sets {
			if known, fits := gateway.SentBy(k, word == Supplier); !known || !fits {
				bad.With(word+"_delegates", "agreement.set_side", "Value", k)
			}
		}
	}
}

func (w Writing) check(bad *fault.Error) {
	used := map[string]bool{}
	for _, d := range []struct{ name, value, standard string }{
		{"element", w.Element, "*"}, {"component", w.Component, ">"}, {"repetition", w.Repetition, "^"}, {"segment", w.Segment, "~"},
	} {
		c := d.value
		if c == "" {
			c = d.standard
		}
		if len(c) != 1 || c[0] <= ' ' && c != "\n" || c[0] > '~' || c[0] >= '0' && c[0] <= '9' || c[0] >= 'A' && c[0] <= 'Z' || c[0] >= 'a' && c[0] <= 'z' {
			bad.With("delimiter_"+d.name, "agreement.delimiter_wrong")
		} else if used[c] {
			bad.With("delimiter_"+d.name, "agreement.delimiter_twice")
		}
		used[c] = true
	}
}

// ratio reads a decimal between 0 and 1; nil where nothing was agreed.
func ratio(text string) (*money.Rate, error) {
	if text == "" {
		return nil, nil
	}
	m, err := money.ParseMicro(text)
	if err != nil {
		return nil, err
	}
	r := money.Rate(m)
	if r < 0 || r > money.One {
		return nil, fmt.Errorf("agreement: %s is not between 0 and 1", text)
	}
	return &r, nil
}

// encode writes a body as it is stored and hashed.
func encode(b Body) (string, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "form.invalid")
	}
	if len(text) > MaxBody {
		return "", fault.New(fault.TooLarge, "agreement.too_large", "Most", MaxBody)
	}
	return string(text), nil
}

// hashOf is what a confirmation confirms.
func hashOf(partnership string, number int, validFrom, body string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%d\n%s\n%s", partnership, number, validFrom, body)
	return hex.EncodeToString(h.Sum(nil))
}
