-- +goose Up
-- The newest orders of a word are found from the words alone: they hold when an order came
-- and was last invoiced, and whose it is, before the words, which may be long.
DROP TRIGGER order_search_insert;
DROP TRIGGER order_search_delete;
DROP TRIGGER order_search_update;
CREATE TABLE order_search_new (
  doc INTEGER PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, received INTEGER NOT NULL, invoiced INTEGER NOT NULL DEFAULT 0, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, words TEXT NOT NULL
);
INSERT INTO order_search_new SELECT s.doc, s.order_id, o.received, COALESCE((SELECT MAX(made) FROM (SELECT i.made FROM invoice i WHERE i.order_id = o.id UNION ALL SELECT i.made FROM invoice_share x JOIN invoice i ON i.id = x.invoice_id WHERE x.order_id = o.id) m), 0),
  o.supplier_id, o.reseller_id, s.words FROM order_search s JOIN purchase_order o ON o.id = s.order_id ORDER BY s.doc;
DROP TABLE order_search;
ALTER TABLE order_search_new RENAME TO order_search;
-- +goose StatementBegin
CREATE TRIGGER order_search_insert AFTER INSERT ON order_search BEGIN INSERT INTO order_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER order_search_delete AFTER DELETE ON order_search BEGIN INSERT INTO order_search_fts (order_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER order_search_update AFTER UPDATE ON order_search BEGIN
  INSERT INTO order_search_fts (order_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO order_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
-- +goose StatementEnd
