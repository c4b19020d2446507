package view

import "time"

// CalendarPage is /c/{slug}/company/calendar: when the company works. Forms: the week
// posts version, day0 to day6 (Sunday first) and public to URL; a special day posts
// version, on, kind, day_hours and name to URL+"/days", its removal version to
// URL+"/days/{date}/remove".
type CalendarPage struct {
	Base
	URL     string
	Version string
	Zone    string
	Country Text
	Week    Form
	Weekday []WeekdayRow // Monday first
	Public  bool
	Holiday []CalendarDay // public days still to come, by date
	Days    []CalendarDay // the company's own
	Day     Form
	Kinds   []Option
	Manage  bool
	Changed time.Time
	By      string
}

// WeekdayRow is a day of the week: the name of its field, day0 (Sunday) to day6.
type WeekdayRow struct{ Field string }

// CalendarDay is a day on which the week does not hold.
type CalendarDay struct {
	On    Date
	Name  Text
	Hours Text // what is worked
	Off   bool
}

// AbsenceForm is the part of the profile that says when somebody is away: it posts away_from,
// to and cover to URL+"/absences", a removal nothing to URL+"/absences/{id}/remove".
type AbsenceForm struct {
	Form   Form
	Covers []Option
	Rows   []AbsenceRow
}

// AbsenceRow is an absence that is not over.
type AbsenceRow struct {
	ID       string
	From, To Date
	Cover    string // name; empty: nobody
	Now      bool
}
