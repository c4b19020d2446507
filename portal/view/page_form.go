package view

import "time"

// FormPreviewPage is /c/{slug}/edi/connections/{id}/preview?kind=850&format=csv: a real document as it would arrive. A form that posts to URL + "/routes" chooses it.
type FormPreviewPage struct {
	Base
	Connection
	Form    Form
	Code    string // 850
	Name    Text
	Number  string // of the document shown; empty: there is none yet
	FromURL string // the message it was read from
	Format  string
	Formats []Option
	Doors   []Option
	Chosen  bool // it is the one in use
	Text    string
	Cut     bool // there is more in the file
	Table   [][]string
	Refused Text // why the format cannot say it
	Lost    []KV
	FileURL string
	CanSave bool
}

// StyleCard is how the company's files look. Its form posts to URL + "/style" with decimal, comma, kind, columns, client, system and partner.
type StyleCard struct {
	Form                    Form
	Decimals, Commas, Kinds []Option
	Columns                 []string // our names
	Editable                bool
}

// FormSendPage is /c/{slug}/edi/send: a file of documents for a partner. It posts to itself with file, partner and paste.
type FormSendPage struct {
	Base
	Form     Form
	Partners []Option
	Most     string // megabytes of a file
	APIURL   string
	Waiting  []UploadRow // looked at and not booked yet
}

// UploadRow is a file that waits. Drop it with a post to URL + "/drop".
type UploadRow struct {
	URL, Name, By string
	Size          int64
	Made, Expires time.Time
}

// UploadPage is /c/{slug}/edi/send/{id}: what would become of a file. It is posted to URL + "/book" or "/drop".
type UploadPage struct {
	Base
	URL, BackURL  string
	Name, By      string
	Size          int64
	Made, Expires time.Time
	Dropped       bool
	// Interchanges, Sets and Rejected count the whole file; Kept is how many interchanges
	// the report has in detail, From and To which of those Trials are, from 1.
	Interchanges, Sets, Rejected, Kept, From, To int
	Trials                                       []Trial
	PrevURL, NextURL                             string
}

// Trial is what would become of one interchange of a file.
type Trial struct {
	Type, Written, Control string
	To                     Company
	Test                   bool
	Status                 Status
	DuplicateURL           string // it is there already
	Held                   Text   // why it would wait
	No                     int    // in the file, from 1
	SetCount, Rejected     int
	Left                   int  // findings that the report has no room for
	Cut                    bool // only the first sets are shown
	Findings               []Finding
	Sets                   []TrialSet
	Answers                []TrialAnswer
}

// TrialSet is one document of it: how it is judged, and what it would become.
type TrialSet struct {
	Position       int
	Kind, Number   string
	Check, Becomes Status
	Findings       []Finding
}

// TrialAnswer is an acknowledgement that would be sent.
type TrialAnswer struct {
	Kind, Text string
	Cut        bool
}
