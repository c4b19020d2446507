package account

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
)

type calendarRow struct {
	OrgID     string `gorm:"primaryKey"`
	Version   int64  `gorm:"primaryKey;autoIncrement:false"`
	Zone      string
	Country   string
	Body      string
	Changed   int64
	ChangedBy string
}

func (calendarRow) TableName() string { return "calendar" }

// calendarBody is what a row keeps as JSON.
type calendarBody struct {
	Public bool         `json:"public"`
	Week   [7][]Span    `json:"week"`
	Days   []SpecialDay `json:"days,omitempty"`
}

// readCalendar reads a version of a calendar; 0 is the last.
func readCalendar(ctx context.Context, org string, version int64) (Calendar, bool, error) {
	q := db.Tx(ctx).Where("org_id = ?", org)
	if version > 0 {
		q = q.Where("version = ?", version)
	}
	var rows []calendarRow
	if err := q.Order("version DESC").Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return Calendar{}, false, err
	}
	r := rows[0]
	var b calendarBody
	if err := json.Unmarshal([]byte(r.Body), &b); err != nil {
		return Calendar{}, false, fault.Wrap(err, fault.Internal, "error.internal")
	}
	return Calendar{Org: r.OrgID, Version: r.Version, Zone: r.Zone, Country: r.Country, Public: b.Public, Week: b.Week, Days: b.Days, Changed: db.FromMicros(r.Changed), ChangedBy: r.ChangedBy}, true, nil
}

// insertCalendar reports whether the version was free.
func insertCalendar(ctx context.Context, c Calendar) (bool, error) {
	body, err := json.Marshal(calendarBody{c.Public, c.Week, c.Days})
	if err != nil {
		return false, fault.Wrap(err, fault.Internal, "error.internal")
	}
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&calendarRow{
		OrgID: c.Org, Version: c.Version, Zone: c.Zone, Country: c.Country, Body: string(body), Changed: db.Micros(c.Changed), ChangedBy: c.ChangedBy,
	})
	return res.RowsAffected == 1, res.Error
}

type absenceRow struct {
	OrgID    string `gorm:"primaryKey"`
	ID       string `gorm:"primaryKey"`
	PersonID string
	FromOn   string
	ToOn     string
	Starts   int64
	Ends     int64
	CoverID  string
	Created  int64 `gorm:"autoCreateTime:false"`
}

func (absenceRow) TableName() string { return "absence" }

func (r absenceRow) absence() Absence {
	return Absence{ID: r.ID, Org: r.OrgID, Person: r.PersonID, From: r.FromOn, To: r.ToOn, Starts: db.FromMicros(r.Starts), Ends: db.FromMicros(r.Ends), Cover: r.CoverID}
}

func insertAbsence(ctx context.Context, a Absence) error {
	return db.Tx(ctx).Create(&absenceRow{OrgID: a.Org, ID: a.ID, PersonID: a.Person, FromOn: a.From, ToOn: a.To, Starts: db.Micros(a.Starts), Ends: db.Micros(a.Ends), CoverID: a.Cover, Created: db.Micros(db.Now(ctx))}).Error
}

// absencesOf are those of a person that are not over, by their beginning.
func absencesOf(ctx context.Context, org, person string, now time.Time) ([]Absence, error) {
	var rows []absenceRow
	err := db.Tx(ctx).Where("org_id = ? AND person_id = ? AND ends > ?", org, person, db.Micros(now)).Order("starts, id").Find(&rows).Error
	return absences(rows), err
}

// awayAt are the absences of a company at an instant, by their beginning.
func awayAt(ctx context.Context, org string, at time.Time) ([]Absence, error) {
	hour := at.Truncate(time.Hour)
	rows, err := db.Remember(ctx, "away:"+org+":"+hour.UTC().Format(time.RFC3339), []string{absenceRow{}.TableName()}, func() (rows []absenceRow, err error) {
		return rows, db.Tx(ctx).Where("org_id = ? AND ends > ? AND starts <= ?", org, db.Micros(hour), db.Micros(hour.Add(time.Hour))).Order("starts, id").Find(&rows).Error
	})
	now := slices.DeleteFunc(slices.Clone(rows), func(r absenceRow) bool { return r.Ends <= db.Micros(at) || r.Starts > db.Micros(at) })
	return absences(now), err
}

func absences(rows []absenceRow) []Absence {
	out := make([]Absence, len(rows))
	for i, r := range rows {
		out[i] = r.absence()
	}
	return out
}

func deleteAbsence(ctx context.Context, org, person, id string) (bool, error) {
	res := db.Tx(ctx).Where("org_id = ? AND person_id = ? AND id = ?", org, person, id).Delete(&absenceRow{})
	return res.RowsAffected > 0, res.Error
}
