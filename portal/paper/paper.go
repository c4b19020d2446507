// Package paper makes PDFs of the documents of trade, in the reader's language, for
// A4 and Letter.
//
// A Document is values and words; Write lays it out: both companies, facts, a table
// whose titles are repeated on every page, sums that stay together, notes, page n
// of m. Fonts are embedded as subsets with TrueType outlines and a map back to
// Unicode, so the text can be searched and copied; a character that no font has is
// written as its code. The same Document gives the same bytes.
package paper

import (
	"context"
	"io"
	"time"

	"entente/prm/fault"
)

// Size is a size of paper.
type Size string

// The sizes.
const (
	A4     Size = "a4"
	Letter Size = "letter"
)

// letterCountries use Letter (ISO 3166-1 alpha-2).
var letterCountries = map[string]bool{"US": true, "CA": true, "MX": true, "PH": true, "CL": true, "CO": true, "CR": true, "GT": true, "PA": true, "SV": true, "VE": true, "DO": true, "NI": true, "PR": true}

// SizeFor is the size asked for, else the usual one of the country.
func SizeFor(asked, country string) Size {
	switch {
	case asked == string(A4) || asked == string(Letter):
		return Size(asked)
	case letterCountries[country]:
		return Letter
	}
	return A4
}

// Document is one document, all of its words in one language.
type Document struct {
	Lang    string // BCP 47
	Title   string // "Invoice"
	Number  string
	Dated   time.Time // for the file's own date; the zero time is 1970
	Issuer  Party     // at the top; its Label is not shown
	Parties []Party   // at most three
	Facts   []Fact
	Columns []Column
	Rows    []Row
	Sums    []Sum
	Notes   []Fact // a heading and a text each
	PageOf  func(page, pages int) string
}

// Party is a company with its address and numbers.
type Party struct {
	Label, Name string
	Lines       []string
}

// Fact is a label and what it says.
type Fact struct{ Label, Value string }

// Column is a column of the table. Weight shares out the width.
type Column struct {
	Title  string
	Weight float64
	Right  bool // numbers
}

// Row is a row of the table; Notes stand below it, from the widest column on.
type Row struct {
	Cells []string
	Notes []string
}

// Sum is a line below the table.
type Sum struct {
	Label, Value string
	Strong       bool
}

// making bounds how many documents are laid out at a time: each needs some 50 MB
// where it holds Chinese.
var making = make(chan struct{}, 2)

// Write lays the document out and writes it.
// Codes: Unavailable (the caller gave up waiting for its turn).
func Write(ctx context.Context, w io.Writer, d Document, size Size) error {
	select {
	case making <- struct{}{}:
		defer func() { <-making }()
	case <-ctx.Done():
		return fault.Wrap(ctx.Err(), fault.Unavailable, "error.unavailable")
	}
	pdf := blank(size, d.Dated)
	pdf.SetTitle(d.Title+" "+d.Number, true)
	pdf.SetAuthor(d.Issuer.Name, true)
	pdf.SetLang(d.Lang)
	l := newLayout(newPen(pdf), d)
	l.compose()
	l.draw()
	return output(w, pdf)
}
