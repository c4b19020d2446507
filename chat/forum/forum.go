// Package forum keeps categories of topics that a company shares with companies it
// chooses, by name or by the tier that it gives them: who may see, reply and create is said
// for each. A company that has no seat in a category finds nothing of it.
//
// Companies of a category may be competitors. So a member sees its own people and the
// owner's; whoever else writes is nobody, without name, company, avatar or count. Only
// where the owner marked a category open among its companies are they named, and there
// nobody enters before an admin of the own company agreed.
//
// Bodies are Markdown as typed; rendering is the page's. Times are UTC.
package forum

import (
	"time"

	"entente/prm/access"
)

// Ids of the package.
type (
	CategoryID string
	TopicID    string
	PostID     string
	FlagID     string
)

// Kind says what a topic is.
type Kind string

// The kinds of a topic.
const (
	Question Kind = "question" // one answer may be accepted
	Talk     Kind = "talk"
	Idea     Kind = "idea"   // goes through states that the owner sets
	Survey   Kind = "survey" // asks questions; only the owner's, and only aggregates are told
)

// Kinds are all of them, in the order in which they are offered.
var Kinds = []Kind{Question, Talk, Idea, Survey}

// State is where a topic stands.
type State string

// The states of a topic. An idea goes open, review, planned, trial, released or declined.
const (
	Open     State = "open"
	Answered State = "answered"
	Closed   State = "closed"
	Review   State = "review"
	Planned  State = "planned"
	Trial    State = "trial"
	Released State = "released"
	Declined State = "declined"
)

// IdeaStates are those of an idea.
var IdeaStates = []State{Open, Review, Planned, Trial, Released, Declined}

// LeastBallots is how many answers an aggregate of a survey covers at least, and the step
// in which it grows: the difference of two results covers as many.
const LeastBallots = 5

// ViaMail is how somebody acts who wrote a mail.
const ViaMail = "mail"

// Limits.
const (
	maxTitle     = 200
	maxBody      = 20_000
	maxName      = 80
	maxAbout     = 500
	maxTags      = 5
	maxTag       = 30
	maxReason    = 500
	maxKey       = 64
	maxQuestions = 10
	maxOptions   = 10
	maxSeats     = 500
	maxReplies   = 5000 // of one topic
	pageRows     = 30
	mostRows     = 100
)

// Category is a category as the viewer sees it.
type Category struct {
	ID     CategoryID
	Owner  string // company id
	Name   string
	About  string
	Open   bool // its companies are named to each other, once each agreed
	Closed bool // read only
	Made   time.Time

	Reply, Create bool // what the viewer's company may do
	Agreed        bool // the viewer's company agreed to be named
	Unread        int  // watched topics with something new
	NDA           NDA
	Seats         []Seat
	Tiers         []TierSeat
}

// Locked says that the viewer's company must agree before it enters.
func (c Category) Locked() bool { return c.Open && !c.Agreed }

// Resource is the category as access.Check sees it: the viewer is its owner or has a seat.
func (c Category) resource(org string) access.Resource {
	return access.Resource{Owner: c.Owner, Members: []string{org}}
}

// Seat is what a company may do in a category. Only the owner sees seats, and tiers.
type Seat struct {
	Org           string
	Reply, Create bool
	Agreed        bool
}

// Author is who wrote, as the viewer may know it. The zero Author is a partner without name.
type Author struct {
	Person, Org string // ids; names are looked up by whoever shows them
	Mine        bool
	Owner       bool // of the category's owner
}

// Hidden says that nothing is known of the author.
func (a Author) Hidden() bool { return a.Person == "" }

// Asked is one question of a survey.
type Asked struct {
	Text    string   `json:"text"`
	Options []string `json:"options"`
}

// Result is the aggregate of one question: how often each option was chosen.
type Result struct {
	Asked
	Counts []int
}

// Topic is a topic as the viewer sees it.
type Topic struct {
	ID       TopicID
	Category CategoryID
	Kind     Kind
	From     Author
	Title    string
	Body     string
	Tags     []string
	State    State
	Accepted PostID
	Replies  int
	Active   time.Time
	Made     time.Time
	Moved    time.Time // into its category; zero: it was made there
	Edited   bool
	Removed  bool

	Voted   bool
	Votes   int // counted for the owner and in an open category; -1 elsewhere
	Unread  bool
	Level   string // Watching, Muted or ""
	NDA     bool   // read only by who accepted the agreement of its category
	Survey  []Asked
	Files   []File
	Done    bool     // the viewer answered the survey
	Result  []Result // for the owner, and in an open category for who answered; empty below LeastBallots
	Counted int      // ballots behind Result

	CanEdit, CanModerate, CanAccept, CanReply bool
	CanSeal, CanUnseal                        bool // put it under the agreement, take it out
	CanMove                                   bool
}

// Post is a reply.
type Post struct {
	ID       PostID
	From     Author
	Body     string
	Made     time.Time
	Via      string // by what it came: ViaMail, or ""
	Edited   bool
	Removed  bool
	Accepted bool
	Voted    bool
	Votes    int // as of Topic
	Files    []File
	CanEdit  bool
}

// Levels of watching.
const (
	Watching = "watching"
	Muted    = "muted"
)

// Flag is something reported to the owner of a category.
type Flag struct {
	ID       FlagID
	Category CategoryID
	Topic    TopicID
	Post     PostID
	Title    string
	Text     string
	From     Author // who reported
	Reason   string
	Made     time.Time
	Sealed   bool // under an agreement the viewer did not accept: no title, no text
}

// CategoryCmd makes or changes a category. Seats are the companies it is shared with.
type CategoryCmd struct {
	ID     CategoryID // "" makes one
	Name   string
	About  string
	Open   bool
	Closed bool
	Seats  []Seat
	Tiers  []TierSeat // whoever has one of them with the actor's company, too
	NDA    string     // the text under which confidential ideas are read; "" is none
}

// TopicCmd makes a topic.
type TopicCmd struct {
	Category CategoryID
	Kind     Kind
	Title    string
	Body     string
	Tags     []string
	Survey   []Asked
	Key      string // the same key of the same person is one topic
	Files    []FileID
	NDA      bool // of an idea
}

// Filter narrows a list of topics.
type Filter struct {
	Category CategoryID
	Kind     Kind
	Tag      string
	Query    string
	State    State
	Watched  bool
	After    string
	Limit    int
}
