package view

import "time"

// AgreementPage is /c/{slug}/edi/connections/{id}/agreement, or /agreement/{number} of an older version. Forms post to
// URL + "/agreement/{id}/confirm" (hash), "/decline" (reason) and "/withdraw".
type AgreementPage struct {
	Base
	Connection
	Refused    Form               // why an answer was not taken
	Open       *AgreementProposal // what waits for an answer; nil: nothing
	Shown      *AgreementVersion  // the version to read; nil: nothing was agreed yet
	Next       *AgreementRow      // confirmed, begins later
	History    []AgreementRow     // the newest first
	Room       *Room              // nil: there is none yet
	ProposeURL string             // empty: the viewer may not, or one is open
	Older      bool               // Shown is not what holds now
}

// AgreementRow is one version in a list. Status is agreement.*.
type AgreementRow struct {
	Number   int
	URL      string
	Status   Status
	From     time.Time // when it begins; zero before it is confirmed
	Proposed Text      // by whom
	Answered Text      // by whom; zero while it is open
	How      Text      // what the answer was, before Answered
	At       time.Time // of the last step
}

// AgreementVersion is a version as text.
type AgreementVersion struct {
	AgreementRow
	Note     string
	Sections []SheetSection
	Changes  []AgreementChange // against the version before it; empty for the first
	Before   int               // the number of that version
	Hash     string
}

// AgreementChange is one line of a comparison. A zero Was came in, a zero Now went out.
type AgreementChange struct {
	Label    Text
	Was, Now Text
}

// AgreementProposal is the open proposal. Mine: it is the viewer's own company that proposed it.
type AgreementProposal struct {
	AgreementVersion
	ID        string
	Mine      bool
	CanAnswer bool
	Starts    Text
}

// AgreementFormPage is /c/{slug}/edi/connections/{id}/agreement/propose; the form posts to its own address, as multipart.
// Sides hold the fields of the supplier and of the reseller, named with "supplier_" and "reseller_" before them.
type AgreementFormPage struct {
	Base
	Connection
	Form         Form
	Number       int // of the version that would be made
	Sides        []AgreementSide
	X12, EDIFACT []AgreementSets
	Guides       []Tick              // of the version it starts from; kept while they are ticked
	Ticks        []Tick              // of writing
	WritingOpen  bool                // something of it is wrong
	Business     []Tick              // of orders
	Choices      map[string][]Option // price_date, price_basis, free_goods, tax_rounding
	Commercial   bool                // the viewer may change prices and tax
}

// AgreementSide are the fields of one company.
type AgreementSide struct {
	Prefix  string // "supplier_"
	Company Company
	Choices map[string][]Option // x12, edifact, sign …
	Ticks   []Tick              // async …
	Terms   bool                // its messages have agreed terms
}

// AgreementSets are the sets that one company may send.
type AgreementSets struct {
	Company Company
	Sets    []Option // value "850:reseller"
}
