package gateway

import (
	"encoding/json"
	"strings"
	"time"

	"entente/db"
	"entente/edi/ack"
	"entente/edi/wire"
	"entente/prm/access"
)

// interchangeRow is one interchange. fence counts claims: a worker may only
// write under the number it claimed with. sets_done is the position reached.
type interchangeRow struct {
	ID            string `gorm:"primaryKey"`
	SubmissionID  string
	Position      int64
	SenderID      string
	ReceiverID    string
	PartnershipID string
	SupplierID    string
	ResellerID    string
	Origin        string
	Door          string
	Syntax        string
	Version       string
	SenderIdent   string
	ReceiverIdent string
	Control       string
	Dated         string
	Test          bool
	Blob          string
	StartAt       int64
	Size          int64
	Sha256        string `gorm:"column:sha256"`
	Digest        string
	Types         string
	SetCount      int64
	State         string
	Result        string
	Held          string
	DuplicateOf   string
	Answers       string
	Findings      string
	Lane          string
	NextAt        int64
	Attempts      int64
	Fence         int64
	SetsDone      int64
	LastError     string
	Delivery      string
	Fetched       int64
	Acknowledged  string
	MadeBy        string
	Received      int64
	Processed     int64
	DelegateID    string
	Network       string
	Way           string
	JudgedAt      int64
	Advised       string
	Unclear       bool // it may lie where it was put: a try of it had an open end
}

// arrive makes r the row of an interchange that came by a submission.
func (r *interchangeRow) arrive(submission string, now time.Time) {
	r.ID, r.SubmissionID = db.NewID(), submission
	r.Received, r.NextAt = db.Micros(now), db.Micros(now)
}

// judged is the instant whose agreement judges it: when it came, or when a person had it
// read again after it was refused.
func (r *interchangeRow) judged() time.Time { return instant(max(r.Received, r.JudgedAt)) }

// TableName is the table of interchangeRow.
func (interchangeRow) TableName() string { return "interchange" }

type submissionRow struct {
	OrgID          string `gorm:"primaryKey"`
	ID             string `gorm:"primaryKey"`
	IdempotencyKey string
	Sha256         string `gorm:"column:sha256"`
	Answer         string
	MadeBy         string
	Received       int64
}

// TableName is the table of submissionRow.
func (submissionRow) TableName() string { return "edi_submission" }

type setRow struct {
	InterchangeID string `gorm:"primaryKey"`
	Position      int64  `gorm:"primaryKey;autoIncrement:false"`
	SupplierID    string
	ResellerID    string
	GroupNo       int64
	GroupKind     string
	GroupControl  string
	GroupVersion  string
	Kind          string
	Control       string
	// Implementation is ST03, mostly empty; the answer repeats it.
	Implementation string
	Segments       int64
	StartAt        int64
	Size           int64
	Result         string
	Business       string
	BusinessKey    string
	DocumentKind   string
	DocumentID     string
	Answered       string
	Findings       string
	Advised        string
}

// TableName is the table of setRow.
func (setRow) TableName() string { return "edi_set" }

// numberRow is a number that a set names, for the search.
type numberRow struct {
	InterchangeID string `gorm:"primaryKey"`
	Position      int64  `gorm:"primaryKey;autoIncrement:false"`
	Value         string `gorm:"primaryKey"`
	SupplierID    string
	ResellerID    string
}

// TableName is the table of numberRow.
func (numberRow) TableName() string { return "edi_number" }

// groupRow is one closed group. verdict is the ack.Group without its sets.
type groupRow struct {
	InterchangeID string `gorm:"primaryKey"`
	GroupNo       int64  `gorm:"primaryKey;autoIncrement:false"`
	SupplierID    string
	ResellerID    string
	Kind          string
	Control       string
	Version       string
	Result        string
	Verdict       string
	AnswerID      string
}

// TableName is the table of groupRow.
func (groupRow) TableName() string { return "edi_group" }

func (r *interchangeRow) resource() access.Resource {
	out := access.Shared(r.SupplierID, r.ResellerID)
	out.Owner = r.DelegateID // who carried it reads it, and its answer
	return out
}

// outbox is the way of what waits to be fetched: by its receiver, or by the network that is
// a company here.
func (r *interchangeRow) outbox() string {
	if r.Way == RouteNetwork {
		return RouteNetwork
	}
	return RouteUsual
}

func (r *interchangeRow) parties() Parties {
	return Parties{
		Interchange: r.ID, Partnership: r.PartnershipID, Supplier: r.SupplierID, Reseller: r.ResellerID,
		From: r.SenderID, Test: r.Test,
	}
}

func (r *interchangeRow) orgs() []string { return []string{r.SupplierID, r.ResellerID} }

// doomed says that the envelope of the interchange itself was refused: nothing in
// it is booked.
func (r *interchangeRow) doomed() bool { return refused(findingsOf(r.Findings)) }

func (r *interchangeRow) view() Interchange {
	out := Interchange{
		ID: r.ID, Origin: r.Origin, Door: r.Door, From: r.SenderID, To: r.ReceiverID, Supplier: r.SupplierID,
		Reseller: r.ResellerID, Partnership: r.PartnershipID, Submission: r.SubmissionID, Syntax: r.Syntax, Version: r.Version,
		Sender: identity(r.SenderIdent), Receiver: identity(r.ReceiverIdent), Control: r.Control, Dated: r.Dated,
		Test: r.Test, Size: r.Size, SHA256: r.Sha256, Types: split(r.Types), SetCount: int(r.SetCount),
		SetsDone: int(r.SetsDone), State: State(r.State), Result: r.Result, HeldFor: r.Held, Earlier: r.DuplicateOf,
		Attempts: int(r.Attempts), Delivery: r.Delivery, Fetched: instant(r.Fetched),
		Acknowledged: r.Acknowledged, Advised: r.Advised, MadeBy: r.MadeBy, Delegate: r.DelegateID, Network: r.Network, Way: r.Way, Received: instant(r.Received), Processed: instant(r.Processed),
	}
	out.LastError, out.LastArgs = reason(r.LastError)
	if r.State == string(Received) {
		out.NextAt = instant(r.NextAt)
	}
	return out
}

func (r *interchangeRow) link() Link {
	return Link{
		ID: r.ID, Types: split(r.Types), Control: r.Control, At: instant(r.Received), From: r.SenderID,
		Origin: r.Origin, State: State(r.State), Result: r.Result, Delivery: r.Delivery, Acknowledged: r.Acknowledged, Advised: r.Advised, Sets: int(r.SetCount),
	}
}

func (r *interchangeRow) outboxItem() OutboxItem {
	return OutboxItem{ID: r.ID, Type: r.Types, Control: r.Control, At: instant(r.Received), Format: r.Syntax, Href: Href(r.ID) + "/raw", Size: r.Size}
}

func (r *setRow) view() Set {
	return Set{
		Position: int(r.Position), Group: int(r.GroupNo), Kind: r.Kind, Control: r.Control,
		GroupControl: r.GroupControl, GroupVersion: r.GroupVersion, Segments: int(r.Segments), Start: r.StartAt,
		Size: r.Size, Result: r.Result, Business: r.Business, BusinessKey: r.BusinessKey,
		DocumentKind: r.DocumentKind, DocumentID: r.DocumentID, Answered: r.Answered, Advised: r.Advised, Findings: findingsOf(r.Findings),
	}
}

// answer is what the acknowledgement of the group needs of a stored set.
func (r *setRow) answer() ack.Set {
	return ack.Set{Type: r.Kind, Control: r.Control, Implementation: r.Implementation, Verdict: wire.Verdict(r.Result), Findings: findingsOf(r.Findings)}
}

// findingsText is how findings are stored; none is the empty text.
func findingsText(fs []wire.Finding) string {
	if len(fs) == 0 {
		return ""
	}
	return db.Text(fs)
}

func findingsOf(text string) []wire.Finding {
	if text == "" {
		return nil
	}
	var out []wire.Finding
	if json.Unmarshal([]byte(text), &out) != nil {
		return nil
	}
	return out
}

func identity(text string) Identity {
	q, v, _ := strings.Cut(text, ":")
	return Identity{Qualifier: q, Value: v}
}

// split reads a list stored with commas.
func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// word bounds a code or number of an envelope to what a database takes and a list
// can hold: printable ASCII without comma, at most 40 characters.
func word(s string) string {
	s = strings.TrimSpace(s)
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == ',' {
			return '?'
		}
		return r
	}, s[:min(len(s), 40)])
}

// text bounds a free value: valid UTF-8 without control characters, at most n
// bytes.
func text(s string, n int) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s[:min(len(s), n)], ""))
}
