-- +goose Up
-- Changes of an order that its buyer asks for (860, ORDCHG or on the pages), line by line, with what the supplier answered (865, ORDRSP).
CREATE TABLE order_change (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES purchase_order(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  number TEXT NOT NULL, sequence TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL, document TEXT NOT NULL, source TEXT NOT NULL, source_key TEXT NOT NULL, interchange_id TEXT NOT NULL, set_no INTEGER NOT NULL,
  made_by TEXT NOT NULL, made INTEGER NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, answered_org TEXT NOT NULL, response_id TEXT NOT NULL
);
CREATE UNIQUE INDEX order_change_source ON order_change (reseller_id, source_key) WHERE source_key <> '';
CREATE INDEX order_change_order ON order_change (order_id, made, id);
CREATE INDEX order_change_open ON order_change (supplier_id, made, id) WHERE state = 'open';
CREATE INDEX order_change_asked ON order_change (reseller_id, made, id) WHERE state = 'open';
CREATE TABLE order_change_line (
  change_id TEXT NOT NULL REFERENCES order_change(id), position INTEGER NOT NULL, line INTEGER NOT NULL, action TEXT NOT NULL, reference TEXT NOT NULL, product_id TEXT NOT NULL, sku TEXT NOT NULL, buyer_item TEXT NOT NULL, gtin TEXT NOT NULL,
  description TEXT NOT NULL, unit TEXT NOT NULL, was_quantity INTEGER NOT NULL, quantity INTEGER NOT NULL, was_price INTEGER NOT NULL, price INTEGER NOT NULL, was_day TEXT NOT NULL, day TEXT NOT NULL, fields TEXT NOT NULL,
  verdict TEXT NOT NULL, granted INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (change_id, position)
);
ALTER TABLE order_response ADD COLUMN change_id TEXT NOT NULL DEFAULT '';
