package mapping

import (
	"context"
	"strings"

	"entente/db"
	"entente/prm/customer"
	"entente/prm/identity"
)

// The lists of points that a side keeps.
const (
	own    = "own"    // its customers, under its secret
	theirs = "theirs" // the other's points, under both secrets
)

// pointRow is an account's points. Token orders the rows by chance; Place is the account's
// place in the other's list, of theirs.
type pointRow struct {
	RunID      string `gorm:"primaryKey"`
	OrgID      string `gorm:"primaryKey"`
	List       string `gorm:"primaryKey"`
	Token      string `gorm:"primaryKey"`
	Place      int64
	CustomerID string
	Digest     string
	Points     []byte
}

func (pointRow) TableName() string { return "mapping_row" }

func insertRows(ctx context.Context, rows []pointRow) error {
	if len(rows) == 0 {
		return nil
	}
	return db.Tx(ctx).CreateInBatches(&rows, 200).Error
}

// rowsAfter reads a list in its order by chance.
func rowsAfter(ctx context.Context, run ID, org, list, token string, limit int) ([]pointRow, error) {
	var rows []pointRow
	err := db.Tx(ctx).Where("run_id = ? AND org_id = ? AND list = ? AND token > ?", string(run), org, list, token).Order("token").Limit(limit).Find(&rows).Error
	return rows, err
}

// rowsAt reads the other's points by their places in its list.
func rowsAt(ctx context.Context, run ID, org string, from, under int) ([]pointRow, error) {
	var rows []pointRow
	err := db.Tx(ctx).Where("run_id = ? AND org_id = ? AND list = 'theirs' AND place >= ? AND place < ?", string(run), org, from, under).Order("place").Find(&rows).Error
	return rows, err
}

// chunk is a piece of a message: part says of which.
type chunk struct {
	RunID    string `gorm:"primaryKey"`
	OrgID    string `gorm:"primaryKey"` // who made it; "" for another server
	Part     int64  `gorm:"primaryKey;autoIncrement:false"`
	Number   int64  `gorm:"primaryKey;autoIncrement:false"`
	RowCount int64
	Digest   string
	Data     []byte
}

func (chunk) TableName() string { return "mapping_chunk" }

func insertChunk(ctx context.Context, c chunk) error { return db.Tx(ctx).Create(&c).Error }

func chunkAt(ctx context.Context, run ID, org string, part, number int) (chunk, bool, error) {
	var rows []chunk
	err := db.Tx(ctx).Where("run_id = ? AND org_id = ? AND part = ? AND number = ?", string(run), org, part, number).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return chunk{}, false, err
	}
	return rows[0], true, nil
}

// digestsOf are the hashes of the pieces of a message, with how many rows they hold.
func digestsOf(ctx context.Context, run ID, org string, part int) (digests []string, rows int, err error) {
	var list []struct {
		Digest   string
		RowCount int64
	}
	err = db.Tx(ctx).Model(&chunk{}).Select("digest, row_count").Where("run_id = ? AND org_id = ? AND part = ?", string(run), org, part).Order("number").Scan(&list).Error
	for _, c := range list {
		digests, rows = append(digests, c.Digest), rows+int(c.RowCount)
	}
	return digests, rows, err
}

func dropChunks(ctx context.Context, run ID, org string, part int) error {
	return db.Tx(ctx).Where("run_id = ? AND org_id = ? AND part = ?", string(run), org, part).Delete(&chunk{}).Error
}

type matchRow struct {
	RunID      string `gorm:"primaryKey"`
	OrgID      string `gorm:"primaryKey"`
	CustomerID string `gorm:"primaryKey"`
	Theirs     int64  `gorm:"primaryKey;autoIncrement:false"` // place in the other's list
	Mine       int64  // place in the own list
	Told       string // what the other tells of it
}

func (matchRow) TableName() string { return "mapping_match" }

func insertMatches(ctx context.Context, rows []matchRow) error {
	if len(rows) == 0 {
		return nil
	}
	return db.Tx(ctx).CreateInBatches(&rows, 200).Error
}

// matchesAfter reads matches by account.
func matchesAfter(ctx context.Context, run ID, org, customer string, place int64, limit int) ([]matchRow, error) {
	var rows []matchRow
	err := db.Tx(ctx).Where("run_id = ? AND org_id = ? AND (customer_id, theirs) > (?, ?)", string(run), org, customer, place).Order("customer_id, theirs").Limit(limit).Find(&rows).Error
	return rows, err
}

func countMatched(ctx context.Context, run ID, org string) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&matchRow{}).Where("run_id = ? AND org_id = ?", string(run), org).Select("COUNT(DISTINCT customer_id)").Scan(&n).Error
	return int(n), err
}

// matchedAt are the accounts at places of the own list that match.
func matchedAt(ctx context.Context, run ID, org string, places []int64) (map[int64]string, error) {
	var rows []matchRow
	err := db.Tx(ctx).Where("run_id = ? AND org_id = ? AND mine IN ?", string(run), org, places).Find(&rows).Error
	out := map[int64]string{}
	for _, r := range rows {
		out[r.Mine] = r.CustomerID
	}
	return out, err
}

// tellMatch keeps what the other tells of its account; one that was not linked is added.
func tellMatch(ctx context.Context, m matchRow) error {
	res := db.Tx(ctx).Model(&matchRow{}).Where("run_id = ? AND org_id = ? AND customer_id = ? AND theirs = ?", m.RunID, m.OrgID, m.CustomerID, m.Theirs).Update("told", m.Told)
	if res.Error != nil || res.RowsAffected == 1 {
		return res.Error
	}
	return db.Tx(ctx).Create(&m).Error
}

// keyed is a customer with the keys that stand for it.
type keyed struct {
	ID   string
	Keys []identity.Key
}

// customersAfter reads the standing customers of a company with their keys of some kinds.
// A key that several hold stands for the first of them only: the same point twice would
// show that there are two. The tables are prm/customer's and read only.
func customersAfter(ctx context.Context, org, after string, kinds []string, limit int) ([]keyed, error) {
	var ids []string
	err := db.Tx(ctx).Raw("SELECT id FROM customer WHERE org_id = ? AND state = ? AND id > ? ORDER BY id LIMIT ?", org, customer.Active, after, limit).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var rows []struct{ CustomerID, Kind, Value string }
	err = db.Tx(ctx).Raw(`SELECT k.customer_id, k.kind, k.value FROM customer_key k WHERE k.org_id = ? AND k.customer_id IN ? AND k.kind IN ? AND NOT EXISTS (
		SELECT 1 FROM customer_key o JOIN customer c ON c.org_id = o.org_id AND c.id = o.customer_id AND c.state = ? WHERE o.org_id = k.org_id AND o.kind = k.kind AND o.value = k.value AND o.customer_id < k.customer_id)
		ORDER BY k.customer_id, k.kind, k.value`, org, ids, kinds, customer.Active).Scan(&rows).Error
	out := make([]keyed, len(ids))
	at := map[string]int{}
	for i, id := range ids {
		out[i].ID, at[id] = id, i
	}
	for _, r := range rows {
		k := &out[at[r.CustomerID]]
		k.Keys = append(k.Keys, identity.Key{Kind: identity.Kind(r.Kind), Value: r.Value})
	}
	return out, err
}

// fieldsOf reads what may be told of customers: names, places, web and who keeps them.
func fieldsOf(ctx context.Context, org string, ids []string) (map[string]Shared, error) {
	out := map[string]Shared{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []struct{ ID, Name, Country, Postcode, City, Web, Person string }
	err := db.Tx(ctx).Raw(`SELECT c.id, c.name, c.country, c.postcode, c.city, c.web, COALESCE(p.name, '') AS person FROM customer c LEFT JOIN person p ON p.id = c.made_by WHERE c.org_id = ? AND c.id IN ?`, org, ids).Scan(&rows).Error
	for _, r := range rows {
		place := strings.TrimSpace(r.Postcode + " " + r.City)
		if r.Country != "" {
			place = strings.TrimPrefix(place+", "+r.Country, ", ")
		}
		out[r.ID] = Shared{Name: r.Name, Place: place, Web: r.Web, Person: r.Person}
	}
	return out, err
}

// previous is the last run of a company with the same partner in which its list was
// compared, since an instant.
func previous(ctx context.Context, r Run, org string, since int64) (ID, error) {
	tx := db.Tx(ctx).Model(&runRow{}).Where("pair = ? AND id <> ? AND made > ? AND stage > 0", r.pair(), string(r.ID), since)
	if r.Way == File { // the other server's company is known by its name only
		tx = db.Tx(ctx).Model(&runRow{}).Where("way = ? AND name = ? AND id <> ? AND made > ? AND stage > 0 AND id IN (SELECT run_id FROM mapping_side WHERE org_id = ?)", File, r.Name, string(r.ID), since, org)
	}
	var ids []string
	err := tx.Order("made DESC, id DESC").Limit(1).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ID(ids[0]), nil
}

// edited counts how the list of a company differs between two runs: accounts that are new
// or have other keys, and those that were there.
func edited(ctx context.Context, before, now ID, org string) (added, gone, was int, err error) {
	const differs = `SELECT COUNT(*) FROM mapping_row a WHERE a.run_id = ? AND a.org_id = ? AND a.list = 'own' AND NOT EXISTS (SELECT 1 FROM mapping_row b WHERE b.run_id = ? AND b.org_id = a.org_id AND b.list = 'own' AND b.customer_id = a.customer_id AND b.digest = a.digest)`
	for _, q := range []struct {
		n    *int
		a, b ID
	}{{&added, now, before}, {&gone, before, now}} {
		if err := db.Tx(ctx).Raw(differs, string(q.a), org, string(q.b)).Scan(q.n).Error; err != nil {
			return 0, 0, 0, err
		}
	}
	err = db.Tx(ctx).Raw("SELECT COUNT(*) FROM mapping_row WHERE run_id = ? AND org_id = ? AND list = 'own'", string(before), org).Scan(&was).Error
	return added, gone, was, err
}

// outdated are runs before one whose own rows bind no later list any more.
func outdated(ctx context.Context, r Run, org string, limit int) ([]string, error) {
	tx := db.Tx(ctx).Model(&runRow{}).Where("pair = ?", r.pair())
	if r.Way == File {
		tx = db.Tx(ctx).Model(&runRow{}).Where("way = ? AND name = ?", File, r.Name)
	}
	var ids []string
	err := tx.Where("id <> ? AND made < ? AND running = 0 AND EXISTS (SELECT 1 FROM mapping_row m WHERE m.run_id = mapping_run.id AND m.org_id = ?)", string(r.ID), db.Micros(r.Made), org).Order("made").Limit(limit).Pluck("id", &ids).Error
	return ids, err
}
