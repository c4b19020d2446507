package view

import "time"

// MessagesPage is /c/{slug}/edi. Fragment "edi.list".
type MessagesPage struct {
	Base
	MonitorURL string
	RepliesURL string // what is not booked
	SendURL    string // where a file is sent; empty: not allowed
	Tabs       []Tab
	Filters    Filters
	Rows       []MessageRow
	Pager      Pager
}

// MessageRow is one interchange or set of the list.
type MessageRow struct {
	URL       string
	Out       bool // sent by the viewer's company
	Partner   Company
	Types     []string // set types in it: 850 …
	Reference string   // the business number: PO, invoice
	Control   string
	Channel   Text // API, pages, outbox
	At        time.Time
	Status    Status
	Pips      Pips
	Took      time.Duration // zero: not known
}

// MessagePage is /c/{slug}/edi/{id}: one interchange. Tab is explanation, answer, attempts, audit or share (query "tab"). Fragments "message.say", "message.raw".
type MessagePage struct {
	Base
	URL         string
	Type        string // 850, or the standard's name when the message holds several types
	Out         bool
	Partner     Company
	Status      Status
	Facts       []Text // PO, control number, version, channel, when
	Acks        []AckStep
	SetCount    int
	Wait        *AckWait // an overdue acknowledgement, or one confirmed by hand
	Deeds       Deeds
	ProofURL    string
	Replies     []ReplyBox // of the set shown, while it is not booked
	Held        *Held      // posts answer=process|discard to URL+"/held"
	MendURL     string     // the test bench with a copy of it to mend; empty: nothing of the viewer's was refused
	Inspect     Inspect
	SetBefore   string // the documents beside this one in the interchange
	SetAfter    string
	SetsURL     string // the list of all of several documents; empty: there is one
	SetNo       int    // the position of the one shown
	SetsAll     int
	TabURL      string // what stands before the name of a tab in its address
	Keep        string // the query that a form repeats to show the same document again
	LongText    bool   // too long to say in plain words
	Findings    []Finding
	Plain       []KV // the document in plain words
	Answer      []RawSegment
	AnswerURL   string
	Attempts    []Attempt
	Carried     []Carried // the AS2 messages that brought or took it
	Audit       []Entry
	Share       *ShareBox // nil: the viewer may make no links
	Tab         string
	DownloadURL string
	SubjectURL  string // the order or invoice it made
	SubjectName string
	RoomURL     string
	TalkURL     string // makes the room; empty: there is one, or the viewer may not
}

// AckStep is one box of the acknowledgement strip.
type AckStep struct {
	Label  Text
	Status Status
}

// Inspect is one document in three views, raw, tree and form, of the same places: At is the one chosen (query "at": 5, 5.2, 5.2.1, ISA.6), Here what stands before a
// place in a link. Of a long document it holds a window; Earlier and Later lead on. Of a file that is no EDI there is only Segments, its lines.
type Inspect struct {
	View      string // raw, tree or form (query "view")
	Views     []Option
	URLs      []string // of Views
	Here      string
	At        string
	Segments  []RawSegment
	Rows      []ExplainedSegment // the same segments taken apart
	Chosen    *ExplainedSegment
	From, To  int
	Total     int // segments of the document
	Sets      int // documents of the file, as far as it was read
	Earlier   string
	Later     string
	Truncated bool   // the file is longer than what is read; the download has all
	Explain   string // the address of what is said of the findings, where another tab is open
}

// SetsPage is /c/{slug}/edi/{id}/sets: the documents of one interchange with what became of each. Fragment "sets.list".
type SetsPage struct {
	Base
	URL     string // the interchange
	Type    string
	Out     bool
	Partner Company
	Control string
	Tabs    []Tab // by result
	Filters Filters
	Rows    []SetRow
	Pager   Pager
}

// SetRow is one document of an interchange.
type SetRow struct {
	URL      string
	No       int // its position
	Type     string
	Number   string // PO, invoice; may be empty
	Control  string
	Segments int // 0: not counted
	Status   Status
	Made     Status // what was made of it
	MadeURL  string
	Finding  Text // the first
	More     int  // further findings
}

// DocumentLoop is an occurrence of a loop that begins with a segment.
type DocumentLoop struct {
	Name  string // PO1
	Title Text
	No    int
	Depth int
}

// RawSegment is one segment as it came. Number is its place in the set, 0 for envelope segments. Pins are the findings on it.
type RawSegment struct {
	Number   int
	Tag      string
	Parts    []RawPart // everything after the tag, separators included
	Envelope bool
	Selected bool
	Pins     []Pin
	At       string // its place; empty: it cannot be chosen
	Gap      bool   // segments before it are left out
}

// RawPart is a run of a segment; Mark underlines the value a finding speaks of. At is the place of a value, On that it is chosen.
type RawPart struct {
	Text string
	Mark bool
	At   string
	On   bool
}

// Pin is a finding at its segment. No links to the Finding of the same No.
type Pin struct {
	No   int
	Text Text
	Code string // AK403 8
	Tone Tone
}

// Finding is one finding in words. Severity is finding.error, finding.warning or finding.note.
type Finding struct {
	No       int
	Severity State
	Title    Text
	Place    Text // segment 5, DTM Date, element 2
	Body     Text
	Value    string
	Codes    []string // AK3*DTM*5**8
	CodeNote Text
	Rule     Text
	RuleKey  string // date.impossible, small beside it
	Fix      Text
	URL      string // where on the EDI page, when shown elsewhere
}

// ExplainedSegment is a segment in words.
type ExplainedSegment struct {
	Number   int // 0: of the envelope
	Tag      string
	Name     Text
	Elements []ExplainedElement
	Bad      bool
	At       string
	On       bool
	Envelope bool
	Body     bool // it says something of the business
	Gap      bool
	Depth    int
	Loops    []DocumentLoop    // those that begin with it
	Caption  *ExplainedElement // the code that says what its values are
}

// ExplainedElement is one element of it: DTM02, its name, what came, what it means.
type ExplainedElement struct {
	Ref     string
	Name    Text
	Value   string
	Meaning Text
	Bad     bool
	At      string
	On      bool
	Caption bool
}

// Attempt is one try to process or deliver.
type Attempt struct {
	Number int
	At     time.Time
	Status Status
	Note   Text
	Took   time.Duration
}

// Carried is one AS2 message that brought or took an interchange. Sending again posts to URL+"/resend", with fresh=1 as a new message; what was kept is at
// URL+"/message" and URL+"/receipt".
type Carried struct {
	ID, URL   string
	Out       bool
	Status    Status // as2.*
	Reason    Text
	At, Next  time.Time
	Facts     []KV
	Tries     []Attempt
	Kept      bool // the message itself can be downloaded
	Receipt   bool // and its receipt
	CanResend bool
}

// ShareBox keeps the links that show the document without its prices. A new one posts days, note and position to URL; one is taken back by a post to URL/{id}/revoke.
type ShareBox struct {
	URL      string
	Form     Form
	Days     []Option
	Position int    // the document shown
	Keep     string // the query of the page that shows it
	Fresh    string // the address of a link just made; it is shown once
	Links    []ShareRow
}

// ShareRow is one link.
type ShareRow struct {
	ID       string
	Note     string
	By       string
	Position int
	Made     time.Time
	Expires  time.Time
	Opened   int
	OpenedAt time.Time
	Status   Status
	Holds    bool
}

// SharedPage is /shared/{token}: one document without its prices, for whoever has the address. Gone: there is nothing, for whatever reason.
type SharedPage struct {
	Base
	Gone      bool
	Type      string
	From, To  string
	Facts     []Text
	Until     time.Time
	Count     int
	Inspect   Inspect
	Findings  []Finding
	FileURL   string
	Languages []Option // Value is the address
}
