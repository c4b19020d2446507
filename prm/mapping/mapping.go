// Package mapping finds the customers that two companies have in common without either
// seeing the other's list (reference prm.md E4). Each side hashes the identity keys of its
// customers to points and blinds them (prm/mapping/blind), commits to the list by hash and
// number of rows, and only then do points change hands. What is found is told in three
// steps, and each needs the consent of both: about how many, which of mine, and the fields
// that were agreed.
//
// A run is of two companies of this server, whose messages stay here, or of one company
// with another server: then each message is a file that a person carries (file.go). Both
// go through the same phases (work.go); a job does a few hundred rows at a time, outside
// any transaction, and writes them with the place it reached.
//
// What this keeps from a partner and what it cannot keep is in static/docs/account-mapping.md.
package mapping

import (
	"slices"
	"time"

	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/identity"
)

// ID identifies a run on this server.
type ID string

// State of a run.
type State string

// The states. A run in which something is to be decided or waited for is open.
const (
	Proposed  State = "proposed"  // the other company has not answered
	Working   State = "working"   // the program works, or a file is awaited
	Sized     State = "sized"     // the size is known; the second step awaits consents
	Matched   State = "matched"   // the accounts are known; the third step awaits consents
	Done      State = "done"      // all steps were made
	Small     State = "small"     // fewer than Fewest in common: nothing more is told
	Ended     State = "ended"     // ended by a company after the size was known
	Declined  State = "declined"  // by the company that was asked
	Cancelled State = "cancelled" // by a company before anything was known
	Expired   State = "expired"   // nobody acted in time
	Failed    State = "failed"    // could not go on
)

// States lists them.
var States = []State{Proposed, Working, Sized, Matched, Done, Small, Ended, Declined, Cancelled, Expired, Failed}

// Open says that the run goes on.
func (s State) Open() bool { return slices.Contains([]State{Proposed, Working, Sized, Matched}, s) }

// The ways of a run.
const (
	Here = "here" // both companies are of this server
	File = "file" // the other company is of another server; files are carried
)

// The roles of the two sides.
const (
	Starter = "starter"
	Partner = "partner"
)

// The steps that need consent.
const (
	StepSize   = 1
	StepMine   = 2
	StepFields = 3
)

// Limits that both sides keep.
const (
	Least     = 50      // accounts with a key that a list must have
	Most      = 200_000 // accounts that a list may have
	Fewest    = 5       // overlap under which nothing is told
	perMonth  = 4       // runs with one partner within Month; what was cancelled before anything was known is none
	asks      = 20      // proposals to one partner within Month, whatever became of them
	perFile   = 8       // runs with other servers within Month
	leastEdit = 5       // keys by which a list must differ from the last one, if it does
	Month     = 30 * 24 * time.Hour
	compared  = 90 * 24 * time.Hour // how long the last list binds the next
	patience  = 14 * 24 * time.Hour // until something that awaits people expires
)

// Kinds are the kinds of key that may be compared.
var Kinds = []identity.Kind{identity.Tax, identity.GLN, identity.DUNS, identity.Domain, identity.Name}

// Fields are what may be told of a matched account in the third step.
const (
	FieldName   = "name"
	FieldPlace  = "place" // country, postcode, city
	FieldWeb    = "web"
	FieldPerson = "person" // who keeps the account in its company
)

// AllFields lists them.
var AllFields = []string{FieldName, FieldPlace, FieldWeb, FieldPerson}

// Terms are what both sides agree on before anything is computed.
type Terms struct {
	Kinds   []string `json:"kinds"`  // of keys, the strongest first
	Fields  []string `json:"fields"` // of the third step; may be empty: there is none
	Edition int      `json:"edition"`
}

// Slots is how many points an account has. What it has no key for is a random point, so
// that nobody sees how many keys an account has.
func (t Terms) Slots() int { return len(t.Kinds) }

// Equal says that two texts are the same terms.
func (t Terms) Equal(o Terms) bool {
	return slices.Equal(t.Kinds, o.Kinds) && slices.Equal(t.Fields, o.Fields) && t.Edition == o.Edition
}

// Clean gives terms in their one order. Codes: Invalid (kinds, fields).
func (t Terms) Clean() (Terms, error) {
	out := Terms{Edition: identity.Edition}
	bad := fault.New(fault.Invalid, "form.invalid")
	for _, k := range Kinds {
		if slices.Contains(t.Kinds, string(k)) {
			out.Kinds = append(out.Kinds, string(k))
		}
	}
	for _, f := range AllFields {
		if slices.Contains(t.Fields, f) {
			out.Fields = append(out.Fields, f)
		}
	}
	for _, k := range t.Kinds {
		if !slices.Contains(out.Kinds, k) {
			bad.With("kinds", "form.choice_wrong")
		}
	}
	for _, f := range t.Fields {
		if !slices.Contains(out.Fields, f) {
			bad.With("fields", "form.choice_wrong")
		}
	}
	if len(out.Kinds) == 0 {
		bad.With("kinds", "mapping.kinds_missing")
	}
	return out, bad.OrNil()
}

// Commit is what a side says of its list before anything is exchanged.
type Commit struct {
	Rows   int    `json:"rows"`
	Root   string `json:"root"`   // SHA-256 over the blinded list, as it will be sent
	List   string `json:"list"`   // SHA-256 over the list itself with a secret: binds the company, shows nothing
	Public string `json:"public"` // by which it is proved that points were made as they should
}

// Run is a comparison of two lists.
type Run struct {
	ID          ID
	Way         string // Here or File
	Code        string // names the run on both servers
	Starter     string // company id; "" where it is of another server
	Partner     string // company id; "" where it is of another server
	Name        string // what the company of another server is called
	Partnership string // of a run within this server
	Terms       Terms
	State       State
	Stage       int // the step that was reached: 0 to 3
	Reason      string
	ReasonOrg   string // whose list or act Reason is about
	Made        time.Time
	MadeBy      string
	Changed     time.Time
	Expires     time.Time // zero: nothing is awaited of people
}

// lasts says that the run is over on this side, and its files are still to be fetched for
// the other.
func (r Run) lasts() bool { return r.Way == File && (r.State == Done || r.State == Small) }

// Orgs are the companies of the run on this server.
func (r Run) Orgs() []string {
	return slices.DeleteFunc([]string{r.Starter, r.Partner}, func(s string) bool { return s == "" })
}

// Other is the other company; "" where it is of another server.
func (r Run) Other(org string) string {
	if org == r.Starter {
		return r.Partner
	}
	return r.Starter
}

// Role of a company in the run.
func (r Run) Role(org string) string {
	if org == r.Starter {
		return Starter
	}
	return Partner
}

// Resource is the run as access.Check sees it.
func (r Run) Resource() access.Resource { return access.Resource{Members: r.Orgs()} }

// Side is what a company may know of itself in a run.
type Side struct {
	Phase   int
	Rows    int // accounts in its list, 0 until it was counted
	Done    int // rows of the phase that are done
	Consent int // the highest step it agreed to
	Got     int // files that came, of another server
	Commit  *Commit
}

// Detail is a run as one company may see it.
type Detail struct {
	Run
	Mine      Side
	Theirs    Side   // consent, rows and commitment only
	Overlap   Bucket // of my accounts, from step 1 on
	Accounts  int    // mine that match, from step 2 on
	Log       []Entry
	Busy      bool     // the program works on it now
	Progress  int      // percent of what the program does now
	Receive   int      // file that is awaited, 0 for none
	Ready     []int    // files that may be fetched
	CheckCode []string // to be compared by telephone, in groups
}

// Entry is a line of what happened.
type Entry struct {
	At     time.Time
	Org    string // "" for the program, or the company of another server
	Person string
	What   string
	Step   int
}

// What a line of the log says.
const (
	DidPropose = "proposed"
	DidConsent = "consented"
	DidCommit  = "committed"
	DidReveal  = "revealed"
	DidDecline = "declined"
	DidCancel  = "cancelled"
	DidEnd     = "ended"
	DidExpire  = "expired"
	DidFail    = "failed"
	DidSmall   = "small"
	DidSend    = "sent"     // a file was fetched
	DidReceive = "received" // a file was brought
	DidErase   = "erased"   // secrets and points are destroyed
)

// Reasons are why a run may fail: words under "mapping.reason.".
var Reasons = []string{"list_small", "list_large", "list_same", "list_edited", "other_list", "not_committed", "points_wrong", "answer_wrong", "gave_up"}

// Wrongs are what may be wrong with a file: words under "mapping.file.".
var Wrongs = []string{"none", "version", "edition", "header", "short", "long", "checksum", "seal", "content", "rows", "terms", "other_run", "own"}

// Doings lists them.
var Doings = []string{DidPropose, DidConsent, DidCommit, DidReveal, DidDecline, DidCancel, DidEnd, DidExpire, DidFail, DidSmall, DidSend, DidReceive, DidErase}

// Account is one of a company's customers that the other has too.
type Account struct {
	Customer customer.ID
	Name     string
	Place    string
	Theirs   []Shared // from step 3 on
}

// Shared is what the other company tells of its account.
type Shared struct {
	Name   string `json:"name,omitempty"`
	Place  string `json:"place,omitempty"`
	Web    string `json:"web,omitempty"`
	Person string `json:"person,omitempty"`
}

// Bucket is a size as it is told: at least From, less than Under (0: no bound).
type Bucket struct{ From, Under int }

// edges of the buckets; under the first nothing is told.
var edges = []int{Fewest, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000}

// BucketOf is the bucket of a size; the zero bucket is "fewer than Fewest".
func BucketOf(n int) Bucket {
	b := Bucket{}
	for _, e := range edges {
		if n < e {
			b.Under = e
			break
		}
		b.From = e
	}
	if b.From == 0 {
		return Bucket{}
	}
	return b
}

// Can says whether an act fits the state of the run for a company, apart from roles.
func (d Detail) Can(act string, org string) bool {
	switch act {
	case "accept", "decline":
		return d.State == Proposed && org == d.Partner && d.Way == Here
	case "consent":
		return d.State == Sized && d.Mine.Consent < StepMine || d.State == Matched && d.Mine.Consent < StepFields && len(d.Terms.Fields) > 0
	case "cancel":
		return d.State == Proposed && org == d.Starter || d.State == Working && d.Stage == 0
	case "erase":
		return d.lasts() && len(d.Ready) > 0
	case "end":
		return d.State == Sized || d.State == Matched || d.State == Working && d.Stage > 0
	}
	return false
}
