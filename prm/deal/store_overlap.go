package deal

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/identity"
)

type keyRow struct {
	SupplierID string `gorm:"primaryKey"`
	Kind       string `gorm:"primaryKey"`
	Value      string `gorm:"primaryKey"`
	Live       bool   `gorm:"primaryKey"`
	DealID     string `gorm:"primaryKey"`
}

func (keyRow) TableName() string { return "deal_key" }

// saveKeys replaces the keys of a registration. Those of one that was never sent are
// not kept.
func saveKeys(ctx context.Context, r Registration) error {
	if err := db.Tx(ctx).Where("deal_id = ?", string(r.ID)).Delete(&keyRow{}).Error; err != nil {
		return err
	}
	if r.Submitted.IsZero() || len(r.Keys) == 0 {
		return nil
	}
	rows := make([]keyRow, len(r.Keys))
	for i, k := range r.Keys {
		rows[i] = keyRow{r.Supplier, string(k.Kind), k.Value, r.Counting(), string(r.ID)}
	}
	return db.Tx(ctx).Create(&rows).Error
}

// holders are the registrations of a supplier that share a key, with the keys they
// share; at most limit per key.
func holders(ctx context.Context, supplier string, keys []identity.Key, live bool, limit int) (map[ID][]identity.Key, error) {
	out := map[ID][]identity.Key{}
	for _, k := range keys {
		var ids []ID
		err := db.Tx(ctx).Model(&keyRow{}).Where("supplier_id = ? AND kind = ? AND value = ? AND live = ?", supplier, string(k.Kind), k.Value, live).Limit(limit).Pluck("deal_id", &ids).Error
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			out[id] = append(out[id], k)
		}
	}
	return out, nil
}

// inBlock are the customers of registrations in the same place, by registration.
func inBlock(ctx context.Context, supplier, block string, lanes []string, limit int) (map[ID]string, error) {
	out := map[ID]string{}
	if block == "" {
		return out, nil
	}
	var rows []struct{ ID, CustomerName string }
	err := db.Tx(ctx).Model(&row{}).Select("id", "customer_name").Where("supplier_id = ? AND block = ? AND block <> '' AND registrant_lane IN ? AND submitted > 0", supplier, block, lanes).Limit(limit).Scan(&rows).Error
	for _, r := range rows {
		out[ID(r.ID)] = r.CustomerName
	}
	return out, err
}

type similarRow struct {
	DealID     string `gorm:"primaryKey"`
	OtherID    string `gorm:"primaryKey"`
	SupplierID string
	Found      int64
}

func (similarRow) TableName() string { return "deal_similar" }

// pair notes that two registrations are similar, in both directions.
func pair(ctx context.Context, supplier string, a ID, others []ID) error {
	if len(others) == 0 {
		return nil
	}
	var rows []similarRow
	at := db.Micros(db.Now(ctx))
	for _, b := range others {
		rows = append(rows, similarRow{string(a), string(b), supplier, at}, similarRow{string(b), string(a), supplier, at})
	}
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
}

// similarCounts counts the similar registrations that still count, per registration.
func similarCounts(ctx context.Context, ids []ID) (map[ID]int, error) {
	out := map[ID]int{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []struct {
		DealID string
		N      int
	}
	err := db.Tx(ctx).Table("deal_similar s").Joins("JOIN deal d ON d.id = s.other_id").Select("s.deal_id, COUNT(*) AS n").Where("s.deal_id IN ? AND d.counting", ids).Group("s.deal_id").Scan(&rows).Error
	for _, r := range rows {
		out[ID(r.DealID)] = r.N
	}
	return out, err
}

// waitingBehind are the registrations that wait and were found similar to one.
func waitingBehind(ctx context.Context, id ID) ([]ID, error) {
	var ids []ID
	err := db.Tx(ctx).Table("deal_similar s").Joins("JOIN deal d ON d.id = s.other_id").Where("s.deal_id = ? AND d.decision = ?", string(id), string(Waiting)).Order("d.score DESC, d.submitted, d.id").Limit(100).Pluck("d.id", &ids).Error
	return ids, err
}

type tryRow struct {
	RegistrantID string `gorm:"primaryKey"`
	SupplierID   string `gorm:"primaryKey"`
	Kind         string `gorm:"primaryKey"`
	Value        string `gorm:"primaryKey"`
	Happened     int64  `gorm:"primaryKey"`
	DealID       string `gorm:"primaryKey"`
}

func (tryRow) TableName() string { return "deal_try" }

func saveTries(ctx context.Context, r Registration, at time.Time) error {
	if len(r.Keys) == 0 {
		return nil
	}
	rows := make([]tryRow, len(r.Keys))
	for i, k := range r.Keys {
		rows[i] = tryRow{r.Registrant, r.Supplier, string(k.Kind), k.Value, db.Micros(at), string(r.ID)}
	}
	return db.Tx(ctx).Create(&rows).Error
}

// triesOf counts the submissions of a registrant for one customer since a time: the
// most of any key.
func triesOf(ctx context.Context, registrant, supplier string, keys []identity.Key, since time.Time) (int, error) {
	most := 0
	for _, k := range keys {
		var n int64
		err := db.Tx(ctx).Model(&tryRow{}).Where("registrant_id = ? AND supplier_id = ? AND kind = ? AND value = ? AND happened > ?", registrant, supplier, string(k.Kind), k.Value, db.Micros(since)).Count(&n).Error
		if err != nil {
			return 0, err
		}
		most = max(most, int(n))
	}
	return most, nil
}

// tender are the registrations of a supplier for one tender.
func tender(ctx context.Context, supplier, number string) ([]Registration, error) {
	if number == "" {
		return nil, nil
	}
	var rows []row
	err := db.Tx(ctx).Where("supplier_id = ? AND supplier_lane IN ? AND kind = ? AND tender = ? AND tender <> ''", supplier, []string{laneQueue, laneLive}, KindTender, number).Order("id").Limit(500).Find(&rows).Error
	out := make([]Registration, len(rows))
	for i, r := range rows {
		out[i] = r.registration()
	}
	return out, err
}

// earningNow is said literally, so that the partial indexes serve it; so are the other
// conditions of the kind "<> ”".
const earningNow = "decision IN ('protected', 'expired', 'registered', 'won')"

func earns(ctx context.Context, supplier, reseller string) (bool, error) {
	return db.Remember(ctx, "deal.earns:"+supplier+":"+reseller, []string{"deal"}, func() (bool, error) { return readEarns(ctx, supplier, reseller) })
}

func readEarns(ctx context.Context, supplier, reseller string) (bool, error) {
	for _, column := range []string{"registrant_id", "fulfiller_id"} {
		var ids []string
		err := db.Tx(ctx).Model(&row{}).Where("supplier_id = ? AND "+column+" = ? AND "+earningNow, supplier, reseller).Limit(1).Pluck("id", &ids).Error
		if err != nil || len(ids) > 0 {
			return len(ids) > 0, err
		}
	}
	return false, nil
}

// earning are the live registrations that orders of a reseller may count for.
func earning(ctx context.Context, supplier, reseller string) ([]Registration, error) {
	all, err := db.Remember(ctx, "deal.earning:"+supplier+":"+reseller, []string{"deal"}, func() ([]Registration, error) { return readEarning(ctx, supplier, reseller) })
	return slices.Clone(all), err
}

func readEarning(ctx context.Context, supplier, reseller string) ([]Registration, error) {
	var out []Registration
	for _, column := range []string{"registrant_id", "fulfiller_id"} {
		var rows []row
		err := db.Tx(ctx).Where("supplier_id = ? AND "+column+" = ? AND "+earningNow+" AND registrant_lane = ?", supplier, reseller, laneLive).Order("id").Limit(2000).Find(&rows).Error
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out = append(out, r.registration())
		}
	}
	return out, nil
}
