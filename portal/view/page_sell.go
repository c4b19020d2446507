package view

import "time"

// SellReportsPage is /c/{slug}/sell-through: what resellers sold on, for both sides. Fragment "sell.list".
type SellReportsPage struct {
	Base
	Tabs    []Tab
	Filters Filters
	Rows    []SellReportRow
	Pager   Pager
	FileURL string // empty: nothing may be brought
	Exports []Export
}

// SellReportRow is one report. Ours says that our company made it.
type SellReportRow struct {
	URL, Number string
	Partner     Company
	Ours        bool
	From, To    Date
	Status      Status
	Lines       int
	Doubts      int
	At          time.Time
}

// SellReportPage is /c/{slug}/sell-through/{id}. Forms post to URL + "/withdraw" and "/check". Fragment "sell.lines".
type SellReportPage struct {
	Base
	URL         string
	Number      string
	Reseller    string
	From, To    Date
	Status      Status
	Newer       string // page of the report that took its place
	Facts       []KV
	Hidden      bool
	Overlaps    []SellReportRow
	Doubts      int
	DoubtsURL   string // only the lines in doubt, or all of them again
	OnlyDoubts  bool
	CanCheck    bool
	CanWithdraw bool
	NumbersURL  string // where cross references are written
	Exports     []Export
	Rows        []SellLine
	Pager       Pager
}

// SellLine is one line of a report. Why says what is in doubt, or why the line does not count.
type SellLine struct {
	Name, SKU, BuyerItem, URL string
	Quantity, Pieces          Quantity
	Counts                    bool
	Wrong                     bool
	Why                       []Text
	From, To                  Date
	Price                     Money
	Customer, Place           string
	Refs                      []Text
}

// SellCoveragePage is /c/{slug}/sell-through/coverage: which periods are reported. Forms post to URL + "/{partnership}/plan" (grain, since, due_days,
// version), "/remind" (from) and "/dual" (on).
type SellCoveragePage struct {
	Base
	URL  string
	Tabs []Tab
	Rows []SellCoverage
}

// SellCoverage is one partner.
type SellCoverage struct {
	ID       string
	Partner  Company
	Ours     bool // our company reports
	Plan     Text
	Gaps     int
	Done     Text
	Periods  []SellPeriod
	Form     *Form // empty: the viewer may not change the plan
	Grains   []Option
	Dual     bool
	CanDual  bool // may turn the switch to the other side
	DualText Text
}

// SellPeriod is one period. CanRemind offers to ask the partner for it.
type SellPeriod struct {
	From, To  Date
	Status    Status
	Due       Date
	Chased    time.Time
	CanRemind bool
}

// SellStockPage is /c/{slug}/sell-through/stock: the reported stock of a partner against what the reports explain. GET takes partnership and report.
type SellStockPage struct {
	Base
	URL        string
	Tabs       []Tab
	Partners   []Option
	Reports    []Option
	From, To   Date // days of the two stock reports; empty: there are none to compare
	Complete   bool
	Straddling int
	Rows       []SellStockRow
}

// SellStockRow is one product, in base units. Off says that there is a difference.
type SellStockRow struct {
	SKU, URL                                               string
	Opening, In, Sold, Back, Expected, Closing, Difference Quantity
	Off, Known                                             bool
}
