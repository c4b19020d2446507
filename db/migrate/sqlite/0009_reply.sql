-- +goose Up
-- What suppliers send in reply to orders (855, 856, 810 and their twins): booked, waiting for the order, or held with the reason.
CREATE TABLE trade_reply (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  kind TEXT NOT NULL, number TEXT NOT NULL, order_number TEXT NOT NULL, release_no TEXT NOT NULL, order_id TEXT NOT NULL, made_id TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, args TEXT NOT NULL,
  document TEXT NOT NULL, content_hash TEXT NOT NULL, inferred BOOLEAN NOT NULL, packs TEXT NOT NULL, source TEXT NOT NULL, source_key TEXT NOT NULL, interchange_id TEXT NOT NULL, set_no INTEGER NOT NULL, syntax TEXT NOT NULL,
  made INTEGER NOT NULL, due INTEGER NOT NULL, settled INTEGER NOT NULL, settled_by TEXT NOT NULL, settled_org TEXT NOT NULL, note TEXT NOT NULL
);
CREATE UNIQUE INDEX trade_reply_source ON trade_reply (supplier_id, source_key) WHERE source_key <> '';
CREATE INDEX trade_reply_key ON trade_reply (supplier_id, kind, number, made);
CREATE INDEX trade_reply_order ON trade_reply (order_id, made) WHERE order_id <> '';
CREATE INDEX trade_reply_made ON trade_reply (made_id) WHERE made_id <> '';
CREATE INDEX trade_reply_wanted ON trade_reply (supplier_id, reseller_id, order_number) WHERE outcome IN ('waiting', 'held');
CREATE INDEX trade_reply_due ON trade_reply (due, id) WHERE outcome = 'waiting';
CREATE INDEX trade_reply_supplier ON trade_reply (supplier_id, made, id) WHERE outcome IN ('waiting', 'held');
CREATE INDEX trade_reply_reseller ON trade_reply (reseller_id, made, id) WHERE outcome IN ('waiting', 'held');
