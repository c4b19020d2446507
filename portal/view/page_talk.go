package view

import (
	"html/template"
	"time"
)

// RoomsPage is /c/{slug}/rooms, and with Room set /c/{slug}/rooms/{id}. Fragment "rooms.list".
type RoomsPage struct {
	Base
	Groups []RoomGroup
	Room   *Room
	Query  string     // what is looked for
	Found  []FoundRow // messages with its words
	More   string     // where more of them are
	NewURL string     // the form of a free room
	Asked  []AskedRow // rooms the own company was asked into
}

// AskedRow is an invitation into an open room: of the own company with URL, else of another.
type AskedRow struct {
	Org, Name string // of the company asked; in a list of rooms the company that asks
	Title     string
	URL       string
	Declined  bool
}

// RoomAskedPage is /c/{slug}/rooms/invitations/{id}. Posts join, people, agreed.
type RoomAskedPage struct {
	Base
	URL, Title, Maker string
	Ours, Theirs      int // days for which each keeps messages
	Differs           bool
	Form              Form
	People            []Option
}

// RoomFormPage is /c/{slug}/rooms/new: a room about no object. Posts title, partner, people, agreed.
type RoomFormPage struct {
	Base
	URL      string
	Form     Form
	Partners []Option
	People   []Option
	CanOpen  bool     // make it open among several partners
	Ask      []Option // whom
}

// FreeRoom is what can be done with a room about no object, from its pane.
type FreeRoom struct {
	Title    string
	Archived bool
	Change   bool // the viewer may write
	Own      bool // the viewer's company made it
	Whole    bool // the viewer's whole company is in it
	Open     bool // among several companies
	Asked    []AskedRow
	MayAsk   bool // ask more, and take an invitation back
	Leave    bool
	Takes    bool     // and leaving takes the company out
	People   []Option // of the viewer's company, without the viewer
	Invite   []Option // partners that may be let in; none: it may not be done
}

// FoundRow is a message that was found.
type FoundRow struct {
	URL    string
	Title  Text // of its room
	Author Person
	Text   string
	At     time.Time
}

// CallPage is /c/{slug}/rooms/{id}/call: the call of a room, with its talk beside it. The markup is the contract with static/js/call.js.
type CallPage struct {
	Base
	Room *Room
	Whom Person // the one person whom it rings at first; none: everybody
}

// RoomGroup is a heading of the room list: partnership, order.
type RoomGroup struct {
	Label Text
	Rooms []RoomRow
}

// RoomRow is one room of a list.
type RoomRow struct {
	ID, URL string
	Title   Text
	Icon    string
	Last    Text   // the latest line
	Author  string // who wrote it; empty for an event
	At      time.Time
	Unread  int
	Read    int64 // the viewer's read mark, from which chat.js counts on
	On      bool
}

// Room is a room with a page of its history, oldest first. The markup is the contract with static/js/chat.js.
type Room struct {
	ID, URL    string // URL = /c/{slug}/rooms/{id}; the composer posts text and key to URL+"/messages"
	Title      Text
	Icon       string
	Companies  []string // who reads along, by name
	Readers    []string // the other companies, for the composer's line
	Joining    bool     // companies that agree later read it too
	People     []Person
	SubjectURL string
	Me         string // person id
	Epoch      string
	After      int64 // the last sequence number rendered
	Read       int64 // the viewer's read mark
	Messages   []Message
	OlderURL   string // earlier lines; empty at the beginning
	Key        string // idempotency key of the composer
	ReadOnly   bool
	Compact    bool // the panel at the side of a page
	InCall     bool // beside a call
	Form       Form

	Pins   []Message
	Tasks  []TaskRow // that are open
	Draft  string
	Seen   []SeenBy // of the last message of the viewer's own
	Crowd  string   // JSON for chat.js: the people with their companies and how far each has read
	At     int64    // the message the page is opened at
	Thread *Thread  // the pane of one message
	About  *About   // the pane about the room
	Latest bool     // the log reaches the latest line
}

// SeenBy is how many people of a company have read a message.
type SeenBy struct {
	Company string
	N, Of   int
	Names   []string
}

// Thread is a message with its answers and what can be done with it.
type Thread struct {
	Root                       Message
	Answers                    []Message
	Seen                       []SeenBy
	Close                      string // the room without the pane
	Form                       Form   // of the answer
	Edit                       Form
	CanEdit, CanRemove, CanAct bool
	Emojis                     []string // offered at once
	MakeURL                    string   // makes something of the message, "" for who may make nothing
	Made                       []Making
	Tasks                      []TaskRow
}

// TaskRow is a task made of a message.
type TaskRow struct {
	URL, Text string // of the message; no text where it was removed
	Owner     Person // Company is shown when it is not the viewer's
	Due       Date   // "" for none
	Late      bool
	Done      bool
	DoURL     string // posts done; "" for who may not
	DropURL   string // posts nothing; "" for who may not
	HandURL   string // posts person; "" for who may not
	Owners    []Option
}

// TaskForm makes a task of a message. Posts person, due.
type TaskForm struct {
	URL, Key string
	Form     Form
	Owners   []Option
}

// HoldsPage is /c/{slug}/rooms/holds: the rooms that the company holds.
type HoldsPage struct {
	Base
	BackURL string
	Rows    []HoldRow
	Pager   Pager
}

// HoldRow is a room under a hold.
type HoldRow struct {
	URL, Title            string // no address of one that the company left
	Reason, By            string
	At, Left              time.Time // Left: zero while the company is in it
	ExportURL, ReleaseURL string    // Release posts next
}

// Making is an object that the viewer's company made of a message: lead, topic or answer.
type Making struct{ Kind, Title, URL string }

// MakePage is /c/{slug}/rooms/{id}/messages/{seq}/make: what may be made of a message.
type MakePage struct {
	Base
	URL, BackURL      string
	Text              string // without names
	LeadURL, TopicURL string // "" for who may not
	Query             string
	Topics            []TopicRow // to answer
	Cases             []CaseLink
	Task              *TaskForm // nil: none can be made
}

// CaseLink leads to the form of a case about an order or invoice.
type CaseLink struct {
	Label     Text
	Icon, URL string
}

// About is who is in a room, how it is kept and what the viewer is told of it.
type About struct {
	Close  string
	People []Person
	Levels []Option
	Keeps  []Keep
	Days   int // the own company's retention
	Hold   bool
	Admin  bool
	Export string
	Form   Form // of hold and retention
	Free   *FreeRoom
	Calls  CallPolicy
	Bots   []BotRow
	Token  string // of the bot just made, shown once
	Hook   string // where it posts
}

// BotRow is a program that speaks in a room.
type BotRow struct {
	Name, Company string
	Used          time.Time // zero: never
	EndURL        string    // "" for who may not end it
}

// CallPolicy is how calls go in the rooms of a company.
type CallPolicy struct {
	Relay  bool // the company wants that addresses stay hidden
	Server bool // the server wants it for all
	Can    bool // there is a server for it
}

// Keep is how long a company keeps what its people wrote.
type Keep struct {
	Company string
	Days    int // 0: for ever
}

// Message is one line of a room: said by a person, or an event (Event true: Text is its sentence, Tone its colour).
type Message struct {
	Seq     int64
	Event   bool
	Removed bool
	Author  Person // Company is shown when it is not the viewer's
	Mine    bool
	Text    Text // what a person wrote is Raw
	Note    Text // second line of an event
	Tone    Tone
	URL     string // of an event: where to look; of a message: its own page
	At      time.Time

	Parts     []Part // Text with its links and names
	Edited    bool
	ByMail    bool // an answer to a notice
	Bot       bool // a program said it
	Pinned    bool
	On        bool // the page is opened at it
	InPane    bool // shown a second time, as an answer
	Reactions []Chip
	Answers   int
	Last      time.Time // of the latest answer
	Files     []FileLink
	Cards     []Card // of the objects it links to
	Gone      string // who removed it
	Quote     *Quote // what it answers
	Do        string // where its forms post to; empty where nothing can be done
}

// Part is a piece of what a person wrote: plain, a link or somebody's name.
type Part struct {
	Text    string
	URL     string
	Mention bool
}

// Card is an object that a message links to, as the viewer may see it.
type Card struct {
	Key    string // kind and id, by which chat.js knows what changed
	Icon   string
	Title  Text
	Facts  []Text
	URL    string
	Status Status
}

// Chip is an emoji under a message.
type Chip struct {
	Emoji string
	N     int
	Mine  bool
	Names []string
}

// FileLink is a file of a message.
type FileLink struct {
	Name, URL, Image string // Image: may be shown itself
	PDF              string // where it is shown, of a PDF
	Inspect          string // where it is read, of an interchange
	DropURL          string // where it is taken away
	Size             int64
	EDI              bool
}

// RoomFilePage is an interchange that was attached to a message, as the page of one shows it.
type RoomFilePage struct {
	Base
	Name, BackURL, DownloadURL string
	Size                       int64
	Inspect                    Inspect
	SetNo                      int // which document of the file is shown, from 1
	SetBefore, SetAfter        string
}

// Quote is the message that another answers.
type Quote struct {
	Name, Text, URL string
	Gone            bool // removed
}

// ForumPage is /c/{slug}/forum. Fragment "forum.list".
type ForumPage struct {
	Base
	URL        string
	Tabs       []Tab
	Filters    Filters
	Pager      Pager
	Rows       []TopicRow
	Categories []CategoryRow
	NewURL     string // where the viewer may create a topic
	ManageURL  string // for a new category; owners only
	ReportsURL string
	Reports    int
	Experts    []ExpertRow // who answered such questions
}

// CategoryRow is a category beside the list.
type CategoryRow struct {
	URL, Name, About string
	Owner            string // company, empty for the own one
	Open, Closed     bool
	Locked           bool // the own company must agree before it enters
	CanAgree, Agreed bool
	Unread           int
	On               bool
	EditURL, DoURL   string
	Shared           int      // with how many companies; owners only
	Tiers            []string // and with whoever has one of these tiers
	NDAURL           string   // the agreement of its confidential ideas, "" where there is none
	Accepted         bool     // by the viewer
}

// ExpertRow is somebody whose answers were accepted.
type ExpertRow struct {
	Who      Person
	Accepted int
}

// TopicRow is a topic of the list.
type TopicRow struct {
	URL, Title string
	Category   string
	By         Text
	Kind       Text
	Status     Status
	Replies    int
	Votes      int // -1: not the viewer's to know
	At         time.Time
	Unread     bool
	NDA        bool // under the agreement of its category
	Tags       []string
}

// TopicFormPage is the form of a new topic.
type TopicFormPage struct {
	Base
	URL        string
	Form       Form
	Categories []Option
	Kinds      []Option
	CanSurvey  bool
	CanSeal    bool // some category has an agreement for confidential ideas
	Related    []TopicRow
	Preview    template.HTML
	Who        []Text // who will read it and under which name
}

// TopicPage is a topic with its replies. Preview is of the reply that is being written.
type TopicPage struct {
	Base
	URL                string
	Topic              TopicPost
	Title              string
	Kind               Text
	Status             Status
	Category           CategoryRow
	Tags               []TagLink
	Posts              []TopicPost
	NextURL            string
	Replies            int
	Votes              int
	Level              string
	Levels             []Option
	States             []Option
	Survey             []SurveyRow
	Done               bool // answered
	CanVote            bool // in the survey
	Counted            int
	Least              int
	Similar            []TopicRow
	Form               Form
	Preview            template.HTML
	CanReply, CanState bool
	Who                Text
	NDA                bool
	Moved              time.Time
	CanMove            bool
	Moves              []Option // where it may go; posts category
	NoMoves            []Text   // where not, and why
	CanSeal, CanUnseal bool
}

// TagLink is a tag with the list of its topics.
type TagLink struct{ Name, URL string }

// TopicPost is what somebody wrote in a topic.
type TopicPost struct {
	ID                                             string // empty for the topic itself
	Author                                         Person // no name: Hidden
	Hidden                                         bool
	HTML                                           template.HTML
	Source                                         string
	Files                                          []FileLink
	At                                             time.Time
	ByMail, Edited, Removed, Accepted, Voted, Mine bool
	Votes                                          int
	CanEdit, CanRemove, CanAccept, CanVote         bool
	URL                                            string // its address on the page
	Form                                           Form
}

// SurveyRow is a question with its options, and with Counts its aggregate.
type SurveyRow struct {
	Text    string
	Name    string
	Options []SurveyOption
}

// SurveyOption is one answer to choose, with how many chose it.
type SurveyOption struct {
	Value, Text string
	N, Percent  int
}

// CategoryFormPage makes or changes a category.
type CategoryFormPage struct {
	Base
	URL    string
	ID     string
	Form   Form
	Open   bool
	Closed bool
	Seats  []SeatRow
	Tiers  []SeatRow // Org and Name are the tier's name
}

// NDAPage is /c/{slug}/forum/categories/{id}/agreement: the text under which confidential
// ideas are read, and who accepted it.
type NDAPage struct {
	Base
	URL, CSVURL, BackURL string
	Category             string
	Number               int
	Body                 string
	Made                 time.Time
	Accepted             bool
	CanList              bool // see the register
	Rows                 []NDARow
}

// NDARow is a line of the register.
type NDARow struct {
	By     Person
	Number int
	At     time.Time
}

// SeatRow is a company a category may be shared with.
type SeatRow struct {
	Org, Name string
	Choice    string // "", see, reply, create
	Agreed    bool
}

// ReportsPage is what was reported to the moderators.
type ReportsPage struct {
	Base
	Rows []ReportRow
}

// ReportRow is one report.
type ReportRow struct {
	URL, DoURL, Title, Reason string
	HTML                      template.HTML // what is reported, whole: it is judged here
	By                        Person
	At                        time.Time
}

// LibraryPage is /c/{slug}/library. Fragment "library.list".
type LibraryPage struct {
	Base
	URL     string
	Own     bool // the company's own documents
	Tabs    []Tab
	Filters Filters
	Pager   Pager
	Rows    []LibraryRow
	NewURL  string // who may publish
}

// LibraryRow is a document of the list.
type LibraryRow struct {
	URL, Title     string
	Kind, Language Text
	Owner          string // company, empty for the own one
	Version        int
	Changed        time.Time
	Expires        Date
	Mark           Text // what is new of it to the reader
	Asked          bool // to confirm
	Status         Status
	File           FileLink
}

// DocumentPage is a document, for its reader or with its register for its owner.
type DocumentPage struct {
	Base
	URL, EditURL string
	Row          LibraryRow
	About, Note  string
	Facts        []KV
	Confirm      bool
	Confirmed    time.Time
	Own          bool
	CanManage    bool
	CanRemind    bool
	Withdrawn    bool
	Audience     []Text
	Versions     []DocumentVersion
	Register     bool
	Readers      []RegisterRow
	Missing      int // addressed companies of which nobody confirmed
	Shown        int // the version of the register
	Form         Form
}

// DocumentVersion is one version, for the owner.
type DocumentVersion struct {
	Number      int
	Note, By    string
	At          time.Time
	File        FileLink
	RegisterURL string
	On          bool
}

// RegisterRow is a company in the register of a version.
type RegisterRow struct {
	Company         string
	Gone, Confirmed bool // Gone: addressed no more
	People          []RegisterPerson
}

// RegisterPerson is what one person did with a version.
type RegisterPerson struct {
	Name                     string
	Seen, Fetched, Confirmed time.Time
	Fetches                  int
}

// DocumentFormPage makes or changes a document.
type DocumentFormPage struct {
	Base
	URL, BackURL               string
	ID                         string
	Form                       Form
	Kinds, Languages           []Option
	Everyone, Confirm          bool
	Tiers, Countries, Partners []Option
}
