package trade

import (
	"context"

	"entente/db"
	"entente/prm/access"
)

// linesOfMany loads the lines of many orders the scope's company is party to.
func linesOfMany(ctx context.Context, scope access.Scope, ids []OrderID) (rows []lineRow, err error) {
	err = db.Tx(ctx).Where("order_id IN ? AND (supplier_id = ? OR reseller_id = ?)", ids, scope.Org(), scope.Org()).Order("order_id, line").Find(&rows).Error
	return rows, err
}
