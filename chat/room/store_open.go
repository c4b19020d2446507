package room

import (
	"context"

	"entente/db"
)

// inviteRow is a company asked into an open room that is not in it.
type inviteRow struct {
	RoomID   string `gorm:"primaryKey"`
	OrgID    string `gorm:"primaryKey"`
	PersonID string // who asked
	Made     int64
	Declined int64 // when, 0 = not
}

func (inviteRow) TableName() string { return "room_invite" }

func invitesOf(ctx context.Context, id ID) ([]inviteRow, error) {
	var rows []inviteRow
	err := db.Tx(ctx).Where("room_id = ?", string(id)).Order("made, org_id").Find(&rows).Error
	return rows, err
}

func putInvite(ctx context.Context, i inviteRow) error {
	_, err := db.Exec(ctx, `INSERT INTO room_invite (room_id, org_id, person_id, made, declined) VALUES (?, ?, ?, ?, 0)
		ON CONFLICT (room_id, org_id) DO UPDATE SET person_id = excluded.person_id, made = excluded.made, declined = 0`, i.RoomID, i.OrgID, i.PersonID, i.Made)
	return err
}

func declineInvite(ctx context.Context, id ID, org string, at int64) error {
	return db.Tx(ctx).Model(&inviteRow{}).Where("room_id = ? AND org_id = ?", string(id), org).UpdateColumn("declined", at).Error
}

func dropInvite(ctx context.Context, id ID, org string) error {
	return db.Tx(ctx).Where("room_id = ? AND org_id = ?", string(id), org).Delete(&inviteRow{}).Error
}

// dropInvites takes the invitations between two companies back.
func dropInvites(ctx context.Context, one, other string) error {
	return db.Tx(ctx).Exec("DELETE FROM room_invite WHERE org_id = ? AND room_id IN (SELECT room_id FROM room_free WHERE org_id = ?) OR org_id = ? AND room_id IN (SELECT room_id FROM room_free WHERE org_id = ?)", one, other, other, one).Error
}

type invitedRow struct {
	RoomID, Title, Maker string
}

// invitedTo are the rooms into which a company was asked and has not answered, the latest
// first; none that is closed.
func invitedTo(ctx context.Context, org string) ([]invitedRow, error) {
	var rows []invitedRow
	err := db.Tx(ctx).Raw(`SELECT i.room_id, r.title, f.org_id AS maker FROM room_invite i JOIN room r ON r.id = i.room_id JOIN room_free f ON f.room_id = i.room_id
		WHERE i.org_id = ? AND i.declined = 0 AND r.state = ? ORDER BY i.made DESC, i.room_id LIMIT 200`, org, stateOpen).Scan(&rows).Error
	return rows, err
}
