// Package landing keeps the public pages of promotions: one for each participant, at an
// address of its own on this server, whose form makes leads.
//
// The owner of a promotion proposes the words, the participant makes them its own and
// publishes the page. What is offered comes from the running terms each time the page is
// shown; whether the allowance itself is told is the participant's choice, for its prices
// are its own. A lead belongs to the owner of the promotion and is offered to the
// participant whose page it is, at once and to nobody else.
//
// Two participants never learn of each other: an address holds the participant's slug and
// a random token, numbers are counted for each page, and what a company reads of the
// funnel is its own part, for the owner all of it.
//
// Views are counted by day and referral code. Nothing is kept of who looked.
package landing

import (
	"net/url"
	"time"

	"entente/prm/lead"
	"entente/prm/promo"
)

// Languages are those a page may be written in.
var Languages = []string{"en", "zh-CN"}

// Colours a participant may give its page and flyers, the usual one first. Each is dark
// enough for white words on it.
var Colours = []string{"teal", "blue", "green", "red", "violet", "graphite"}

// Text is what a page says in one language.
type Text struct {
	Language string `json:"language"`
	Title    string `json:"title"`
	Body     string `json:"body,omitempty"`
	Consent  string `json:"consent,omitempty"` // what people agree to; of a page only
}

// Proposal is what the owner of a promotion proposes to say; Version 0: nothing yet.
type Proposal struct {
	Promotion promo.ID
	Texts     []Text
	Changed   time.Time
	ChangedBy string
	Version   int64
}

// Page is the page of one participant; Version 0: there is none yet.
type Page struct {
	ID        string
	Promotion promo.ID
	Owner     string // of the promotion
	Org       string // whose page it is
	Token     string // of its address, beside the slug of Org
	Live      bool   // published
	Texts     []Text // in the order of Languages
	Privacy   string // address of a privacy notice, https
	Imprint   string // who answers for it
	Colour    string // one of Colours
	Offer     bool   // the allowance is told
	Listed    bool   // search engines may list it
	Published time.Time
	Changed   time.Time
	ChangedBy string
	Version   int64

	secret string // signs when the form was shown
}

// In is the text in a language, else the first one.
func (p Page) In(language string) Text {
	for _, t := range p.Texts {
		if t.Language == language {
			return t
		}
	}
	if len(p.Texts) == 0 {
		return Text{Language: language}
	}
	return p.Texts[0]
}

// At is where a page stands on this server, beside the slug of its company: in one of its
// languages and by one of its referral codes, if they are given.
func (p Page) At(slug, language, ref string) string {
	q := url.Values{}
	if language != "" {
		q.Set("in", language)
	}
	if ref != "" {
		q.Set("ref", ref)
	}
	at := "/l/" + slug + "/" + p.Token
	if len(q) > 0 {
		at += "?" + q.Encode()
	}
	return at
}

// Code is a referral code of a page: whoever comes by ?ref= with it is counted apart, and
// its lead carries it.
type Code struct {
	Code  string
	Label string
	Made  time.Time
}

// Own is a participant's page with its codes and what the owner proposes.
type Own struct {
	Page
	Codes    []Code
	Proposal Proposal
}

// Phase says whether a promotion runs.
type Phase string

// The phases of a public page.
const (
	Soon Phase = "soon"
	Live Phase = "live"
	Over Phase = "over"
)

// Public is a page as whoever knows its address sees it. Terms hold nothing of the
// company's part.
type Public struct {
	Page  Page
	Phase Phase
	Ref   string // a code of the page, or empty
	Terms promo.Terms
	door  lead.Door
}

// Stamp says, signed, when the form was shown.
func (p Public) Stamp(now time.Time) string { return p.door.Stamp(now) }

// Stages of the funnel, and Stages lists them.
const (
	Views  = "views"
	Leads  = "leads"
	Deals  = "deals"
	Orders = "orders"
)

// Stages lists them in their order.
var Stages = []string{Views, Leads, Deals, Orders}

// Step is what came by one page and referral code: views, leads made, registrations
// submitted from them, and orders that count for those.
type Step struct {
	Org, Ref                    string
	Views, Leads, Deals, Orders int
}

// Row is what stands behind a number: a day of views, a lead, or an order. Lead is the
// owner's only, Offer the lead as the participant has it.
type Row struct {
	Org, Ref    string
	Day         string // civil, of views
	Views       int
	At          time.Time
	Lead        lead.ID
	Number      int64 // of the lead
	Offer       lead.OfferID
	OfferNumber int64
	State       lead.OfferState
	Deal, Code  string
	Order       string
	OrderNumber string
}

// Filter chooses rows.
type Filter struct {
	Stage   string
	Partner string // the owner's choice of one company
	After   string
	Limit   int // default 50, at most 1000
}
