package db

import (
	"database/sql"
	"errors"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"
	"modernc.org/sqlite"
	engine "modernc.org/sqlite/lib"
)

// dialect is SQLite for gorm, on a pool that is open already. The schema is made by
// migrations alone, so it knows no types of its own.
type dialect struct{ pool *sql.DB }

// Name implements gorm.Dialector.
func (dialect) Name() string { return string(SQLite) }

// Initialize implements gorm.Dialector.
func (d dialect) Initialize(g *gorm.DB) error {
	g.ConnPool = d.pool
	callbacks.RegisterDefaultCallbacks(g, &callbacks.Config{
		CreateClauses:        []string{"INSERT", "VALUES", "ON CONFLICT", "RETURNING"},
		UpdateClauses:        []string{"UPDATE", "SET", "FROM", "WHERE", "RETURNING"},
		DeleteClauses:        []string{"DELETE", "FROM", "WHERE", "RETURNING"},
		LastInsertIDReversed: true,
	})
	g.ClauseBuilders["LIMIT"] = limit
	g.ClauseBuilders["FOR"] = func(clause.Clause, clause.Builder) {} // one writer: nothing to lock
	return nil
}

// limit writes LIMIT and OFFSET as bound values, so that pages share one compiled
// statement. SQLite takes no OFFSET without a LIMIT; -1 is none.
func limit(c clause.Clause, b clause.Builder) {
	l, ok := c.Expression.(clause.Limit)
	if !ok {
		return
	}
	most := -1
	if l.Limit != nil && *l.Limit >= 0 {
		most = *l.Limit
	}
	if most < 0 && l.Offset <= 0 {
		return
	}
	b.WriteString("LIMIT ")
	b.AddVar(b, most)
	if l.Offset > 0 {
		b.WriteString(" OFFSET ")
		b.AddVar(b, l.Offset)
	}
}

// Migrator implements gorm.Dialector.
func (d dialect) Migrator(g *gorm.DB) gorm.Migrator {
	return inspector{migrator.Migrator{Config: migrator.Config{DB: g, Dialector: d}}}
}

// inspector reads the schema: that is all there is for gorm to do with it.
type inspector struct{ migrator.Migrator }

// HasColumn implements gorm.Migrator.
func (m inspector) HasColumn(model any, name string) bool {
	var n int64
	err := m.RunWithValue(model, func(stmt *gorm.Statement) error {
		return m.DB.Raw("SELECT count(*) FROM pragma_table_info(?) WHERE name = ?", stmt.Table, name).Scan(&n).Error
	})
	return err == nil && n > 0
}

// DataTypeOf implements gorm.Dialector.
func (dialect) DataTypeOf(f *schema.Field) string { return string(f.DataType) }

// DefaultValueOf implements gorm.Dialector.
func (dialect) DefaultValueOf(*schema.Field) clause.Expression { return clause.Expr{SQL: "NULL"} }

// BindVarTo implements gorm.Dialector.
func (dialect) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) { _ = w.WriteByte('?') }

// QuoteTo implements gorm.Dialector: each part of a dotted name by itself. Names come
// from the program alone.
func (dialect) QuoteTo(w clause.Writer, name string) {
	for i, part := range strings.Split(name, ".") {
		if i > 0 {
			_ = w.WriteByte('.')
		}
		_, _ = w.WriteString("`" + strings.ReplaceAll(strings.Trim(part, "`"), "`", "``") + "`")
	}
}

// Explain implements gorm.Dialector.
func (dialect) Explain(text string, vars ...any) string {
	return logger.ExplainSQL(text, nil, `"`, vars...)
}

// SavePoint implements gorm.SavePointerDialectorInterface.
func (dialect) SavePoint(tx *gorm.DB, name string) error {
	return tx.Exec("SAVEPOINT " + name).Error
}

// RollbackTo implements gorm.SavePointerDialectorInterface.
func (dialect) RollbackTo(tx *gorm.DB, name string) error {
	return tx.Exec("ROLLBACK TO SAVEPOINT " + name).Error
}

// Translate implements gorm.ErrorTranslator.
func (dialect) Translate(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case engine.SQLITE_CONSTRAINT_UNIQUE, engine.SQLITE_CONSTRAINT_PRIMARYKEY:
		return gorm.ErrDuplicatedKey
	case engine.SQLITE_CONSTRAINT_FOREIGNKEY:
		return gorm.ErrForeignKeyViolated
	}
	return err
}
