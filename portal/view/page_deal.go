package view

import "time"

// DealsPage is /c/{slug}/deals: the supplier's queue of decisions (Supplier), or the registrations of the company's own.
type DealsPage struct {
	Base
	Supplier bool
	Tabs     []Tab
	Filters  Filters
	Rows     []DealRow
	Pager    Pager
	NewURL   string
	TermsURL string
}

// DealRow is one registration. Since and Due are those of its running clock, zero where none runs. Similar counts others for the same customer, for the supplier.
type DealRow struct {
	URL, Number, Title string
	Customer           string
	Partner            Company
	Value              Money
	Since, Due         time.Time
	Status             Status
	Next               Text // what the viewer does next
	Similar            int
	Score              int
	Won                int // percent
}

// DealPage is /c/{slug}/deals/{id}, for every side of a registration. Every act posts to URL + "/" + its name; a flag says which are shown.
type DealPage struct {
	Base
	URL, EditURL, Number, Title, Need string
	Status                            Status
	Holds, Decided                    Text // the two axes in words
	Clock                             *Clock
	Facts, Customer, Own              []KV
	Items                             []DealItem
	Percent, Share                    int // won, and the agreed share, in percent
	Won                               Text
	Lines                             []DealLine
	MoreLines                         bool   // only the latest are shown
	Copy                              string // the number, where it may stand on an order
	OrderURL                          string
	Files                             []DealFile
	History                           []Entry
	Similar                           []DealSimilar
	Disputes                          []DealDispute
	Sees                              []KV // who can see it, with the rule that gives it
	Room                              *Room
	Told                              Text // what the supplier said last

	CanSubmit, CanRecall, CanWithdraw, CanLose, CanAsk, CanPostpone, CanContest, CanFile bool
	CanTake, CanDecide, CanAward, CanCancel, CanExtend, CanDoubt, IsTender               bool
	AskedText                                                                            Text

	Submit, Decide, Ask, Lose, Cancel, Extend, Contest, File, Rule Form
	Returns, Rejects, Cancels, Losses, Denials, Contests           []Option
	Kinds                                                          []Option // of evidence
}

// DealItem is one product of a registration with what was invoiced of it.
type DealItem struct {
	SKU        string
	Registered Quantity
	Invoiced   Quantity
	Resold     Quantity
	Price      Money
}

// DealLine is one order line that speaks of a registration.
type DealLine struct {
	Number, URL, SKU  string
	Ordered, Invoiced Quantity
	Amount            Money
	Why               Text
	Counts            bool
	Resale            bool // of a sell-through report: Invoiced is what was sold on
}

// DealFile is a piece of evidence.
type DealFile struct {
	ID, URL, Name string
	Kind          Text
	By            string
	At            time.Time
	Size          Text
	CanRemove     bool
}

// DealSimilar is another registration beside this one, for the supplier. Differs marks the facts that are not the same.
type DealSimilar struct {
	ID, URL, Number, Title string
	Partner                Company
	Status                 Status
	Customer               []KV
	Why                    Text
	Sure                   bool
	Score                  int
	At                     time.Time
	CanCopy, CanWait       bool
}

// DealDispute is a dispute about a registration.
type DealDispute struct {
	ID                       string
	Text, Words, Ruled, Note Text
	Decider                  string
	Clock                    *Clock
	CanRule, CanSplit        bool
	Other                    *KV
	Line                     *KV // the resale line that opened it
}

// DealFormPage is the one page on which a deal is registered, new or changed. It posts its fields to URL (act "save" or "submit"), and to URL + "/check" for what is still missing (fragment "deal_form.check").
type DealFormPage struct {
	Base
	URL, CheckURL                              string
	Changing                                   bool
	Form                                       Form
	Partners, Kinds, Countries, Money, Sources []Option
	Families, Work, Fulfillers, Evidence       []Option
	Files                                      int
	Check                                      DealCheck
	Seen                                       Text // who will see it
}

// DealCheck is how a registration stands before it is sent.
type DealCheck struct {
	Taken, Most int
	Known       Text // by what the customer is known
	Missing     []FieldError
	Promise     Text
}

// DealTermsPage is /c/{slug}/deals/terms. It posts the terms to URL, the place of a partner (partnership, version, tier, countries, families) to URL + "/partners".
type DealTermsPage struct {
	Base
	URL      string
	Form     Form
	Deciders []Option
	Places   []DealPlace
	Place    Form
	Tiers    []Option
}

// DealPlace is where one partner stands.
type DealPlace struct {
	Partner Company
	Says    Text
	EditURL string
}
