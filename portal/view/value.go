package view

import (
	"slices"
	"time"

	"entente/portal/locale"
)

// Money is an exact decimal amount and its ISO 4217 currency, as in {"12.50","GBP"}. The zero value shows as "–".
type Money struct{ Amount, Currency string }

// Quantity is an exact decimal and the unit code it counts (EA, BX …). An empty Value shows as "–"; an empty Unit shows the number alone.
type Quantity struct{ Value, Unit string }

// Date is a civil date, 2006-01-02. Empty shows as "–".
type Date string

// Text is something a person reads: a key of portal/locale with its arguments, or text that somebody else wrote (Raw).
// Args are name, value pairs; Money, Quantity, Date, time.Time, time.Duration, State and Text among them are written in the reader's language.
// A key with a plural takes the pair "n", int. The zero Text is nothing.
type Text struct {
	Key  string
	Args []any
	Raw  string
}

// T makes a Text of a key of portal/locale.
func T(key string, args ...any) Text { return Text{Key: key, Args: args} }

// Keyed makes a Text of a key and a map of arguments, as faults carry them.
func Keyed(key string, args map[string]any) Text {
	t := Text{Key: key}
	for name, v := range args {
		t.Args = append(t.Args, name, v)
	}
	return t
}

// Raw makes a Text of words that need no translation: a name, a number, what a partner wrote.
func Raw(words string) Text { return Text{Raw: words} }

// IsZero tells whether there is nothing to read.
func (t Text) IsZero() bool { return t.Key == "" && t.Raw == "" }

// In writes the text with the printer.
func (t Text) In(p *locale.Printer) string {
	if t.Key == "" {
		return t.Raw
	}
	args := make([]any, len(t.Args))
	plural, counted := 0, false
	for i, a := range t.Args {
		if n, ok := a.(int); ok && i > 0 && i%2 == 1 && t.Args[i-1] == "n" {
			plural, counted = n, true
		}
		args[i] = written(p, a)
	}
	spans(p, t.Args, args)
	if counted {
		return p.N(t.Key, plural, args...)
	}
	return p.T(t.Key, args...)
}

// spans writes the year of a time once, where a text has its first and its last day.
func spans(p *locale.Printer, args, out []any) {
	at := func(names ...string) (int, Date) {
		for i := 1; i < len(args); i += 2 {
			if d, ok := args[i].(Date); ok && d != "" && slices.ContainsFunc(names, func(n string) bool { return args[i-1] == n }) {
				return i, d
			}
		}
		return 0, ""
	}
	i, from := at("from", "From")
	j, until := at("until", "to", "Until")
	if i > 0 && j > 0 {
		out[i], out[j] = p.Span(string(from), string(until))
	}
}

func written(p *locale.Printer, a any) any {
	switch v := a.(type) {
	case Money:
		return p.Money(v.Amount, v.Currency)
	case Quantity:
		return p.Quantity(v.Value, v.Unit)
	case Date:
		return p.Date(string(v))
	case time.Time:
		return p.Instant(v)
	case time.Duration:
		return p.Duration(v)
	case Text:
		return v.In(p)
	case State:
		return v.word(p)
	}
	return a
}

// Company is a company as a tile and a name. Slug is empty where no page of it may be opened. Note is the second line in the switcher (may be empty).
type Company struct {
	ID, Slug, Name string
	Note           Text
}

// Person is someone shown by name. Company is the company's name, shown beside people of another company; URL may be empty.
type Person struct {
	ID, Name, Company string
	Online            bool
}

// Status is a pill: a state of the table and, when the plain word is not enough, words of its own ("Accepted, 997 in 38 s").
type Status struct {
	State State
	Words Text
}

// Pip is one step of a delivery receipt.
type Pip string

// The steps of a receipt: reached, moving now, waiting for somebody, refused; the empty Pip is not reached.
const (
	PipOn   Pip = "on"
	PipNow  Pip = "now"
	PipWait Pip = "wait"
	PipBad  Pip = "bad"
)

// Pips is the delivery receipt saved, sent, received, accepted. Words is the sentence a screen reader says; it must not be empty where a step is set.
type Pips struct {
	Steps [4]Pip
	Words Text
}

// Option is one choice of a list. Value goes back in the form.
type Option struct {
	Value string
	Label Text
	On    bool
}

// KV is a line of a description list. URL makes the value a link; Mono shows it in the fixed-width face.
type KV struct {
	Label, Value Text
	URL          string
	Mono         bool
}

// Entry is a line of a timeline, newest first. Actor is empty where a machine acted.
type Entry struct {
	Tone  Tone
	Icon  string
	Actor string
	Text  Text
	URL   string
	At    time.Time
}

// Tab is one saved view of a list: a link with a count. Count below zero shows none, above mostCounted that there are more.
type Tab struct {
	Label Text
	URL   string
	Count int
	On    bool
}

// mostCounted is how far a tab and a badge count: what is counted for them stops there.
const mostCounted = 1000

// mostBadge is how far the bell counts: notify.CountMost.
const mostBadge = 99

// Filter is one drop-down of a filter bar, sent as a query parameter Name. The first option is "all", with an empty value.
type Filter struct {
	Name    string
	Label   Text
	Options []Option
}

// Filters is the bar over a list: a GET form to URL. Hidden keeps parameters that are not shown (the view). Placeholder says what the search finds.
type Filters struct {
	URL         string
	Query       string
	Placeholder Text
	Lists       []Filter
	Dates       bool
	From, To    Date
	Hidden      map[string]string
	Active      bool
	ClearURL    string
}

// Pager is the foot of a list read by key. Next is the address of the next rows, empty at the end. Total below zero is unknown, above mostCounted shown as such.
type Pager struct {
	Shown, Total int
	Next         string
}

// FieldError says what is wrong with one field of a form; Field is the input's name.
type FieldError struct {
	Field string
	Text  Text
}

// Form holds what a person typed and what is wrong with it. Label keys in the error box are "field." + the error's Field without indices.
type Form struct {
	Values map[string]string
	Errors []FieldError
	Note   Text
	stem   string // set by templates where two forms of a page have fields of one name
}

// Anchor is the id of the field's control on the page.
func (f Form) Anchor(field string) string { return "f-" + f.stem + anchor(field) }

// Value is what was typed into the field.
func (f Form) Value(name string) string { return f.Values[name] }

// Asks says that a field is wanted that the form leaves out while nobody needs it: it is
// wrong, or was typed into.
func (f Form) Asks(name string) bool { return f.Values[name] != "" || !f.Error(name).IsZero() }

// Error is the first thing wrong with the field, or nothing.
func (f Form) Error(name string) Text {
	for _, e := range f.Errors {
		if e.Field == name {
			return e.Text
		}
	}
	return Text{}
}

// Toast is a line said once after a redirect. Bad ones stay until closed. UndoURL, when set, is posted to by the button.
type Toast struct {
	Text    Text
	Bad     bool
	UndoURL string
}
