package view

import "time"

// HooksPage is /c/{slug}/edi/hooks: the company's webhooks. Its form posts to URL with url and events.
type HooksPage struct {
	Base
	URL    string
	Rows   []HookRow
	Secret string // of the one just made or changed, shown once
	Form   Form
	Events []HookKind
	Manage bool
	APIURL string
}

// HookKind is the events about one kind of object; On tells that all of them are ticked.
type HookKind struct {
	Name   Text
	On     bool
	Events []Option
}

// HookRow is one address.
type HookRow struct {
	URL     string
	Address string
	Events  []Text
	Status  Status // hook.*
	Created time.Time
}

// HookPage is /c/{slug}/edi/hooks/{id}: one webhook. Forms post to URL, and to URL + "/test", "/rotate", "/resume" and "/remove";
// a message is sent again by URL + "/{delivery}/again".
type HookPage struct {
	Base
	URL      string
	Address  string
	Status   Status
	Secret   string
	OldUntil time.Time // until when the secret before signs too
	Paused   bool
	Form     Form
	Events   []HookKind
	Active   bool
	Manage   bool
	Sent     []HookMessage
	Pager    Pager
	One      *HookOne
}

// HookMessage is one message to the address.
type HookMessage struct {
	URL      string
	ID       string
	Name     Text
	Kind     string
	At       time.Time
	Attempts int
	Next     time.Time
	Status   Status
	CanAgain bool
}

// HookOne is the message asked for with its body and tries.
type HookOne struct {
	HookMessage
	Body  string
	Tries []Attempt
}
