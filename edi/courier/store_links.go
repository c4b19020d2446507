package courier

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"entente/db"
	"entente/prm/access"
)

// stationsOf is stationOf of many companies; one that said nothing has an empty one.
func stationsOf(ctx context.Context, orgs []string) (map[string]Station, error) {
	var rows []stationRow
	err := db.Tx(ctx).Where("org_id IN ?", orgs).Find(&rows).Error
	out := make(map[string]Station, len(orgs))
	for _, org := range orgs {
		out[org] = Station{Org: org}
	}
	for _, r := range rows {
		out[r.OrgID] = r.station()
	}
	return out, err
}

// certificatesOfAll reads the certificates of companies, oldest first; retired ones of own
// alone, since others may have any number of them.
func certificatesOfAll(ctx context.Context, own string, orgs []string) (map[string][]certificateRow, error) {
	var rows []certificateRow
	err := db.Tx(ctx).Where("org_id IN ? AND (retired = 0 OR org_id = ?)", orgs, own).Order("created, id").Limit(500 + maxCertificates*len(orgs)).Find(&rows).Error
	out := map[string][]certificateRow{}
	for _, r := range rows {
		out[r.OrgID] = append(out[r.OrgID], r)
	}
	return out, err
}

// confirmationsIn is confirmationsOf of many companies, by partnership and company.
func confirmationsIn(ctx context.Context, orgs, partnerships []string) (map[[2]string]confirmations, error) {
	var said []confirmationRow
	err := db.Tx(ctx).Where("org_id IN ? AND partnership_id IN ?", orgs, partnerships).Find(&said).Error
	out := map[[2]string]confirmations{}
	for _, r := range said {
		k := [2]string{r.PartnershipID, r.OrgID}
		if out[k] == nil {
			out[k] = confirmations{}
		}
		out[k][r.CertificateID] = r
	}
	return out, err
}

// termsIn is termsOf of many partnerships.
func termsIn(ctx context.Context, partnerships []string) (map[string][]termsRow, error) {
	var rows []termsRow
	err := db.Tx(ctx).Where("partnership_id IN ?", partnerships).Find(&rows).Error
	out := map[string][]termsRow{}
	for _, r := range rows {
		out[r.PartnershipID] = append(out[r.PartnershipID], r)
	}
	return out, err
}

// around are the certificates in use of a company and of its partners, but for those that
// it invited and that have not accepted; who those are is read from the rows of prm/partner.
func around(ctx context.Context, scope access.Scope) *gorm.DB {
	org := scope.Org()
	return db.Tx(ctx).Model(&certificateRow{}).Where(`retired = 0 AND (org_id = ? OR org_id IN (SELECT reseller_id FROM partnership WHERE supplier_id = ? AND state <> 'ended' AND NOT (state = 'invited' AND moved_by = ?))
  OR org_id IN (SELECT supplier_id FROM partnership WHERE reseller_id = ? AND state <> 'ended' AND NOT (state = 'invited' AND moved_by = ?)))`, org, org, org, org, org)
}

// certificatesAround reads which they are, and one more than a page of them.
func certificatesAround(ctx context.Context, scope access.Scope, f CertificateFilter) ([]certificateRow, error) {
	q := around(ctx, scope).Select("org_id", "id", "not_after")
	if !f.Before.IsZero() {
		q = q.Where("not_after < ?", db.Micros(f.Before))
	}
	if f.Query != "" {
		like, low := "%"+db.Literal(f.Query)+"%", "%"+db.Literal(strings.ToLower(f.Query))+"%"
		hex := "%" + db.Literal(strings.NewReplacer(":", "", " ", "").Replace(strings.ToLower(f.Query))) + "%"
		q = q.Where(`(LOWER(subject) LIKE ? ESCAPE '\' OR fingerprint LIKE ? ESCAPE '\' OR serial LIKE ? ESCAPE '\'
  OR EXISTS (SELECT 1 FROM org o WHERE o.id = as2_certificate.org_id AND (o.name LIKE ? ESCAPE '\' OR LOWER(o.name) LIKE ? ESCAPE '\')))`, low, hex, hex, like, low)
	}
	if f.After != "" {
		at, id, ok := db.ReadCursor(f.After)
		if !ok {
			return nil, badCursor()
		}
		q = q.Where("(not_after > ? OR not_after = ? AND id > ?)", at, at, id)
	}
	var out []certificateRow
	return out, q.Order("not_after, id").Limit(f.Limit + 1).Find(&out).Error
}

func endingAround(ctx context.Context, scope access.Scope, before time.Time) (int, error) {
	var n int64
	err := around(ctx, scope).Where("not_after < ?", db.Micros(before)).Count(&n).Error
	return int(n), err
}
