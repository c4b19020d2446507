package courier

import (
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
)

// confirmationRow says that a certificate is taken in a partnership.
type confirmationRow struct {
	OrgID         string `gorm:"primaryKey"`
	PartnershipID string `gorm:"primaryKey"`
	CertificateID string `gorm:"primaryKey"`
	SupplierID    string
	ResellerID    string
	How           string
	PersonID      string
	At            int64
}

// TableName is the table of confirmationRow.
func (confirmationRow) TableName() string { return "as2_confirmation" }

// confirmations are those of one company in one partnership, by certificate.
type confirmations map[string]confirmationRow

// on is the certificate with what was said of it.
func (c confirmations) on(cert Certificate) Certificate {
	if r, ok := c[cert.ID]; ok {
		cert.Confirmed, cert.How, cert.ConfirmedBy = db.FromMicros(r.At), r.How, r.PersonID
	}
	return cert
}

// confirmationsOf reads what was said of certificates in a partnership; nothing is asked
// where none of them follows another.
func confirmationsOf(ctx context.Context, org, partnership string, rows []certificateRow) (confirmations, error) {
	if partnership == "" || !slices.ContainsFunc(rows, func(r certificateRow) bool { return r.Announced > 0 }) {
		return nil, nil
	}
	var said []confirmationRow
	if err := db.Tx(ctx).Where("org_id = ? AND partnership_id = ?", org, partnership).Limit(500).Find(&said).Error; err != nil {
		return nil, err
	}
	out := confirmations{}
	for _, r := range said {
		out[r.CertificateID] = r
	}
	return out, nil
}

// insertConfirmation reports whether it is new.
func insertConfirmation(ctx context.Context, r *confirmationRow) (bool, error) {
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(r)
	return res.RowsAffected == 1, res.Error
}

// pendingCertificate is the certificate of a fingerprint where it waits to be confirmed in
// a partnership; nil where it does not.
func pendingCertificate(ctx context.Context, org, partnership, fingerprint string) (*certificateRow, error) {
	var r certificateRow
	err := db.Tx(ctx).Where("org_id = ? AND fingerprint = ? AND announced > 0 AND retired = 0", org, fingerprint).
		Where("NOT EXISTS (SELECT 1 FROM as2_confirmation c WHERE c.org_id = as2_certificate.org_id AND c.partnership_id = ? AND c.certificate_id = as2_certificate.id)", partnership).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &r, err
}
