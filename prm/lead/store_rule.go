package lead

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/money"
)

type ruleRow struct {
	OrgID                                    string `gorm:"primaryKey"`
	ID                                       string `gorm:"primaryKey"`
	Position                                 int64
	Name                                     string
	Active                                   bool
	Countries, Postcodes, Families, Partners string
	Least                                    int64
	Currency                                 string
	Accept, Convert, Rounds, Changed         int64
	ChangedBy                                string
	Version                                  int64
}

func (ruleRow) TableName() string { return "lead_rule" }

func ruleRowOf(r Rule) ruleRow {
	return ruleRow{OrgID: r.Org, ID: string(r.ID), Position: int64(r.Position), Name: r.Name, Active: r.Active, Countries: db.Text(r.Countries), Postcodes: db.Text(r.Postcodes), Families: db.Text(r.Families), Partners: db.Text(r.Partners),
		Least: r.Least.Minor, Currency: string(r.Least.Currency), Accept: int64(r.Accept), Convert: int64(r.Convert), Rounds: int64(r.Rounds), Changed: db.Micros(r.Changed), ChangedBy: r.ChangedBy, Version: r.Version}
}

func (r ruleRow) rule() Rule {
	return Rule{ID: RuleID(r.ID), Org: r.OrgID, Position: int(r.Position), Name: r.Name, Active: r.Active, Countries: db.FromText[[]string](r.Countries), Postcodes: db.FromText[[]string](r.Postcodes),
		Families: db.FromText[[]string](r.Families), Partners: db.FromText[[]string](r.Partners), Least: money.Amount{Minor: r.Least, Currency: money.Currency(r.Currency)},
		Accept: int(r.Accept), Convert: int(r.Convert), Rounds: int(r.Rounds), Changed: db.FromMicros(r.Changed), ChangedBy: r.ChangedBy, Version: r.Version}
}

func rulesOf(ctx context.Context, org string) ([]Rule, error) {
	var rows []ruleRow
	err := db.Tx(ctx).Where("org_id = ?", org).Order("position, id").Find(&rows).Error
	out := make([]Rule, len(rows))
	for i, r := range rows {
		out[i] = r.rule()
	}
	return out, err
}

func insertRule(ctx context.Context, r Rule) error {
	row := ruleRowOf(r)
	return db.Tx(ctx).Create(&row).Error
}

func updateRule(ctx context.Context, r Rule) (bool, error) {
	row := ruleRowOf(r)
	row.Version++
	res := db.Tx(ctx).Model(&ruleRow{}).Where("org_id = ? AND id = ? AND version = ?", r.Org, string(r.ID), r.Version).Select("*").Omit("OrgID", "ID", "Position").Updates(&row)
	return res.RowsAffected == 1, res.Error
}

func placeRule(ctx context.Context, org string, id RuleID, position int) error {
	return db.Tx(ctx).Model(&ruleRow{}).Where("org_id = ? AND id = ?", org, string(id)).Update("position", position).Error
}

func deleteRule(ctx context.Context, org string, id RuleID) (bool, error) {
	res := db.Tx(ctx).Where("org_id = ? AND id = ?", org, string(id)).Delete(&ruleRow{})
	return res.RowsAffected > 0, res.Error
}

type profileRow struct {
	PartnershipID                  string `gorm:"primaryKey"`
	SupplierID, ResellerID         string
	Most                           int64
	Countries, Postcodes, Families string
	Certificates, CertificateTold  string
	CertificateLook                int64
	Changed                        int64
	ChangedBy                      string
	Version                        int64
}

func (profileRow) TableName() string { return "lead_profile" }

func profilesOf(ctx context.Context, supplier string) (map[string]Profile, error) {
	var rows []profileRow
	err := db.Tx(ctx).Where("supplier_id = ?", supplier).Find(&rows).Error
	out := make(map[string]Profile, len(rows))
	for _, r := range rows {
		out[r.PartnershipID] = r.profile()
	}
	return out, err
}

func (r profileRow) profile() Profile {
	return Profile{Partnership: r.PartnershipID, Supplier: r.SupplierID, Reseller: r.ResellerID, Most: int(r.Most), Countries: db.FromText[[]string](r.Countries), Postcodes: db.FromText[[]string](r.Postcodes),
		Families: db.FromText[[]string](r.Families), Certificates: db.FromText[[]Certificate](r.Certificates), Changed: db.FromMicros(r.Changed), ChangedBy: r.ChangedBy, Version: r.Version,
		told: db.FromText[lapses](r.CertificateTold), look: db.FromMicros(r.CertificateLook)}
}

func profileOf(ctx context.Context, partnership string) (Profile, bool, error) {
	var rows []profileRow
	err := db.Tx(ctx).Where("partnership_id = ?", partnership).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Profile{}, false, err
	}
	return rows[0].profile(), true, nil
}

func dueCertificates(ctx context.Context, now time.Time, limit int) (ids []string, err error) {
	err = db.Tx(ctx).Model(&profileRow{}).Where("certificate_look > 0 AND certificate_look <= ?", db.Micros(now)).Order("certificate_look, partnership_id").Limit(limit).Pluck("partnership_id", &ids).Error
	return ids, err
}

// tellCertificates notes what was told of the certificates of a profile that still waits for the
// look of p, and when to look again; false: somebody was faster.
func tellCertificates(ctx context.Context, p Profile, told lapses, look time.Time) (bool, error) {
	res := db.Tx(ctx).Model(&profileRow{}).Where("partnership_id = ? AND certificate_look = ? AND version = ?", p.Partnership, db.Micros(p.look), p.Version).Updates(map[string]any{"certificate_told": db.Text(told), "certificate_look": db.Micros(look)})
	return res.RowsAffected == 1, res.Error
}

// saveProfile writes a profile that still has the version of p, or none.
func saveProfile(ctx context.Context, p Profile) (bool, error) {
	row := profileRow{PartnershipID: p.Partnership, SupplierID: p.Supplier, ResellerID: p.Reseller, Most: int64(p.Most), Countries: db.Text(p.Countries), Postcodes: db.Text(p.Postcodes), Families: db.Text(p.Families), Certificates: db.Text(p.Certificates), CertificateTold: db.Text(p.told), CertificateLook: db.Micros(p.look),
		Changed: db.Micros(p.Changed), ChangedBy: p.ChangedBy, Version: p.Version + 1}
	if p.Version == 0 {
		res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		return res.RowsAffected == 1, res.Error
	}
	res := db.Tx(ctx).Model(&profileRow{}).Where("partnership_id = ? AND supplier_id = ? AND version = ?", p.Partnership, p.Supplier, p.Version).Select("*").Omit("PartnershipID", "SupplierID", "ResellerID").Updates(&row)
	return res.RowsAffected == 1, res.Error
}
