package call

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"entente/chat/room"
	"entente/db"
)

// The rows. Times are microseconds (db.Micros), 0 = not yet.

type callRow struct {
	ID       string `gorm:"primaryKey"`
	RoomID   string
	PersonID string // who began it
	OrgID    string
	Rev      int64
	Begun    int64
	Ended    int64
	Relay    int64
	Sfu      int64
	SfuNode  string
	SfuBeat  int64
}

func (callRow) TableName() string { return "room_call" }

type partyRow struct {
	ID       string `gorm:"primaryKey"`
	CallID   string
	PersonID string
	OrgID    string
	Mic      int64
	Camera   int64
	Screen   int64
	Joined   int64
	Beat     int64
	Gone     int64
}

func (partyRow) TableName() string { return "room_call_party" }

// rungRow is somebody whom a call rang, or who declined it.
type rungRow struct {
	CallID   string `gorm:"primaryKey"`
	PersonID string `gorm:"primaryKey"`
	OrgID    string `gorm:"primaryKey"`
	Declined int64
}

func (rungRow) TableName() string { return "room_call_rung" }

// policyRow is what a company wants of the calls in its rooms.
type policyRow struct {
	OrgID    string `gorm:"primaryKey"`
	Relay    int64
	PersonID string
	Changed  int64
}

func (policyRow) TableName() string { return "call_policy" }

const callColumns = "id, room_id, person_id, org_id, rev, begun, ended, relay, sfu, sfu_node, sfu_beat"

func (c *callRow) dest() []any {
	return []any{&c.ID, &c.RoomID, &c.PersonID, &c.OrgID, &c.Rev, &c.Begun, &c.Ended, &c.Relay, &c.Sfu, &c.SfuNode, &c.SfuBeat}
}

// lockOpen takes the lock of a room's open call and raises its number.
func lockOpen(ctx context.Context, id room.ID) (c callRow, there bool, err error) {
	there, err = db.Row(ctx, "UPDATE room_call SET rev = rev + 1 WHERE room_id = ? AND ended = 0 RETURNING "+callColumns, []any{string(id)}, c.dest()...)
	return c, there, err
}

// lockCall is lockOpen by the call's id, open or not.
func lockCall(ctx context.Context, id ID) (c callRow, err error) {
	there, err := db.Row(ctx, "UPDATE room_call SET rev = rev + 1 WHERE id = ? RETURNING "+callColumns, []any{string(id)}, c.dest()...)
	if err == nil && !there {
		err = errNotFound
	}
	return c, err
}

// insertCall begins a call; the unique open one of a room settles a race.
func insertCall(ctx context.Context, id room.ID, person, org string, relay bool) (c callRow, made bool, err error) {
	c = callRow{ID: db.NewID(), RoomID: string(id), PersonID: person, OrgID: org, Rev: 1, Begun: db.Micros(db.Now(ctx)), Relay: db.Flag(relay)}
	n, err := db.Exec(ctx, "INSERT INTO room_call ("+callColumns+") VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0, '', 0) ON CONFLICT DO NOTHING", c.ID, c.RoomID, c.PersonID, c.OrgID, c.Rev, c.Begun, c.Relay)
	return c, n == 1, err
}

func readOpen(ctx context.Context, id room.ID) (callRow, bool, error) {
	var rows []callRow
	err := db.Tx(ctx).Where("room_id = ? AND ended = 0", string(id)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return callRow{}, false, err
	}
	return rows[0], true, nil
}

func endCall(ctx context.Context, id string, at time.Time) error {
	return db.Tx(ctx).Model(&callRow{}).Where("id = ?", id).UpdateColumn("ended", db.Micros(at)).Error
}

func parties(ctx context.Context, call string) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&partyRow{}).Where("call_id = ? AND gone = 0", call).Count(&n).Error
	return int(n), err
}

// insertParty adds a party to a locked call.
func insertParty(ctx context.Context, call, person, org string, f Flags) (Peer, error) {
	now := db.Micros(db.Now(ctx))
	p := partyRow{ID: db.NewID(), CallID: call, PersonID: person, OrgID: org, Mic: db.Flag(f.Mic), Camera: db.Flag(f.Camera), Screen: db.Flag(f.Screen), Joined: now, Beat: now}
	return Peer(p.ID), db.Tx(ctx).Create(&p).Error
}

// host has a node forward a locked call.
func host(ctx context.Context, c *callRow, node string) error {
	c.Sfu, c.SfuNode, c.SfuBeat = 1, node, db.Micros(db.Now(ctx))
	_, err := db.Exec(ctx, "UPDATE room_call SET sfu = 1, sfu_node = ?, sfu_beat = ? WHERE id = ?", c.SfuNode, c.SfuBeat, c.ID)
	return err
}

func readCall(ctx context.Context, id string) (c callRow, err error) {
	err = db.Tx(ctx).Where("id = ?", id).Take(&c).Error
	return c, db.Translate(err)
}

// hosted renews a node's word for the calls that it forwards, and returns those that run.
func hosted(ctx context.Context, node string, ids []string) (rows []callRow, err error) {
	if err := db.Tx(ctx).Model(&callRow{}).Where("id IN ? AND sfu_node = ? AND ended = 0", ids, node).UpdateColumn("sfu_beat", db.Micros(db.Now(ctx))).Error; err != nil {
		return nil, err
	}
	err = db.Tx(ctx).Where("id IN ? AND sfu_node = ? AND ended = 0", ids, node).Order("id").Find(&rows).Error
	return rows, err
}

// unhost has a node forward nothing any more.
func unhost(ctx context.Context, node string) error {
	_, err := db.Exec(ctx, "UPDATE room_call SET sfu_node = '', rev = rev + 1 WHERE sfu_node = ? AND ended = 0", node)
	return err
}

// forget deletes calls that ended before an instant, with all about them.
func forget(ctx context.Context, before time.Time, limit int) (int, error) {
	var ids []string
	err := db.Tx(ctx).Model(&callRow{}).Where("ended > 0 AND ended < ?", db.Micros(before)).Order("ended").Limit(limit).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	for _, table := range []any{&partyRow{}, &rungRow{}} {
		if err := db.Tx(ctx).Where("call_id IN ?", ids).Delete(table).Error; err != nil {
			return 0, err
		}
	}
	return len(ids), db.Tx(ctx).Where("id IN ?", ids).Delete(&callRow{}).Error
}

func readParty(ctx context.Context, id Peer) (partyRow, error) {
	var p partyRow
	err := db.Tx(ctx).Where("id = ?", string(id)).Take(&p).Error
	return p, db.Translate(err)
}

func setFlags(ctx context.Context, id Peer, f Flags) (there bool, err error) {
	n, err := db.Exec(ctx, "UPDATE room_call_party SET mic = ?, camera = ?, screen = ? WHERE id = ? AND gone = 0", db.Flag(f.Mic), db.Flag(f.Camera), db.Flag(f.Screen), string(id))
	return n == 1, err
}

func out(ctx context.Context, id Peer, at time.Time) (changed bool, err error) {
	n, err := db.Exec(ctx, "UPDATE room_call_party SET gone = ? WHERE id = ? AND gone = 0", db.Micros(at), string(id))
	return n == 1, err
}

func outAll(ctx context.Context, call string) ([]Peer, error) {
	var ids []Peer
	if err := db.Tx(ctx).Model(&partyRow{}).Where("call_id = ? AND gone = 0", call).Order("joined, id").Pluck("id", &ids).Error; err != nil {
		return nil, err
	}
	return ids, db.Tx(ctx).Model(&partyRow{}).Where("call_id = ? AND gone = 0", call).UpdateColumn("gone", db.Micros(db.Now(ctx))).Error
}

// beat renews parties and returns those that are gone.
func beat(ctx context.Context, held []Peer, at time.Time) (lost []Peer, err error) {
	err = db.Tx(ctx).Model(&partyRow{}).Where("id IN ? AND gone = 0", held).UpdateColumn("beat", db.Micros(at)).Error
	if err == nil {
		err = db.Tx(ctx).Model(&partyRow{}).Where("id IN ? AND gone <> 0", held).Order("id").Pluck("id", &lost).Error
	}
	return lost, err
}

// stale are open calls with a party nobody spoke for, or without any.
func stale(ctx context.Context, before time.Time, limit int) ([]ID, error) {
	var ids []ID
	err := db.Tx(ctx).Raw(`SELECT c.id FROM room_call c WHERE c.ended = 0 AND (EXISTS (SELECT 1 FROM room_call_party p WHERE p.call_id = c.id AND p.gone = 0 AND p.beat < ?)
		OR NOT EXISTS (SELECT 1 FROM room_call_party p WHERE p.call_id = c.id AND p.gone = 0)) ORDER BY c.begun LIMIT ?`, db.Micros(before), limit).Scan(&ids).Error
	return ids, err
}

// outStale takes the parties of a call out that nobody spoke for, each at its last word,
// and returns the latest of all last words.
func outStale(ctx context.Context, call string, before time.Time) (last time.Time, err error) {
	if err := db.Tx(ctx).Exec("UPDATE room_call_party SET gone = beat WHERE call_id = ? AND gone = 0 AND beat < ?", call, db.Micros(before)).Error; err != nil {
		return time.Time{}, err
	}
	var at *int64
	if err := db.Tx(ctx).Raw("SELECT MAX(gone) FROM room_call_party WHERE call_id = ?", call).Scan(&at).Error; err != nil || at == nil || *at == 0 {
		return time.Time{}, err
	}
	return db.FromMicros(*at), nil
}

// everIn are the persons who took part in a call, the first first, each once however often
// the person came back.
func everIn(ctx context.Context, call string) (persons []string, err error) {
	err = db.Tx(ctx).Raw("SELECT person_id FROM room_call_party WHERE call_id = ? GROUP BY person_id ORDER BY MIN(joined), MIN(id) LIMIT 1000", call).Scan(&persons).Error
	return persons, err
}

// readState reads who is in a call. Names follow after the transaction.
func readState(ctx context.Context, c callRow) (State, error) {
	st := State{ID: ID(c.ID), Room: room.ID(c.RoomID), Rev: c.Rev, Begun: db.FromMicros(c.Begun), By: room.Author{ID: c.PersonID, Org: c.OrgID}, Relay: c.Relay != 0, SFU: c.Sfu != 0, Node: c.SfuNode}
	if c.Ended != 0 {
		st.Ended = db.FromMicros(c.Ended)
	}
	var rows []partyRow
	if err := db.Tx(ctx).Where("call_id = ? AND gone = 0", c.ID).Order("joined, id").Find(&rows).Error; err != nil {
		return State{}, err
	}
	for _, p := range rows {
		st.Parties = append(st.Parties, Party{Peer: Peer(p.ID), From: room.Author{ID: p.PersonID, Org: p.OrgID}, Flags: Flags{p.Mic != 0, p.Camera != 0, p.Screen != 0}})
	}
	return st, nil
}

func keepRung(ctx context.Context, call ID, who []Member) error {
	rows := make([]rungRow, len(who))
	for i, m := range who {
		rows[i] = rungRow{CallID: string(call), PersonID: m.Person, OrgID: m.Org}
	}
	if len(rows) == 0 {
		return nil
	}
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
}

func decline(ctx context.Context, call ID, person, org string, at time.Time) error {
	_, err := db.Exec(ctx, `INSERT INTO room_call_rung (call_id, person_id, org_id, declined) VALUES (?, ?, ?, ?)
		ON CONFLICT (call_id, person_id, org_id) DO UPDATE SET declined = excluded.declined`, string(call), person, org, db.Micros(at))
	return err
}

// rungBy are all whom a call rang.
func rungBy(ctx context.Context, call ID) (out []Member, err error) {
	var rows []rungRow
	err = db.Tx(ctx).Where("call_id = ?", string(call)).Order("person_id, org_id").Find(&rows).Error
	for _, r := range rows {
		out = append(out, Member{r.PersonID, r.OrgID})
	}
	return out, err
}

// missedBy are those whom a call rang and who neither declined it nor ever took part, for
// whichever company.
func missedBy(ctx context.Context, call string) (out []Member, err error) {
	var rows []rungRow
	err = db.Tx(ctx).Where("call_id = ? AND declined = 0 AND person_id NOT IN (SELECT person_id FROM room_call_party WHERE call_id = ?)", call, call).Order("person_id, org_id").Find(&rows).Error
	for _, r := range rows {
		out = append(out, Member{r.PersonID, r.OrgID})
	}
	return out, err
}

// wantRelay says that one of the companies wants that addresses stay hidden.
func wantRelay(ctx context.Context, orgs []string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Model(&policyRow{}).Where("org_id IN ? AND relay <> 0", orgs).Count(&n).Error
	return n > 0, err
}

func relayed(ctx context.Context, call string) error {
	_, err := db.Exec(ctx, "UPDATE room_call SET relay = 1 WHERE id = ?", call)
	return err
}

func putRelay(ctx context.Context, org, person string, on bool) error {
	row := policyRow{org, db.Flag(on), person, db.Micros(db.Now(ctx))}
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "org_id"}}, DoUpdates: clause.AssignmentColumns([]string{"relay", "person_id", "changed"}),
	}).Create(&row).Error
}
