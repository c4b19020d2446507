package room

import (
	"context"
	"slices"

	"entente/db"
)

// freeRow says who made a free room.
type freeRow struct {
	RoomID   string `gorm:"primaryKey"`
	OrgID    string
	PersonID string
	Made     int64
	Open     int64 // of more than two companies
}

func (freeRow) TableName() string { return "room_free" }

// guestRow is somebody chosen by the own company for a free room.
type guestRow struct {
	RoomID   string `gorm:"primaryKey"`
	OrgID    string `gorm:"primaryKey"`
	PersonID string `gorm:"primaryKey"`
	Added    int64
}

func (guestRow) TableName() string { return "room_guest" }

// fillFree adds to free rooms who made them and who was chosen for them, for all of them at
// once.
func fillFree(ctx context.Context, rooms []*Room) error {
	var ids []string
	for _, r := range rooms {
		if r.Subject.Kind == KindFree {
			ids = append(ids, string(r.ID))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var made []freeRow
	var guests []guestRow
	if err := db.Tx(ctx).Where("room_id IN ?", ids).Find(&made).Error; err != nil {
		return err
	}
	if err := db.Tx(ctx).Where("room_id IN ?", ids).Order("room_id, org_id, added, person_id").Find(&guests).Error; err != nil {
		return err
	}
	for _, r := range rooms {
		if i := slices.IndexFunc(made, func(m freeRow) bool { return m.RoomID == string(r.ID) }); i >= 0 {
			r.Maker, r.By, r.Open = made[i].OrgID, made[i].PersonID, made[i].Open != 0
		}
		for _, g := range guests {
			if g.RoomID != string(r.ID) {
				continue
			}
			if r.Guests == nil {
				r.Guests = map[string][]string{}
			}
			r.Guests[g.OrgID] = append(r.Guests[g.OrgID], g.PersonID)
		}
	}
	return nil
}

func insertFree(ctx context.Context, f freeRow) error { return db.Tx(ctx).Create(&f).Error }

func setTitle(ctx context.Context, id ID, title string) error {
	return db.Tx(ctx).Model(&roomRow{}).Where("id = ?", string(id)).UpdateColumn("title", title).Error
}

// putGuests chooses the people of a company for a room anew; none is the whole company.
func putGuests(ctx context.Context, id ID, org string, people []string) error {
	if err := db.Tx(ctx).Where("room_id = ? AND org_id = ?", string(id), org).Delete(&guestRow{}).Error; err != nil {
		return err
	}
	now := db.Micros(db.Now(ctx))
	for _, p := range people {
		if err := db.LaterRow(ctx, &guestRow{string(id), org, p, now}, ""); err != nil {
			return err
		}
	}
	return nil
}

// forgetMembers takes the read marks of people out of a room: it counts for them no more.
func forgetMembers(ctx context.Context, id ID, org string, people []string) error {
	return db.Tx(ctx).Where("room_id = ? AND org_id = ? AND person_id IN ?", string(id), org, people).Delete(&memberRow{}).Error
}

// othersIn says that a room has something of a company that is none of some: what it said, or
// the line that tells that it left.
func othersIn(ctx context.Context, id ID, orgs ...string) (bool, error) {
	var n []int64
	err := db.Tx(ctx).Raw("SELECT seq FROM message WHERE room_id = ? AND author_org <> '' AND author_org NOT IN ? LIMIT 1", string(id), orgs).Scan(&n).Error
	return len(n) > 0, err
}

// freeOf are the free rooms in which both companies are and one of them is at home: an open
// one of a third goes on.
func freeOf(ctx context.Context, one, other string) ([]string, error) {
	var ids []string
	err := db.Tx(ctx).Raw("SELECT r.id FROM room r JOIN room_org a ON a.room_id = r.id AND a.org_id = ? JOIN room_org b ON b.room_id = r.id AND b.org_id = ? JOIN room_free f ON f.room_id = r.id AND (f.open = 0 OR f.org_id IN ?) WHERE r.subject_kind = ?", one, other, []string{one, other}, KindFree).Scan(&ids).Error
	return ids, err
}
