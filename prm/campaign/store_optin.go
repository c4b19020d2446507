package campaign

import (
	"context"
	"strings"
	"time"

	"entente/db"
	"entente/prm/customer"
)

type optInRow struct {
	ID                        string `gorm:"primaryKey"`
	OrgID, Address, ContactID string
	PageID, Language, Consent string
	ConsentMark, WishID       string
	Asked                     int64
	AskedFrom                 string
	Expires, Confirmed        int64
	ConfirmedFrom             string
}

func (optInRow) TableName() string { return "mail_optin" }

func (r optInRow) optIn() OptIn {
	out := OptIn{Language: r.Language, Consent: r.Consent, ConsentMark: r.ConsentMark, Asked: db.FromMicros(r.Asked), AskedFrom: r.AskedFrom, Expires: db.FromMicros(r.Expires), ConfirmedFrom: r.ConfirmedFrom}
	if r.Confirmed > 0 {
		out.Confirmed = db.FromMicros(r.Confirmed)
	}
	return out
}

func insertOptIn(ctx context.Context, r optInRow) error { return db.Tx(ctx).Create(&r).Error }

// optInsOf are the wishes of addresses at a company: the confirmed one of each, else the last.
func optInsOf(ctx context.Context, org string, marks []string) (map[string]optInRow, error) {
	out := map[string]optInRow{}
	if len(marks) == 0 {
		return out, nil
	}
	var rows []optInRow
	err := db.Tx(ctx).Where("org_id = ? AND address IN ?", org, marks).Order("asked, id").Find(&rows).Error
	for _, r := range rows {
		if out[r.Address].Confirmed == 0 {
			out[r.Address] = r
		}
	}
	return out, err
}

func optInsByWish(ctx context.Context, wish string) ([]optInRow, error) {
	if !db.ValidID(wish) {
		return nil, nil
	}
	var rows []optInRow
	return rows, db.Tx(ctx).Where("wish_id = ?", wish).Order("id").Find(&rows).Error
}

func confirmOptIn(ctx context.Context, id string, at int64, from string) error {
	return db.Tx(ctx).Model(&optInRow{}).Where("id = ? AND confirmed = 0", id).Updates(map[string]any{"confirmed": at, "confirmed_from": from}).Error
}

// agreedBefore says that a contact with the address agreed to be written to before an instant.
func agreedBefore(ctx context.Context, org, mail string, at time.Time) (bool, error) {
	var n int64
	err := db.Tx(ctx).Table("contact").Where("org_id = ? AND LOWER(mail) = ? AND may_contact AND basis IN ? AND given < ?", org, strings.ToLower(strings.TrimSpace(mail)), []string{customer.BasisForm, customer.BasisMail, customer.BasisSpoken}, db.Micros(at)).Limit(1).Count(&n).Error
	return n > 0, err
}
