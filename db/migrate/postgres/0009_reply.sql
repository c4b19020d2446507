-- +goose Up
-- What suppliers send in reply to orders (855, 856, 810 and their twins): booked, waiting for the order, or held with the reason.
CREATE TABLE trade_reply (
  id text PRIMARY KEY, supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id),
  kind text NOT NULL, number text NOT NULL, order_number text NOT NULL, release_no text NOT NULL, order_id text NOT NULL, made_id text NOT NULL, outcome text NOT NULL, reason text NOT NULL, args text NOT NULL,
  document text NOT NULL, content_hash text NOT NULL, inferred boolean NOT NULL, packs text NOT NULL, source text NOT NULL, source_key text NOT NULL, interchange_id text NOT NULL, set_no bigint NOT NULL, syntax text NOT NULL,
  made bigint NOT NULL, due bigint NOT NULL, settled bigint NOT NULL, settled_by text NOT NULL, settled_org text NOT NULL, note text NOT NULL
);
CREATE UNIQUE INDEX trade_reply_source ON trade_reply (supplier_id, source_key) WHERE source_key <> '';
CREATE INDEX trade_reply_key ON trade_reply (supplier_id, kind, number, made);
CREATE INDEX trade_reply_order ON trade_reply (order_id, made) WHERE order_id <> '';
CREATE INDEX trade_reply_made ON trade_reply (made_id) WHERE made_id <> '';
CREATE INDEX trade_reply_wanted ON trade_reply (supplier_id, reseller_id, order_number) WHERE outcome IN ('waiting', 'held');
CREATE INDEX trade_reply_due ON trade_reply (due, id) WHERE outcome = 'waiting';
CREATE INDEX trade_reply_supplier ON trade_reply (supplier_id, made, id) WHERE outcome IN ('waiting', 'held');
CREATE INDEX trade_reply_reseller ON trade_reply (reseller_id, made, id) WHERE outcome IN ('waiting', 'held');
