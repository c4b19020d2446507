package fund

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
)

func settlementsOf(ctx context.Context, claim string) ([]settlementRow, error) {
	var rows []settlementRow
	return rows, db.Tx(ctx).Where("claim_id = ?", claim).Order("made, id").Find(&rows).Error
}

// besideOffset is how much of a payment another claim was offset against.
type besideOffset struct {
	claim   claimRow
	payment string
	amount  int64 // with its tax
}

// offsetsBeside are the offsets of other claims of a claim's partner against some payments. Two
// claims of a partner come one after the other.
func offsetsBeside(ctx context.Context, r claimRow, payments []string) ([]besideOffset, error) {
	if len(payments) == 0 {
		return nil, nil
	}
	if db.DialectOf(ctx) == db.Postgres {
		var ids []string
		if err := db.Tx(ctx).Model(&seatRow{}).Clauses(clause.Locking{Strength: "UPDATE"}).Where("owner_id = ? AND org_id = ?", r.OwnerID, r.OrgID).Order("program_id").Pluck("program_id", &ids).Error; err != nil {
			return nil, err
		}
	}
	upper := make([]string, len(payments))
	for i, p := range payments {
		upper[i] = strings.ToUpper(p)
	}
	var rows []settlementRow
	if err := db.Tx(ctx).Where("owner_id = ? AND org_id = ? AND kind = ? AND reversed = 0 AND claim_id <> ? AND UPPER(reference) IN ?", r.OwnerID, r.OrgID, ByOffset, r.ID, upper).Order("claim_id, made, id").Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, x := range rows {
		ids[i] = x.ClaimID
	}
	var claims []claimRow
	if err := db.Tx(ctx).Where("id IN ?", slices.Compact(ids)).Find(&claims).Error; err != nil {
		return nil, err
	}
	var out []besideOffset
	for _, x := range rows {
		i := slices.IndexFunc(out, func(o besideOffset) bool { return o.claim.ID == x.ClaimID && strings.EqualFold(o.payment, x.Reference) })
		if i < 0 {
			k := slices.IndexFunc(claims, func(c claimRow) bool { return c.ID == x.ClaimID })
			i, out = len(out), append(out, besideOffset{claim: claims[k], payment: x.Reference})
		}
		out[i].amount += x.Amount + x.Tax
	}
	return out, nil
}

func insertSettlement(ctx context.Context, r settlementRow) error { return db.Tx(ctx).Create(&r).Error }

func moveSettlement(ctx context.Context, id string, set map[string]any) error {
	tx := db.Tx(ctx).Model(&settlementRow{}).Where("id = ? AND reversed = 0 AND reconciled = 0", id).Updates(set)
	if tx.Error == nil && tx.RowsAffected != 1 {
		return fault.New(fault.Conflict, "fund.reconciled_before")
	}
	return tx.Error
}

func settlementOf(ctx context.Context, claim, id string) (settlementRow, error) {
	if !db.ValidID(id) {
		return settlementRow{}, notFound()
	}
	return locked[settlementRow](ctx, false, "id = ? AND claim_id = ?", id, claim)
}
