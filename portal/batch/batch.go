// Package batch takes files of many rows into the house: orders, products, cross
// references. A file is kept as it came, read row by row in the background, shown
// with what is wrong in each cell, repaired on the page, and then applied group by
// group: an order, a product.
//
// Both reading and applying go on where they stood when the program was killed:
// a step and the mark that it was done are one transaction, so that nothing is done
// twice. Memory holds one step, whatever the size of the file. What a kind of file
// means, its Kind says.
package batch

import (
	"context"
	"time"

	"entente/portal/sheet"
	"entente/prm/access"
)

// Limits.
const (
	MaxRows  = 250_000  // of a file
	MaxBytes = 32 << 20 // of a file
	step     = 500      // rows read in a transaction
	slice    = 40       // steps of a file before the next file has its turn
	keepDays = 90       // then a file and its rows are removed
)

// State is where a file stands.
type State string

// The states.
const (
	Reading  State = "reading"
	Ready    State = "ready"    // read; a person looks at it and applies it
	Applying State = "applying" // in the background
	Done     State = "done"     // nothing of it is left to apply
	Failed   State = "failed"   // cannot be read; Problem says why
)

// Problem is a sentence with its arguments.
type Problem struct {
	Key  string         `json:"key"`
	Args map[string]any `json:"args,omitempty"`
}

// File is one file.
type File struct {
	ID          string
	Org         string
	Kind        string
	Partnership string // of orders and cross references
	Name        string
	Size        int64
	Source      sheet.Source
	Mapping     sheet.Mapping
	Known       bool        // the columns were remembered from an earlier file
	Sample      []sheet.Row // its first rows
	Head        Head        // what is said for all of it
	State       State
	Problem     Problem
	Read        int // rows so far
	Made        time.Time
	MadeBy      string // person
	Counts      Counts

	hash, shape string
	readTo      int
	generation  int64
	tries       int
}

// Head is what a person says for the whole file.
type Head map[string]string

// Counts are of the rows and groups of a file.
type Counts struct {
	Rows, Wrong, Doubts, Dropped int
	Groups, Clean                int            // orders in it, and those without a wrong row that are still to apply
	Outcomes                     map[string]int // of groups that were applied
}

// Applied is how many groups have an outcome.
func (c Counts) Applied() (n int) {
	for _, k := range c.Outcomes {
		n += k
	}
	return n
}

// Row is one row as it was read.
type Row struct {
	No      int
	Group   string
	Cells   []string          // as in the file
	Fields  map[string]string // what of it is read: numbers with a point, dates as 2006-01-02
	Wrong   []sheet.Wrong     // stops it
	Doubts  []sheet.Wrong     // does not
	Twice   bool              // another row has the same key, where each may come once
	Dropped bool
}

// IsWrong says that the row stops its group.
func (r Row) IsWrong() bool { return len(r.Wrong) > 0 || r.Twice }

// Group is what is applied at once: an order with its rows, a product.
type Group struct {
	Key     string
	Rows    []Row
	Outcome string // "" while it is to be applied
	Subject string // id of what it became
	Label   string // its number
	Lines   int
	Problem Problem
	Place   int
}

// Outcomes of a group. Only these are final; Refused may be repaired and tried again.
const (
	Made      = "made"
	Changed   = "changed"
	Same      = "same" // it is there already: nothing was done
	Held      = "held" // both companies are asked
	Kept      = "kept" // by the company's own rules, until it is approved
	Refused   = "refused"
	Untouched = ""
)

// Kind is what files of one kind mean.
type Kind interface {
	// Name is the word in addresses and keys.
	Name() string
	// Fields are those a column may hold, in the order of the page.
	Fields() []string
	// Single says that a key may come in one row only.
	Single() bool
	// Check says whether the actor may bring such files at all, for this partnership.
	Check(ctx context.Context, actor access.Actor, partnership string) error
	// Guess finds the columns in the first rows.
	Guess(ctx context.Context, actor access.Actor, f File, rows []sheet.Row) sheet.Mapping
	// Clean leaves of a mapping what fits the fields.
	Clean(m sheet.Mapping) sheet.Mapping
	// Read reads a row; false where it is none.
	Read(m sheet.Mapping, row sheet.Row, today string) (Row, bool)
	// Judge writes group, findings and doubts of rows, by one question for all of them.
	Judge(ctx context.Context, actor access.Actor, f File, rows []Row) error
	// Together is how many groups are applied in one transaction.
	Together() int
	// Apply applies groups in the transaction of ctx and writes their outcomes. The key
	// is the same for the same content of the same file, however often it is sent.
	Apply(ctx context.Context, actor access.Actor, f File, groups []Group) error
}

// Key names a group of a file for the service that applies it: equal for a file of
// equal bytes.
func (f File) Key(group string) string {
	return short(f.Org + "\x00" + f.Kind + "\x00" + f.Partnership + "\x00" + f.hash + "\x00" + f.Head["number"] + "\x00" + group)
}
