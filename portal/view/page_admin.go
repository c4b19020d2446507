package view

import (
	"html/template"
	"time"
)

// OutboxPage is /c/{slug}/mail: mail kept here because no mail server is set, newest first.
type OutboxPage struct {
	Base
	Rows  []MailRow
	Pager Pager
	SMTP  bool // a server is set: these are copies
	Came  []AnswerRow
}

// AnswerRow is a mail that came in as an answer.
type AnswerRow struct {
	Name  string
	To    Text  // what it answers
	State State // mailin.*
	Why   Text
	At    time.Time
}

// MailRow is one mail.
type MailRow struct {
	URL, To, Subject string
	At               time.Time
	State            State // mail.*
}

// MailPage is /c/{slug}/mail/{id}: one mail as text.
type MailPage struct {
	Base
	Mail MailRow
	Text string
}

// PlatformPage is /platform, for the operator: ids and company names only. Parked deliveries are retried by POST to URL+"/deliveries/{id}/retry".
type PlatformPage struct {
	Base
	URL       string
	Checks    []Check
	Facts     []KV // version, database, data folder size, started
	Companies []PlatformCompany
	Jobs      []Tally
	Events    []Tally
	Parked    []ParkedRow
	Messages  []Tally // interchanges by state
}

// Check is one readiness check.
type Check struct {
	Name  Text
	State State // check.ok, check.failed
	Note  Text
}

// Tally is a count by state.
type Tally struct {
	State State
	Count int
	Old   time.Duration // age of the oldest; zero: none
}

// ParkedRow is a delivery that failed too often.
type ParkedRow struct {
	ID, Subscriber, Event, Company string
	Attempts                       int
	At                             time.Time
	Code                           string // error code, never content
}

// PlatformCompany is a company on this server.
type PlatformCompany struct {
	ID, Name, Slug string
	People         int
	Created        time.Time
}

// HelpPage is /help and, with HTML set, /help/{name}. HTML is rendered from our own Markdown.
type HelpPage struct {
	Base
	Title    string
	Articles []HelpLink
	HTML     template.HTML
}

// HelpLink is one article. Group is a heading of the index.
type HelpLink struct {
	URL, Title, About, Group string
	On                       bool
}

// APIPage is /api/docs: the endpoints as the program knows them.
type APIPage struct {
	Base
	Version string
	SpecURL string
	Groups  []APIGroup
}

// APIGroup is a heading of the list.
type APIGroup struct {
	Name, Anchor string
	Endpoints    []Endpoint
}

// Endpoint is one operation of the API.
type Endpoint struct {
	Method, Path, Summary, About string
	Scope                        string
	Params                       []Param
	Body                         string // example or name of the schema
	Answers                      []Answer
}

// Param is a parameter of an endpoint. In is path, query or header.
type Param struct {
	Name, In, Type, About string
	Required              bool
}

// Answer is one status an endpoint answers with.
type Answer struct{ Status, About string }

// ErrorPage is any refusal. Status chooses the words: 403, 404, 409, 413, 422, 429, 500, 503; 401 is the sign-in page.
// Fragment "error.box" is the sentence in place.
type ErrorPage struct {
	Base
	Status    int
	Message   Text // what exactly, when known; else the general words
	Code      string
	Reference string // request id, to tell support
	Retry     time.Duration
	Was, Now  Text // 409: both values, when known
	BackURL   string
}

// OfflinePage is /offline, shown when the network is gone.
type OfflinePage struct{ Base }
