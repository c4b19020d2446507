// Package library keeps the documents that a company publishes to its partners: to all of
// them, to those of chosen tiers and countries, or to chosen ones, each document in
// versions of which the last one counts.
//
// Who is not addressed finds nothing of a document, and who is learns of nobody else:
// neither to whom else it goes nor who else read it. The register of who read, took and
// confirmed a version is its owner's. A document is read from the day it is valid, in the
// owner's zone, until the day it expires.
package library

import (
	"slices"
	"time"
)

// ID names a document.
type ID string

// The kinds of documents. Prices are for those who may see prices.
const (
	Manual    = "manual"
	Datasheet = "datasheet"
	Brochure  = "brochure"
	Prices    = "prices"
	Terms     = "terms"
	Training  = "training"
	Form      = "form"
	Other     = "other"
)

// Kinds are all of them, in the order in which they are offered.
var Kinds = []string{Manual, Datasheet, Brochure, Prices, Terms, Training, Form, Other}

// Languages are those in which a document may be; "" is for any.
var Languages = []string{"en", "zh-CN", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "et", "lv", "lt", "fi", "sv", "ja", "ko"}

// State is where a document stands, for its owner: partners see current ones only.
type State string

// The states of a document.
const (
	Scheduled State = "scheduled"
	Current   State = "current"
	Expired   State = "expired"
	Withdrawn State = "withdrawn"
)

// The marks of what a person has not read yet.
const (
	MarkNew     = "new"     // no version of it
	MarkChanged = "changed" // an earlier version
)

// Limits.
const (
	maxTitle     = 160
	maxAbout     = 2000
	maxNote      = 500
	maxKey       = 64
	maxTargets   = 1000
	maxVersions  = 500
	maxDocuments = 5000 // of a company
	pageRows     = 30
	mostRows     = 100
	mostReadings = 2000 // of a register
)

// remindEvery is how long the owner waits between two reminders.
const remindEvery = 20 * time.Hour

// Partner is a company that may be addressed, with what it is to the owner.
type Partner struct {
	Org     string
	Tier    string // "" where it has none
	Country string // ISO 3166-1 alpha-2
}

// Standing is what a company is to one that may address it.
type Standing struct {
	Owner   string
	Tier    string
	Country string
	Today   string // civil date of the owner
}

// Audience is to whom a document goes: to everyone whose tier and country is listed, where
// nothing is listed to all; and to the chosen companies. A company's country is its own word:
// it counts as it was when the document was last saved, or of a later partner when it came,
// so that nobody reads what is for others by changing it.
type Audience struct {
	Everyone  bool
	Tiers     []string
	Countries []string
	Orgs      []string

	within, without []string // companies that were in the countries then, and that were not
}

// reaches says whether a partner is addressed.
func (a Audience) reaches(p Partner) bool {
	in := slices.Contains[[]string]
	return in(a.Orgs, p.Org) || a.Everyone && (len(a.Tiers) == 0 || in(a.Tiers, p.Tier)) && (len(a.Countries) == 0 || in(a.within, p.Org) || in(a.Countries, p.Country) && !in(a.without, p.Org))
}

// File is the file of a version.
type File struct {
	Name string
	Type string // by its content
	Size int64
	Hash string
}

// Document is a document as the viewer sees it. Audience, State, Made and MadeBy are the
// owner's alone.
type Document struct {
	ID        ID
	Owner     string // company id
	Title     string
	About     string
	Kind      string
	Language  string
	ValidFrom string // civil dates, "" where there is none
	Expires   string
	Confirm   bool // readers are asked to confirm
	Version   int
	File      File
	Note      string // what the version changes
	Changed   time.Time

	Mark      string    // for a reader: MarkNew, MarkChanged or ""
	Confirmed time.Time // by the viewer, of this version

	Audience Audience
	State    State
	MadeBy   string

	CanManage, CanConfirm bool
}

// Version is a version, for the owner.
type Version struct {
	Number int
	File   File
	Note   string
	Made   time.Time
	MadeBy string
}

// Reading is what one person did with a version.
type Reading struct {
	Org, Person string
	Seen        time.Time
	Fetched     time.Time
	Fetches     int
	Confirmed   time.Time
}

// Reader is an addressed company in the register, or one that was and read then.
type Reader struct {
	Org       string
	Addressed bool
	Confirmed bool // by somebody of it
	Readings  []Reading
}

// Cmd makes or changes a document.
type Cmd struct {
	Title     string
	About     string
	Kind      string
	Language  string
	ValidFrom string
	Expires   string
	Confirm   bool
	Audience  Audience
	Key       string // of Publish: the same key of the same person is one document
}

// Filter narrows a list. Own: the documents of the own company instead of those of
// partners.
type Filter struct {
	Own      bool
	Owner    string
	Kind     string
	Language string
	Query    string
	Fresh    bool // what the reader has not read yet
	Asked    bool // what the reader is asked to confirm and has not
	After    string
	Limit    int
}

// Choices are what an owner may address.
type Choices struct {
	Tiers    []string
	Partners []Partner
}
