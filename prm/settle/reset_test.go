package settle

import (
	"context"

	"entente/db"
)

func renameSlugs(ctx context.Context) error {
	return db.Tx(ctx).Exec("UPDATE org SET slug = id").Error
}
