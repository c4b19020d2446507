package blob

import (
	"testing"

	"entente/db"
	"entente/db/dbtest"
)

func TestModels(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { dbtest.CheckModels(t, d, &row{}) })
}
