package view

import "time"

// FilesPage is /c/{slug}/files/{kind}: the files of a kind, and the form for the next. The form posts file and partner to URL, and in a file of orders
// requested, ship_name, ship_street, ship_city, ship_postcode, ship_country and note; in a file of leads basis and currency.
type FilesPage struct {
	Base
	URL, BackURL string
	Kind         string // orders, products, references, leads, sales
	Form         Form
	Partners     []Option // nil: the file is the company's alone
	Countries    []Option
	Money        []Option // of a file of leads
	Bases        []Option // of a file of leads: how all of its people agreed
	Rows         []FileListRow
	Exports      []Export
}

// FileListRow is one of them.
type FileListRow struct {
	URL, Name string
	Partner   string
	Status    Status
	Rows      int
	Made      time.Time
	By        string
}

// FilePage is one file. Its forms post to URL + "/columns" (header, column.{i}, decimal, order), "/rows" (r.{row}.{field}, r.{row}.drop), "/apply" (number) and "/remove".
// Working says that it is being read or applied: the page asks again.
type FilePage struct {
	Base
	URL, BackURL string
	Kind         string
	Name         string
	Partner      string
	Status       Status
	Working      bool
	Progress     Text
	Done, Total  int // of the progress; Total 0 is not known
	Notes        []Text
	Problem      Text
	Columns      []FileColumn
	Headers      []Option
	Decimals     []Option
	Orders       []Option
	Open         bool // the columns are shown: they want a look
	Fixed        bool // something was applied: they stay
	Tabs         []Tab
	Fields       []FileField
	Rows         []FileRow
	Next         string
	Rest         string // what the form of the rows comes back to
	Clean        int    // what may be applied
	CleanText    Text
	AskNumber    bool
	Form         Form
	Results      []FileResult
	ResultsNext  string
	Errors       []Export
}

// FileColumn is a column with what it holds.
type FileColumn struct {
	Index   int
	Title   string
	Samples []string
	Options []Option
}

// FileField is a column of the grid.
type FileField struct {
	Name  string
	Label Text
}

// FileRow is a row of the grid.
type FileRow struct {
	No      int
	Dropped bool
	Cells   []FileCell
	Notes   []Text // doubts, and findings of fields that the grid does not show
	Bad     bool
}

// FileCell is a cell with what is wrong in it.
type FileCell struct {
	Name  string
	Label Text
	Value string
	Wrong Text
	Wide  bool
}

// FileResult is what became of a group.
type FileResult struct {
	Label, URL string
	Lines      int
	Status     Status
	Why        Text
}
