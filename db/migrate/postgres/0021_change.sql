-- +goose Up
-- Changes of an order that its buyer asks for (860, ORDCHG or on the pages), line by line, with what the supplier answered (865, ORDRSP).
CREATE TABLE order_change (
  id text PRIMARY KEY, order_id text NOT NULL REFERENCES purchase_order(id), supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id),
  number text NOT NULL, sequence text NOT NULL, kind text NOT NULL, state text NOT NULL, note text NOT NULL, document text NOT NULL, source text NOT NULL, source_key text NOT NULL, interchange_id text NOT NULL, set_no bigint NOT NULL,
  made_by text NOT NULL, made bigint NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, answered_org text NOT NULL, response_id text NOT NULL
);
CREATE UNIQUE INDEX order_change_source ON order_change (reseller_id, source_key) WHERE source_key <> '';
CREATE INDEX order_change_order ON order_change (order_id, made, id);
CREATE INDEX order_change_open ON order_change (supplier_id, made, id) WHERE state = 'open';
CREATE INDEX order_change_asked ON order_change (reseller_id, made, id) WHERE state = 'open';
CREATE TABLE order_change_line (
  change_id text NOT NULL REFERENCES order_change(id), position bigint NOT NULL, line bigint NOT NULL, action text NOT NULL, reference text NOT NULL, product_id text NOT NULL, sku text NOT NULL, buyer_item text NOT NULL, gtin text NOT NULL,
  description text NOT NULL, unit text NOT NULL, was_quantity bigint NOT NULL, quantity bigint NOT NULL, was_price bigint NOT NULL, price bigint NOT NULL, was_day text NOT NULL, day text NOT NULL, fields text NOT NULL,
  verdict text NOT NULL, granted bigint NOT NULL, reason text NOT NULL, PRIMARY KEY (change_id, position)
);
ALTER TABLE order_response ADD COLUMN change_id text NOT NULL DEFAULT '';
