package gateway

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
)

// remoteRow is a server of a company's own that we fetch from and deliver to. sealed is
// its remoteSecret; fence counts claims.
type remoteRow struct {
	OrgID     string `gorm:"primaryKey"`
	ID        string `gorm:"primaryKey"`
	Name      string
	Addr      string
	Login     string
	Sealed    []byte
	HostKey   string
	InPath    string
	DonePath  string
	OutPath   string
	Network   bool  // an account at a VAN
	Leaves    bool  // taken files stay in InPath
	Every     int64 // seconds
	NextAt    int64
	HeldUntil int64 // a turn is at work; 0: none
	Attempts  int64
	Fence     int64
	LastError string
	Checked   int64
	MadeBy    string
	Created   int64 `gorm:"autoCreateTime:false"`
}

// TableName is the table of remoteRow.
func (remoteRow) TableName() string { return "edi_remote" }

// pickupRow is a file as it was last seen at a source: a remote's id, or "folder".
type pickupRow struct {
	OrgID   string `gorm:"primaryKey"`
	Source  string `gorm:"primaryKey"`
	Name    string `gorm:"primaryKey"`
	Size    int64
	Changed int64  // its own time, microseconds
	Sha256  string `gorm:"column:sha256"` // once it was taken
	State   string
	Seen    int64 // since when it looks so
}

// TableName is the table of pickupRow.
func (pickupRow) TableName() string { return "edi_pickup" }

func insertRemote(ctx context.Context, r *remoteRow) (bool, error) {
	res := db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "name"}}, DoNothing: true}).Create(r)
	return res.RowsAffected == 1, res.Error
}

// accountAt says whether a company has an account at a network into which it puts what
// is for others.
func accountAt(ctx context.Context, org, network string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Model(&remoteRow{}).Where("org_id = ? AND name = ? AND network = ? AND out_path <> ''", org, network, true).Limit(1).Count(&n).Error
	return n > 0, err
}

// heldForAccount says whether anything of a company waits for an account at a network.
func heldForAccount(ctx context.Context, org string) (bool, error) {
	id, err := firstID(db.Tx(ctx).Model(&interchangeRow{}).Where("sender_id = ? AND "+undelivered+" AND held = ?", org, HeldNoAccount))
	return id != "", err
}

// freeForAccount lets go what waited for an account at a network, since it is there now.
func freeForAccount(ctx context.Context, org, network string) error {
	return db.Tx(ctx).Model(&interchangeRow{}).Where("sender_id = ? AND "+undelivered+" AND held = ? AND network = ? AND delivery = ?", org, HeldNoAccount, network, DeliveryHeld).
		Updates(map[string]any{"delivery": DeliveryWaiting, "held": HeldReleased}).Error
}

// inDoubt is interchangeRow.inDoubt.
const inDoubt = "(unclear OR fence > 0 AND next_at > 0 AND last_error = '')"

// holdForAccount stops what is not yet in the mailbox of a network where the account ends. Of
// what is being put there, or may have been put, nobody knows: it is unproved until who puts it
// says more.
func holdForAccount(ctx context.Context, org, network string) error {
	unmailed := func() *gorm.DB {
		return db.Tx(ctx).Model(&interchangeRow{}).Where("sender_id = ? AND network = ? AND delivery = ? AND way = ''", org, network, DeliveryWaiting)
	}
	if err := unmailed().Where(inDoubt).Update("delivery", DeliveryUnproved).Error; err != nil {
		return err
	}
	return unmailed().Updates(map[string]any{"delivery": DeliveryHeld, "held": HeldNoAccount}).Error
}

func remotesOf(ctx context.Context, org string) ([]remoteRow, error) {
	var out []remoteRow
	return out, db.Tx(ctx).Where("org_id = ?", org).Order("name").Find(&out).Error
}

func remoteByID(ctx context.Context, org, id string) (remoteRow, error) {
	var r remoteRow
	err := db.Tx(ctx).Where("org_id = ? AND id = ?", org, id).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = notFound()
	}
	return r, err
}

func deleteRemote(ctx context.Context, org, id string) (bool, error) {
	res := db.Tx(ctx).Where("org_id = ? AND id = ?", org, id).Delete(&remoteRow{})
	if res.Error != nil {
		return false, res.Error
	}
	return res.RowsAffected == 1, db.Tx(ctx).Where("org_id = ? AND source = ?", org, id).Delete(&pickupRow{}).Error
}

// remotesDue lists what is to be looked at, the longest waiting first.
func remotesDue(ctx context.Context, now int64, most int) ([]remoteRow, error) {
	var out []remoteRow
	return out, db.Tx(ctx).Where("next_at <= ?", now).Order("next_at, id").Limit(most).Find(&out).Error
}

// changeRemote updates one remote under its fence and reports whether it held.
func changeRemote(ctx context.Context, r *remoteRow, values map[string]any) (bool, error) {
	res := db.Tx(ctx).Model(&remoteRow{}).Where("org_id = ? AND id = ? AND fence = ?", r.OrgID, r.ID, r.Fence).Updates(values)
	return res.RowsAffected == 1, res.Error
}

func pickupsOf(ctx context.Context, org, source string) (map[string]pickupRow, error) {
	var rows []pickupRow
	err := db.Tx(ctx).Where("org_id = ? AND source = ?", org, source).Find(&rows).Error
	out := make(map[string]pickupRow, len(rows))
	for _, r := range rows {
		out[r.Name] = r
	}
	return out, err
}

func keepPickup(ctx context.Context, r pickupRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "org_id"}, {Name: "source"}, {Name: "name"}},
		DoUpdates: clause.AssignmentColumns([]string{"size", "changed", "sha256", "state", "seen"}),
	}).Create(&r).Error
}

func dropPickups(ctx context.Context, org, source string, names []string) error {
	for some := range slices.Chunk(names, 500) {
		if err := db.Tx(ctx).Where("org_id = ? AND source = ? AND name IN ?", org, source, some).Delete(&pickupRow{}).Error; err != nil {
			return err
		}
	}
	return nil
}

// retryLeft has all files put away that a source did not allow to.
func retryLeft(ctx context.Context, org, source string) error {
	return db.Tx(ctx).Model(&pickupRow{}).Where("org_id = ? AND source = ? AND state = ?", org, source, pickupLeft).Update("state", pickupTaken).Error
}

// markTold notes that a company is told of what is stuck at a source, and gives its names.
func markTold(ctx context.Context, org, source string) (names []string, err error) {
	stuck := db.Tx(ctx).Model(&pickupRow{}).Where("org_id = ? AND source = ? AND state = ?", org, source, pickupStuck)
	if err := stuck.Session(&gorm.Session{}).Order("name").Pluck("name", &names).Error; err != nil || len(names) == 0 {
		return nil, err
	}
	return names, stuck.Session(&gorm.Session{}).Update("state", pickupTold).Error
}

// incompleteOf names what lies incomplete at the sources of a company, by source.
func incompleteOf(ctx context.Context, org string) (map[string][]string, error) {
	var rows []pickupRow
	err := db.Tx(ctx).Select("source, name").Where("org_id = ? AND state IN ?", org, []string{pickupStuck, pickupTold}).Order("name").Find(&rows).Error
	out := map[string][]string{}
	for _, r := range rows {
		out[r.Source] = append(out[r.Source], r.Name)
	}
	return out, err
}

// leftOf counts the files that are ours and still lie at the sources of a company, by source.
func leftOf(ctx context.Context, org string) (map[string]int, error) {
	var rows []struct {
		Source string
		N      int
	}
	err := db.Tx(ctx).Model(&pickupRow{}).Select("source, count(*) AS n").Where("org_id = ? AND state = ?", org, pickupLeft).Group("source").Scan(&rows).Error
	out := make(map[string]int, len(rows))
	for _, r := range rows {
		out[r.Source] = r.N
	}
	return out, err
}

// fetchable is what a company may fetch: what waits for it, and for those whose network it is,
// and what was parked since its own server would not have it, at each try. Of nothing else that
// was parked is it known that it is not there. Each is a range of an index, which none finds for
// all at once.
var fetchable = []string{
	"receiver_id = ? AND network = '' AND way = '' AND " + waiting,
	"receiver_id = ? AND network = '' AND way = '' AND delivery = '" + DeliveryFailed + "' AND last_error IN ('" + strings.Join(serverSaid, "', '") + "') AND NOT unclear",
	"delegate_id = ? AND way = '" + RouteNetwork + "' AND " + waiting,
}

func toFetch(ctx context.Context, which, org string, at int64, id string, most int) *gorm.DB {
	return db.Tx(ctx).Where(which, org).Where("(received, id) > (?, ?)", at, id).Order("received, id").Limit(most)
}

// fetchableOf lists what a company may fetch after a time and an id, oldest first.
func fetchableOf(ctx context.Context, org string, at int64, id string, most int) (out []interchangeRow, err error) {
	for _, which := range fetchable {
		var rows []interchangeRow
		if err := toFetch(ctx, which, org, at, id, most).Find(&rows).Error; err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	slices.SortFunc(out, func(a, b interchangeRow) int {
		return cmp.Or(cmp.Compare(a.Received, b.Received), strings.Compare(a.ID, b.ID))
	})
	return out[:min(len(out), most)], nil
}

// pushedTo lists what waits for a company's own server and nobody puts there now, oldest
// first; instead: of an older one, without what may lie there.
func pushedTo(ctx context.Context, org string, instead bool, now int64, most int) ([]interchangeRow, error) {
	var out []interchangeRow
	q := db.Tx(ctx).Where("("+fetchable[0]+" OR "+fetchable[2]+")", org, org).Where("next_at <= ?", now)
	if instead {
		q = q.Where("NOT " + inDoubt)
	}
	return out, q.Order("received, id").Limit(most).Find(&out).Error
}

// droppedFor lists what waits for a company's folder and nobody puts there now, oldest
// first.
func droppedFor(ctx context.Context, receiver string, now int64, most int) ([]interchangeRow, error) {
	var out []interchangeRow
	return out, db.Tx(ctx).Where("receiver_id = ? AND "+waiting+" AND way = ? AND next_at <= ?", receiver, RouteFolder, now).Order("received, id").Limit(most).Find(&out).Error
}

// mailedBy lists what a company made for partners behind a network and is not yet in
// their mailbox, nor put there now, oldest first.
func mailedBy(ctx context.Context, sender, network string, now int64, most int) ([]interchangeRow, error) {
	var out []interchangeRow
	return out, db.Tx(ctx).Where("sender_id = ? AND network = ? AND delivery = ? AND way = '' AND next_at <= ?", sender, network, DeliveryWaiting, now).Order("received, id").Limit(most).Find(&out).Error
}
